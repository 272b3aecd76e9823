"""What must be done before the web server starts: tables, codes, demo clinic, static files.

Done again only when the code has changed since: its fingerprint is kept with the database, as the database's
comment, so that it lives and dies with the data.
"""

from __future__ import annotations

import hashlib
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import psycopg
from psycopg import sql

from emr.services.errors import ServiceError
from emr.services.folder import Folder
from emr.services.progress import run_command, step

_CODE = ("emr", "clinic", "scheduling", "billing", "interop", "demo")
_MARK = "chartroom:"
#: For what follows ``migrate``, which has just asked all of Django's checks.
_CHECKED = ("--skip-checks",)


def prepare(folder: Folder) -> None:
    """Bring database and static files up to the code's state; seed the demo clinic when the database is empty.

    Raises:
        ServiceError: a step failed.
    """
    fingerprint = code_fingerprint(folder)
    demo = os.environ.get("CHARTROOM_DEMO") == "1"
    files = [folder.var / "static", *([_logins(folder)] if demo else [])]
    if _read_mark() == fingerprint and all(path.exists() for path in files):
        return
    log = folder.log / "setup.log"
    with step("Creating and updating tables"):
        _manage(folder, "migrate", "--noinput", log=log)
    with step("Collecting static files"):
        _manage(folder, "collectstatic", "--noinput", "--clear", log=log)
    with step("Loading code sets"):
        _manage(folder, "load_codes", *_CHECKED, log=log, show=True)
    if demo:
        with step("Filling the demo clinic"):
            _manage(folder, "seed_demo", "--if-empty", *_CHECKED, log=log, show=True)
        logins = _manage(folder, "demo_logins", *_CHECKED, log=log)
        path = _logins(folder)
        path.touch(mode=0o600)
        path.write_text(logins, encoding="utf-8")
    _write_mark(fingerprint)


def demo_logins(folder: Folder) -> str:
    """The table of demo log-ins, ready to print; empty outside the demo."""
    path = _logins(folder)
    return path.read_text(encoding="utf-8") if os.environ.get("CHARTROOM_DEMO") == "1" and path.exists() else ""


def code_fingerprint(folder: Folder) -> str:
    """A hash of everything that tables, code sets, demo clinic and static files are made from."""
    digest = hashlib.sha256()
    for path in _sources(folder.root):
        digest.update(str(path.relative_to(folder.root)).encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()[:32]


def _sources(root: Path) -> Iterator[Path]:
    for name in ("uv.lock", "package-lock.json"):
        if (root / name).exists():
            yield root / name
    for directory in (*_CODE, "static"):
        yield from sorted(
            path for path in (root / directory).rglob("*") if path.is_file() and "__pycache__" not in path.parts
        )


def _manage(folder: Folder, *arguments: str, log: Path, show: bool = False) -> str:
    return run_command([sys.executable, str(folder.root / "manage.py"), *arguments], log=log, show=show)


def _logins(folder: Folder) -> Path:
    return folder.run / "demo_logins.txt"


def _owner_connection() -> psycopg.Connection:
    url = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
    try:
        return psycopg.connect(url, connect_timeout=5, autocommit=True)
    except psycopg.OperationalError as error:
        raise ServiceError(f"The database can't be used: {error}") from error


def _read_mark() -> str | None:
    query = "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = current_database()"
    with _owner_connection() as connection:
        row = connection.execute(query).fetchone()
    comment = row[0] if row else None
    return comment.removeprefix(_MARK) if isinstance(comment, str) and comment.startswith(_MARK) else None


def _write_mark(fingerprint: str) -> None:
    with _owner_connection() as connection:
        connection.execute(
            sql.SQL("COMMENT ON DATABASE {} IS {}").format(
                sql.Identifier(connection.info.dbname), sql.Literal(_MARK + fingerprint)
            )
        )
