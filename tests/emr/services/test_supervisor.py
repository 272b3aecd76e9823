"""``manage.py run`` from its first start to its violent end, in a directory of its own, as in production."""

from __future__ import annotations

import os
import re
import secrets
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

import pytest

from emr.services.processes import running
from tests.emr.services.conftest import ROOT, clean_environment, eventually

pytestmark = pytest.mark.timeout(280)
COMMAND = [sys.executable, str(ROOT / "manage.py"), "run", "--port", "18000"]


@pytest.fixture
def environment(tmp_path: Path) -> dict[str, str]:
    """Production settings over embedded servers: no demo to seed, so that the test is quick."""
    return clean_environment(
        CHARTROOM_VAR=str(tmp_path),
        CHARTROOM_DEMO="0",
        SECRET_KEY=secrets.token_urlsafe(64),
        ENCRYPTION_KEYS=secrets.token_urlsafe(32),
        AUDIT_SIGNING_KEY=secrets.token_urlsafe(32),
        ALLOWED_HOSTS="127.0.0.1",
    )


@contextmanager
def run_of(command: list[str], environment: dict[str, str]) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A run that is ready, with its address."""
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    with process:
        try:
            yield process, _address(process)
        finally:
            if process.poll() is None:
                process.terminate()


def _address(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    seen = ""
    for line in process.stdout:
        seen += line
        if found := re.search(r"^Ready .*(http://\S+)", line):
            return found[1]
    raise AssertionError(f"it ended before it was ready:\n{seen}")


def household(pid: int, var: Path) -> dict[int, str]:
    """Everything that belongs to the run: the supervisor's descendants, the keepers and theirs."""
    table = running()
    members = {pid, *(int(path.read_text()) for path in (var / "run").glob("*.alive"))}
    while more := {child for child, process in table.items() if process.parent in members} - members:
        members |= more
    return {member: table[member].command for member in members if member in table}


def gone(members: dict[int, str]) -> bool:
    table = running()
    return not any(pid in table and table[pid].command == command for pid, command in members.items())


def healthy(address: str) -> bool:
    try:
        with build_opener(ProxyHandler({})).open(f"{address}healthz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:
        return False


def memory(members: dict[int, str]) -> int:
    """Bytes that the processes use together, shared ones counted once."""
    total = 0
    for pid in members:
        with suppress(OSError):  # It ended meanwhile, as the database's short-lived helpers do.
            rollup = Path(f"/proc/{pid}/smaps_rollup").read_text()
            found = re.search(r"^Pss:\s+(\d+) kB", rollup, re.MULTILINE)
            total += int(found[1]) * 1024 if found else 0
    return total


def web_server(members: dict[int, str], supervisor: int) -> int:
    table = running()
    return next(pid for pid in members if "gunicorn" in members[pid] and table[pid].parent == supervisor)


def test_a_run_from_first_start_to_violent_end(tmp_path: Path, environment: dict[str, str]) -> None:
    with run_of(COMMAND, environment) as (process, address):
        members = household(process.pid, tmp_path)
        assert healthy(address)
        if Path("/proc/self/smaps_rollup").exists():
            assert memory(members) < 700 * 1024 * 1024

        second = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, check=False, timeout=30)
        assert second.stdout == f"Chartroom already runs in this folder: {address}\n"
        assert second.returncode == 0

        killed = web_server(members, process.pid)
        os.kill(killed, signal.SIGKILL)
        assert eventually(lambda: gone({killed: members[killed]}) and healthy(address))
        members |= household(process.pid, tmp_path)

        process.send_signal(signal.SIGINT)
        assert process.wait(60) == 0
        assert eventually(lambda: gone(members))

    prepared = (tmp_path / "log/setup.log").stat().st_size
    with run_of(COMMAND, environment) as (process, address):
        assert (tmp_path / "log/setup.log").stat().st_size == prepared, "nothing is prepared twice"
        assert healthy(address)
        members = household(process.pid, tmp_path)
        process.kill()
        assert eventually(lambda: gone(members))

    # As make starts it: the death of make is the end.
    starter = ["/bin/sh", "-c", f"{' '.join(COMMAND)}; exit $?"]
    with run_of(starter, {**environment, "MAKELEVEL": "1"}) as (process, address):
        assert healthy(address)
        members = household(process.pid, tmp_path)
        assert len(members) > 10
        process.kill()
        assert eventually(lambda: gone(members))


def test_a_database_of_ones_own_is_never_taken_for_the_demo(tmp_path: Path) -> None:
    """Else the sample clinic's accounts, whose password everybody knows, would open a real clinic."""
    own = {"DATABASE_URL": "postgresql://a@127.0.0.1:1/x", "BROKER_URL": "redis://127.0.0.1:1/0"}
    environment = clean_environment(CHARTROOM_VAR=str(tmp_path), **own)
    done = subprocess.run(COMMAND, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert done.returncode == 1
    assert "demo" not in done.stdout.lower()
    assert "The database can't be used" in done.stderr
    assert "Traceback" not in done.stderr
    assert not (tmp_path / "secrets").exists()
