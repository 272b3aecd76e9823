"""Real servers in directories of their own; each process under test is a real one, with a clean environment."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
_OURS = ("DATABASE", "BROKER", "CACHE", "SECRET_KEY", "ENCRYPTION", "AUDIT", "CHARTROOM", "DJANGO")

# Uses the servers of the directory in argv[1], prints its environment, and leaves when its input ends.
USER = """
import json, os, sys
from pathlib import Path
from emr.services import ensure
with ensure(Path(sys.argv[1]), broker=sys.argv[2] == "broker") as exported:
    print(json.dumps({**exported, "PID": str(os.getpid())}), flush=True)
    sys.stdin.read()
"""


def clean_environment(**more: str) -> dict[str, str]:
    """The environment without what points at the servers of the test run itself."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith(_OURS)}
    return {**kept, "PYTHONPATH": str(ROOT), **more}


def eventually(holds: Callable[[], bool], *, seconds: float = 90.0) -> bool:
    """Whether the condition comes to hold before the deadline."""
    deadline = time.monotonic() + seconds
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


@pytest.fixture
def tmp_path() -> Iterator[Path]:
    """A directory outside pytest's own, whose parent each start of pytest closes to the account of the servers."""
    with tempfile.TemporaryDirectory(prefix="chartroom-test-") as directory:
        yield Path(directory).resolve()


Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def start() -> Iterator[Start]:
    """Start a user of a directory's servers; those still running at the end are ended."""
    started: list[subprocess.Popen[str]] = []

    def start_user(directory: Path, *, broker: bool = False, **environment: str) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", USER, str(directory), "broker" if broker else ""],
            env=clean_environment(**environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start_user
    for process in started:
        if process.poll() is None:
            leave(process)
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.close()
        process.stdout.close()


def leave(process: subprocess.Popen[str]) -> None:
    """Let a user go in the ordinary way and wait for its end."""
    assert process.stdin is not None
    process.stdin.close()
    process.wait(60)
