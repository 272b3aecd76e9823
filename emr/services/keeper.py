"""Runs one server as long as somebody uses it. Started as a script, with the standard library alone.

    python -I -S keeper.py SPECIFICATION

The specification is a JSON file, see :class:`Specification`. The keeper

- holds the lock ``alive`` while it lives, so that others see whether the server is kept;
- waits for an exclusive lock on ``users``, on which each user of the server holds a shared one. The system drops a
  user's lock however the user dies, ``kill -9`` included; the keeper then stops the server and ends;
- starts the server again when it dies by itself, with growing pauses, and gives up after some times.
"""

# ruff: noqa: S603  the commands are ours, none comes from outside

from __future__ import annotations

import ctypes
import fcntl
import json
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_RESTARTS = 5
_STEADY_SECONDS = 60.0
_STOP_SECONDS = 25.0
_PR_SET_PDEATHSIG = 1


@dataclass(frozen=True)
class Specification:
    """What to run and whom to watch."""

    command: list[str]
    alive: str
    users: str
    log: str
    stop_signal: int
    uid: int | None
    gid: int | None
    environment: dict[str, str]


class Keeper:
    """One server and the watch over it."""

    def __init__(self, specification: Specification) -> None:
        self.specification = specification
        self.unused = threading.Event()
        self.server: subprocess.Popen[bytes] | None = None
        self._changing = threading.Lock()
        self._libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def run(self) -> int:
        """Keep the server until nobody uses it; the exit status is 0 then, 1 when the server won't stay up."""
        alive = os.open(self.specification.alive, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(alive, fcntl.LOCK_EX)
        os.ftruncate(alive, 0)
        os.write(alive, str(os.getpid()).encode("ascii"))
        # The handler only starts a thread: it may not wait for a lock that the interrupted code holds.
        signal.signal(signal.SIGTERM, lambda *_: threading.Thread(target=self._stop, daemon=True).start())
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGHUP, signal.SIG_IGN)
        threading.Thread(target=self._wait_for_last_user, daemon=True).start()
        failures = 0
        while (server := self._start()) is not None:
            started = time.monotonic()
            server.wait()
            failures = 1 if time.monotonic() - started > _STEADY_SECONDS else failures + 1
            if failures > _RESTARTS:
                return 1
            self.unused.wait(0.1 * 2**failures)
        return 0

    def _start(self) -> subprocess.Popen[bytes] | None:
        """The started server, or None when it is not wanted any more."""
        what = self.specification
        as_account: dict[str, Any] = {}
        if what.uid is not None:
            as_account = {"user": what.uid, "group": what.gid, "extra_groups": []}
        with self._changing, open(what.log, "ab") as log:
            if self.unused.is_set():
                return None
            self.server = subprocess.Popen(
                what.command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                cwd="/",
                env=what.environment,
                preexec_fn=self._die_with_keeper,  # noqa: PLW1509  our other threads hold no lock it could need
                **as_account,
            )
            return self.server

    def _die_with_keeper(self) -> None:
        # In the new process, after the change of account. Linux only; elsewhere the next start finds and stops a
        # server whose keeper was killed.
        if self._libc is not None:
            self._libc.prctl(_PR_SET_PDEATHSIG, self.specification.stop_signal, 0, 0, 0)

    def _wait_for_last_user(self) -> None:
        users = os.open(self.specification.users, os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(users, fcntl.LOCK_EX)  # Held until the process ends: who comes meanwhile waits for a clean slate.
        self._stop()

    def _stop(self) -> None:
        with self._changing:
            self.unused.set()
            server = self.server
        if server is not None and server.poll() is None:
            server.send_signal(self.specification.stop_signal)
            self._insist(server)

    @staticmethod
    def _insist(server: subprocess.Popen[bytes]) -> None:
        for number in (signal.SIGQUIT, signal.SIGKILL):
            try:
                server.wait(_STOP_SECONDS)
            except subprocess.TimeoutExpired:
                server.send_signal(number)


if __name__ == "__main__":
    sys.exit(Keeper(Specification(**json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))).run())
