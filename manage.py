#!/usr/bin/env python
"""Chartroom's commands: ``./manage.py help`` lists them.

Starts what the environment does not name (PostgreSQL, Valkey), for as long as the command runs.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent

# These ask neither database nor broker.
WITHOUT_SERVICES = frozenset(
    {
        "--help",
        "--version",
        "-h",
        "check",
        "collectstatic",
        "compilemessages",
        "diffsettings",
        "findstatic",
        "help",
        "make_key",
        "makemessages",
        "startapp",
        "version",
    }
)
# These change the tables, which the running app's database role does not own.
AS_OWNER = frozenset(
    {
        "dbshell",
        "flush",
        "inspectdb",
        "makemigrations",
        "migrate",
        "optimizemigration",
        "pgtrigger",
        "purge_audit",
        "showmigrations",
        "sqlflush",
        "sqlmigrate",
        "squashmigrations",
    }
)


def main(arguments: list[str]) -> int:
    """Run one command; the exit status is 1 when a service can't be started or a setting is missing or wrong."""
    _use_project_environment()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emr.settings")
    from emr.services import ServiceError, ensure, unused

    if arguments[:1] and arguments[0] in AS_OWNER:
        os.environ.setdefault("CHARTROOM_DB_ROLE", "owner")
    if arguments[:1] == ["run"] and not {"-h", "--help"} & set(arguments):
        # Without Django: the supervisor stays in memory all day.
        from emr.services.supervisor import main as supervise

        return supervise(ROOT, arguments[1:])
    try:
        with unused(ROOT) if _without_services(arguments) else ensure(ROOT):
            from django.core.exceptions import ImproperlyConfigured
            from django.core.management import execute_from_command_line

            try:
                execute_from_command_line([sys.argv[0], *arguments])
            except ImproperlyConfigured as error:
                print(error, file=sys.stderr)
                return 1
    except ServiceError as error:
        print(error, file=sys.stderr)
        return 1
    return 0


def _without_services(arguments: list[str]) -> bool:
    if not arguments or {"-h", "--help"} & set(arguments):
        return True
    needs_database = any(argument.startswith("--database") for argument in arguments)
    return arguments[0] in WITHOUT_SERVICES and not needs_database


def _use_project_environment() -> None:
    """Continue in the project's own environment when called with a bare Python."""
    python = ROOT / ".venv" / "bin" / "python"
    if python.exists() and Path(sys.prefix).resolve() != python.parent.parent.resolve():
        os.execv(python, [str(python), *sys.argv])  # noqa: S606


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
