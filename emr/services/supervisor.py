"""``make run``: everything up, an address and log-ins on the screen, everything down again at the end.

Runs without Django, since it stays in memory all day. Its children are each a process group of their own: the
terminal's Ctrl-C reaches only the supervisor, which stops them in order. ``watchdog.py`` ends them should the
supervisor be killed.
"""

# ruff: noqa: S603  the commands are ours, none comes from outside

from __future__ import annotations

import argparse
import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from urllib.error import HTTPError, URLError
from urllib.request import ProxyHandler, build_opener

from emr.services.embedded import ensure
from emr.services.errors import ServiceError
from emr.services.folder import Folder
from emr.services.ports import LOOPBACK, is_free
from emr.services.progress import say, step
from emr.services.setup import demo_logins, prepare

_READY_SECONDS = 60.0
_RESTARTS, _RESTART_WINDOW_SECONDS = 5, 60.0
_STOP_SECONDS = 12.0
_LOG_BYTES = 5_000_000


class Stop(BaseException):
    """Somebody asked us to end; like KeyboardInterrupt no error, so that no handler of errors takes it for one."""


@dataclass
class Child:
    """One process that is kept running."""

    title: str
    command: list[str]
    log: Path
    process: subprocess.Popen[bytes] | None = None
    deaths: list[float] = field(default_factory=list)

    @property
    def pause(self) -> float:
        """Seconds to wait before the next start."""
        return 0.0 if not self.deaths else 0.5 * 2.0 ** (len(self.deaths) - 1)


def main(root: Path, arguments: list[str]) -> int:
    """Run until Ctrl-C, SIGTERM or the end of the process that started us. The exit status is 1 after a failure."""
    parser = argparse.ArgumentParser(prog="manage.py run", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--port", type=int, default=8000, help="first port to try (default: 8000)")
    port = parser.parse_args(arguments).port
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "emr.settings")
    os.chdir(root)
    folder = Folder(root)
    try:
        with _only_one(folder) as only, _stop_signals():
            if only is None:
                return 0
            _run(folder, port, only)
    except Stop:
        say("Stopped.")
    except ServiceError as error:
        print(f"\n{error}", file=sys.stderr)  # noqa: T201
        return 1
    return 0


def _run(folder: Folder, first_port: int, only: Path) -> None:
    begun = time.monotonic()
    say("Chartroom starts.")
    with _stack_of_services(folder):
        prepare(folder)
        port = next(port for port in range(first_port, first_port + 1000) if is_free(port))
        address = f"http://{LOOPBACK}:{port}/"
        family = Family(folder, _children(folder, port))
        try:
            with step("Starting web server and job worker"):
                family.start()
                _wait_for(address, family)
            only.write_text(address, encoding="ascii")
            say(f"\nReady after {time.monotonic() - begun:.1f} s: {address}\n\n{demo_logins(folder)}")
            say(f"Logs: {folder.log}. Stop with Ctrl-C.")
            family.watch()
        finally:
            say("\nStopping.")
            family.stop()


@contextmanager
def _stack_of_services(folder: Folder) -> Iterator[None]:
    services = ensure(folder.root)
    with step("Starting database and broker"):
        services.__enter__()
    try:
        yield
    finally:
        services.__exit__(None, None, None)


def _children(folder: Folder, port: int) -> list[Child]:
    programs = Path(sys.executable).parent
    celery = [str(programs / "celery"), "-A", "emr", "worker", "--beat", "--concurrency", "1", "--pool", "prefork"]
    celery += ["--schedule", str(folder.run / "celerybeat-schedule"), "--without-gossip", "--without-mingle"]
    celery += ["--max-memory-per-child", "400000", "--loglevel", "WARNING"]
    web = [str(programs / "gunicorn"), "--config", "python:emr.gunicorn", "--bind", f"{LOOPBACK}:{port}"]
    relay = [sys.executable, str(folder.root / "manage.py"), "relay"]
    return [
        Child("web server", [*web, "emr.wsgi:application"], folder.log / "web.log"),
        Child("job relay", relay, folder.log / "relay.log"),
        Child("job worker", celery, folder.log / "worker.log"),
    ]


class Family:
    """The children, started together, watched, and stopped in order."""

    def __init__(self, folder: Folder, children: list[Child]) -> None:
        self.children = children
        watchdog = Path(__file__).with_name("watchdog.py")
        self._watchdog = subprocess.Popen(
            [sys.executable, "-I", "-S", str(watchdog)], stdin=subprocess.PIPE, text=True, start_new_session=True
        )
        # Under make, make's death is the end of the run; by itself a supervisor may outlive the shell.
        self._parent = os.getppid() if "MAKELEVEL" in os.environ else None

    def start(self) -> None:
        """Start all of them."""
        for child in self.children:
            self._start(child)

    def watch(self) -> None:
        """Start again what dies; return never.

        Raises:
            ServiceError: a child won't stay up.
            Stop: asked by a signal or by the parent's death.
        """
        with _woken_by_children() as woken:
            while True:
                self.check()
                woken.settimeout(1.0)
                with suppress(TimeoutError):
                    woken.recv(1024)

    def check(self) -> None:
        """One look at all of them."""
        if self._parent is not None and os.getppid() != self._parent:
            raise Stop
        for child in self.children:
            if child.process is None or child.process.poll() is None:
                continue
            self._bury(child)
            now = time.monotonic()
            child.deaths = [at for at in child.deaths if now - at < _RESTART_WINDOW_SECONDS] + [now]
            if len(child.deaths) > _RESTARTS:
                raise ServiceError(
                    f"The {child.title} died {len(child.deaths)} times within a minute; giving up.\n{_tail(child.log)}"
                )
            say(f"The {child.title} died ({_how(child.process.returncode)}); starting it again.")
            _pause(child.pause)
            self._start(child)

    def stop(self) -> None:
        """Stop all, in order: no new requests, then no new jobs. A job that does not end in time is run again later."""
        for child in self.children:
            if child.process is not None and child.process.poll() is None:
                _end(child.process)
        if self._watchdog.stdin is not None:
            self._watchdog.stdin.close()
        self._watchdog.wait()

    def _start(self, child: Child) -> None:
        if child.log.exists() and child.log.stat().st_size > _LOG_BYTES:
            child.log.replace(child.log.with_suffix(".log.1"))
        with child.log.open("ab") as log:
            child.process = subprocess.Popen(
                child.command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True
            )
        self._tell_watchdog("+", child)

    def _bury(self, child: Child) -> None:
        """End what a dead child left in its group: workers that still hold its port or its jobs."""
        if child.process is not None:
            with suppress(ProcessLookupError, PermissionError):
                os.killpg(child.process.pid, signal.SIGKILL)
        self._tell_watchdog("-", child)

    def _tell_watchdog(self, sign: str, child: Child) -> None:
        if self._watchdog.stdin is not None and child.process is not None:
            with suppress(BrokenPipeError):
                self._watchdog.stdin.write(f"{sign}{child.process.pid}\n")
                self._watchdog.stdin.flush()


def _end(process: subprocess.Popen[bytes]) -> None:
    # SIGQUIT is Celery's cold shutdown: it hands unfinished jobs back to the broker.
    for number in (signal.SIGTERM, signal.SIGQUIT, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(process.pid, number) if number == signal.SIGKILL else process.send_signal(number)
        with suppress(subprocess.TimeoutExpired):
            process.wait(_STOP_SECONDS)
            break
    with suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)  # What it may have left behind.


def _wait_for(address: str, family: Family) -> None:
    deadline = time.monotonic() + _READY_SECONDS
    # No proxy of the environment: the server is on this machine.
    opener = build_opener(ProxyHandler({}))
    while time.monotonic() < deadline:
        family.check()
        try:
            opener.open(f"{address}healthz", timeout=5).close()
        except HTTPError as error:
            if error.code < 500:
                return
        except (URLError, OSError):
            pass
        else:
            return
        _pause(0.1)
    raise ServiceError(f"The web server does not answer.\n{_tail(family.children[0].log)}")


@contextmanager
def _only_one(folder: Folder) -> Iterator[Path | None]:
    """The file for our address, or None, with a line printed, when another one runs in this folder."""
    state = folder.run / "supervisor.address"
    lock = os.open(folder.run / "supervisor.lock", os.O_RDWR | os.O_CREAT, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        address = state.read_text(encoding="ascii") if state.exists() else ""
        say(f"Chartroom already runs in this folder: {address}" if address else "Chartroom is starting in this folder.")
        yield None
        return
    try:
        state.unlink(missing_ok=True)
        yield state
    finally:
        state.unlink(missing_ok=True)
        os.close(lock)


@contextmanager
def _stop_signals() -> Iterator[None]:
    """Turn the signals that end a program into :class:`Stop`, once; a second one doesn't disturb the stopping."""

    def handle(*_: object) -> None:
        for number in numbers:
            signal.signal(number, signal.SIG_IGN)
        raise Stop

    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    for number in numbers:
        signal.signal(number, handle)
    yield


@contextmanager
def _woken_by_children() -> Iterator[socket.socket]:
    """A socket that becomes readable when a child dies."""
    reader, writer = socket.socketpair()
    writer.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    before = signal.set_wakeup_fd(writer.fileno(), warn_on_full_buffer=False)
    try:
        yield reader
    finally:
        signal.set_wakeup_fd(before)
        reader.close()
        writer.close()


def _pause(seconds: float) -> None:
    if seconds:
        time.sleep(seconds)


def _how(status: int) -> str:
    return f"signal {-status}" if status < 0 else f"exit status {status}"


def _tail(log: Path) -> str:
    lines = log.read_text(encoding="utf-8", errors="replace").splitlines()[-15:] if log.exists() else []
    return "\n".join([f"The last lines of {log}:", *lines])
