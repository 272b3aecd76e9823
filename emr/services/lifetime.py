"""How long an embedded server lives: from its first user's arrival to its last user's end, however that comes.

Per service four files in ``var/run/``:

- ``<name>.mutex``: who arrives or leaves holds it alone, so that arrivals and departures don't cross.
- ``<name>.users``: each user holds a shared lock; the keeper waits for an exclusive one (see ``keeper.py``).
- ``<name>.count``: each user holds a shared lock; who leaves tries an exclusive one to learn whether they are the last.
- ``<name>.alive``: the keeper's own lock.
"""

# ruff: noqa: S603  the commands are ours, none comes from outside

from __future__ import annotations

import fcntl
import json
import os
import signal
import subprocess
import sys
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from emr.services.account import Account
from emr.services.errors import ServiceError
from emr.services.folder import Folder
from emr.services.ports import candidates

_KEEPER = Path(__file__).with_name("keeper.py")
_START_SECONDS = 90.0
_STOP_SECONDS = 60.0
_POLL_SECONDS = 0.02
_LOG_BYTES = 5_000_000
# The system's own words for a taken port, in the logs of both servers.
_PORT_TAKEN = "Address already in use"


class Service(ABC):
    """One embedded server of one folder. Subclasses say how it is prepared, run and asked."""

    name: str
    stop_signal: int = signal.SIGTERM

    def __init__(self, folder: Folder) -> None:
        self.folder = folder
        self.port = 0
        self.account: Account | None = None

    @abstractmethod
    def prepare(self) -> None:
        """Create data and files that the server needs; called before each start, while no keeper lives."""

    @abstractmethod
    def command(self) -> list[str]:
        """The server's command line for :attr:`port`."""

    @abstractmethod
    def answers(self) -> bool:
        """Whether this folder's server answers on :attr:`port`."""

    @abstractmethod
    def stop_stray(self) -> None:
        """Stop a server that outlived its keeper."""

    def provide(self) -> None:  # noqa: B027  nothing to provide is the ordinary case
        """Called each time the server has been started and answers: roles, databases."""

    @contextmanager
    def used(self) -> Iterator[None]:
        """Use the server within the block, starting it if need be. The last user out stops it and waits for that."""
        users, count = self._open("users"), self._open("count")
        try:
            with self._locked("mutex"):
                fcntl.flock(users, fcntl.LOCK_SH)  # Waits while a keeper is stopping the server.
                fcntl.flock(count, fcntl.LOCK_SH)
                self._join_or_start()
            yield
        finally:
            with self._locked("mutex"):
                os.close(count)
                last = self._nobody("count")
                os.close(users)
                if last:
                    self._wait_until_stopped()

    def _join_or_start(self) -> None:
        with suppress(OSError, ValueError):
            self.port = int(json.loads(self._file("json").read_text(encoding="utf-8"))["port"])
        if self._is_kept() and self._wait_until_ready():
            return
        self._end_keeper()
        self.stop_stray()
        self.prepare()
        for port in candidates(self.folder.root, self.name, self.port or None):
            self.port = port
            self._write("json", {"port": port})
            if self._start():
                self.provide()
                return
        raise ServiceError(f"No free port on loopback for {self.name}.")

    def _start(self) -> bool:
        """True when the server answers, False when its port turned out to be taken."""
        log = self.log
        log_start = log.stat().st_size if log.exists() else 0
        self._write("keeper", self._specification())
        keeper = subprocess.Popen(
            [sys.executable, "-I", "-S", str(_KEEPER), str(self._file("keeper"))],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        deadline = time.monotonic() + _START_SECONDS
        while time.monotonic() < deadline:
            if self.answers():
                return True
            said = _tail(log, log_start)
            if _PORT_TAKEN in said or keeper.poll() is not None:
                break
            time.sleep(_POLL_SECONDS)
        said = _tail(log, log_start)
        keeper.terminate()
        keeper.wait(_STOP_SECONDS)
        if _PORT_TAKEN in said:
            return False
        raise ServiceError(f"{self.name} does not start. Its log, {log}, ends with:\n{said[-1500:]}")

    def _wait_until_ready(self) -> bool:
        """Whether the kept server answers; it may be on its way up again after a crash."""
        deadline = time.monotonic() + _START_SECONDS
        while self._is_kept() and time.monotonic() < deadline:
            if self.answers():
                return True
            time.sleep(_POLL_SECONDS)
        return False

    def _wait_until_stopped(self) -> None:
        deadline = time.monotonic() + _STOP_SECONDS
        while self._is_kept():
            if time.monotonic() > deadline:
                raise ServiceError(f"{self.name} does not stop; see {self.log}.")
            time.sleep(_POLL_SECONDS)

    def _end_keeper(self) -> None:
        """End a keeper whose server does not come up again. It holds no lock that we need, so it gets the signal."""
        if self._is_kept():
            with suppress(OSError, ValueError):
                os.kill(int(self._file("alive").read_text(encoding="ascii")), signal.SIGTERM)
            self._wait_until_stopped()

    def _specification(self) -> dict[str, object]:
        return {
            "command": self.command(),
            "alive": str(self._file("alive")),
            "users": str(self._file("users")),
            "log": str(self.log),
            "stop_signal": int(self.stop_signal),
            "uid": self.account.uid if self.account else None,
            "gid": self.account.gid if self.account else None,
            "environment": server_environment(),
        }

    @property
    def log(self) -> Path:
        """The server's log. A long one is set aside, once, when the server starts."""
        path = self.folder.log / f"{self.name}.log"
        if path.exists() and path.stat().st_size > _LOG_BYTES and not self._is_kept():
            path.replace(path.with_suffix(".log.1"))
        return path

    def _file(self, kind: str) -> Path:
        return self.folder.run / f"{self.name}.{kind}"

    def _open(self, kind: str) -> int:
        return os.open(self._file(kind), os.O_RDWR | os.O_CREAT, 0o600)

    def _write(self, kind: str, content: dict[str, object]) -> None:
        with os.fdopen(os.open(self._file(kind), os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
            json.dump(content, file)

    @contextmanager
    def _locked(self, kind: str) -> Iterator[None]:
        handle = self._open(kind)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            yield
        finally:
            os.close(handle)

    def _nobody(self, kind: str) -> bool:
        """Whether nobody holds the lock."""
        handle = self._open(kind)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        finally:
            os.close(handle)
        return True

    def _is_kept(self) -> bool:
        return not self._nobody("alive")


def server_environment() -> dict[str, str]:
    """The whole environment of an embedded server: nothing of ours, so that no setting or secret leaks into it."""
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _tail(log: Path, start: int) -> str:
    if not log.exists():
        return ""
    with log.open("rb") as file:
        file.seek(start)
        return file.read().decode("utf-8", "replace")
