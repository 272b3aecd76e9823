"""What runs on this machine: from ``/proc`` on Linux, where ``ps`` may be missing, else from ``ps``."""

# ruff: noqa: S603  the command is ours, none comes from outside

from __future__ import annotations

import subprocess
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

_PROC = Path("/proc")


@dataclass(frozen=True)
class Process:
    """One process: its parent's id and its command line, words separated by spaces."""

    parent: int
    command: str


def running() -> dict[int, Process]:
    """Every process by its id, without those that are dead and wait to be collected."""
    return _from_proc() if (_PROC / "self" / "stat").exists() else _from_ps()


def _from_proc() -> dict[int, Process]:
    found = {}
    for directory in _PROC.glob("[0-9]*"):
        with suppress(OSError):  # It ended meanwhile.
            # The name, in parentheses, may hold anything; state and parent follow it.
            state, parent = (directory / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
            if state != "Z":
                words = (directory / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
                found[int(directory.name)] = Process(int(parent), b" ".join(words).decode(errors="replace"))
    return found


def _from_ps() -> dict[int, Process]:
    command = ["/bin/ps", "-axww", "-o", "pid=,ppid=,stat=,args="]
    shown = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    rows = (line.split(maxsplit=3) for line in shown.splitlines())
    return {int(row[0]): Process(int(row[1]), row[3]) for row in rows if len(row) == 4 and not row[2].startswith("Z")}
