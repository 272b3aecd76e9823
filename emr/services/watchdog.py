"""Ends process groups when the process that started this one dies. Started as a script, standard library alone.

    python -I -S watchdog.py

Reads lines ``+GROUP`` (watch) and ``-GROUP`` (forget) from standard input, whose other end only the parent holds.
At its end, which comes with the parent's death however it dies, each watched group gets SIGTERM and, when it is
still there after some seconds, SIGKILL.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from contextlib import suppress

_GRACE_SECONDS = 8.0
_POLL_SECONDS = 0.1


def main() -> None:
    """Watch until the parent's end; then end what it left."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.SIG_IGN)
    groups: set[int] = set()
    for line in sys.stdin:
        group = int(line[1:])
        if line.startswith("+"):
            groups.add(group)
        else:
            groups.discard(group)
    _send(groups, signal.SIGTERM)
    deadline = time.monotonic() + _GRACE_SECONDS
    while groups and time.monotonic() < deadline:
        groups = {group for group in groups if _lives(group)}
        time.sleep(_POLL_SECONDS)
    _send(groups, signal.SIGKILL)


def _send(groups: set[int], number: signal.Signals) -> None:
    for group in groups:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, number)


def _lives(group: int) -> bool:
    try:
        os.killpg(group, 0)
    except (ProcessLookupError, PermissionError):
        return False
    return True


if __name__ == "__main__":
    main()
