"""``manage.py`` starts what a command needs and nothing else, and gives it the right database role."""

from __future__ import annotations

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.emr.services.conftest import ROOT, clean_environment

pytestmark = pytest.mark.timeout(120)


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """As for the tests of the services: reachable for their account."""
    with tempfile.TemporaryDirectory(prefix="chartroom-test-") as directory:
        yield Path(directory).resolve()


def manage(var: Path, *arguments: str, python: str = sys.executable) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [python, str(ROOT / "manage.py"), *arguments],
        env=clean_environment(CHARTROOM_VAR=str(var)),
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize("command", ["version", "check", "run --help", "migrate --help"])
def test_a_command_that_needs_no_server_starts_none(tmp_path: Path, command: str) -> None:
    done = manage(tmp_path, *command.split())

    assert done.returncode == 0, done.stderr
    assert not (tmp_path / "postgres").exists()
    assert not (tmp_path / "valkey").exists()


def test_an_ordinary_command_runs_as_the_app(tmp_path: Path) -> None:
    program = (
        "from django.db import connection as c; k = c.cursor(); k.execute('SELECT current_user'); print(k.fetchone())"
    )

    done = manage(tmp_path, "shell", "--no-imports", "-c", program)

    assert "chartroom_app" in done.stdout, done.stderr


def test_a_bare_python_finds_the_projects_environment(tmp_path: Path) -> None:
    base = Path(sys.base_prefix) / "bin" / "python3"

    done = manage(tmp_path, "version", python=str(base))

    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("5.2")


def test_services_that_do_not_start_are_told_in_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "postgres").mkdir()
    (tmp_path / "postgres" / "PG_VERSION").write_text("17\n")

    done = manage(tmp_path, "sqlflush")

    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "PostgreSQL" in done.stderr
