"""The watchdog ends what a killed parent leaves, and nothing else."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from emr.services import watchdog
from emr.services.processes import running
from tests.emr.services.conftest import eventually

pytestmark = pytest.mark.timeout(60)

# Starts a watchdog and a child with a grandchild, has them watched, prints their ids and waits.
PARENT = """
import subprocess, sys
dog = subprocess.Popen([sys.executable, "-I", "-S", sys.argv[1]], stdin=subprocess.PIPE, text=True)
family = "import subprocess, sys; g = subprocess.Popen(['sleep', '300']); print(g.pid, flush=True); g.wait()"
watched, forgotten = (
    subprocess.Popen([sys.executable, "-c", family], stdout=subprocess.PIPE, text=True, start_new_session=True)
    for _ in range(2)
)
dog.stdin.write(f"+{watched.pid}\\n+{forgotten.pid}\\n-{forgotten.pid}\\n")
dog.stdin.flush()
print(watched.pid, int(watched.stdout.readline()), forgotten.pid, int(forgotten.stdout.readline()), flush=True)
sys.stdin.read()
"""


def lives(pid: int) -> bool:
    """Whether the process runs."""
    return pid in running()


def test_a_killed_parent_leaves_nothing_that_was_watched() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, str(Path(watchdog.__file__))],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    with parent:
        assert parent.stdout is not None
        child, grandchild, forgotten, forgotten_child = map(int, parent.stdout.readline().split())
        assert all(map(lives, (child, grandchild, forgotten, forgotten_child)))
        parent.kill()

    try:
        assert eventually(lambda: not lives(child))
        assert eventually(lambda: not lives(grandchild))
        assert lives(forgotten)
        assert lives(forgotten_child)
    finally:
        os.killpg(forgotten, signal.SIGKILL)
