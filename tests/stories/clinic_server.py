"""The product as a newcomer runs it: web server and broker, and worker and relay too, on a database of the test."""

from __future__ import annotations

import atexit
import os
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from tests.emr.jobs.machinery import Broker, Process, database_url, eventually, free_port
from tests.services import ROOT


class House:
    """The processes of a running clinic by name, each to be killed and started again."""

    def __init__(self, folder: Path, address: str, environment: dict[str, str]) -> None:
        self.folder, self.address, self._environment = folder, address, environment
        self._processes: dict[str, Process] = {}

    def start(self, name: str) -> None:
        """Start one of them, again where it was killed; the web server answers when this returns."""
        self._processes[name] = Process(
            [sys.executable, *_COMMANDS[name]], self.folder / f"{name}.log", self._environment
        )
        if name == "web":
            eventually(lambda: _answers(f"{self.address}/healthz"), within=60, what="the web server")

    def kill(self, name: str) -> None:
        """End one of them with all its children, at once and without a word (SIGKILL)."""
        self._processes[name].kill()

    def kill_all(self) -> None:
        """End what still runs."""
        for process in self._processes.values():
            process.kill()


_COMMANDS = {
    "worker": ["-m", "celery", "-A", "emr", "worker", "--concurrency=1", "--without-gossip", "--without-mingle"],
    "relay": ["-m", "django", "relay"],
    "web": ["-m", "gunicorn", "--config", "python:emr.gunicorn", "emr.wsgi:application"],
}


@contextmanager
def running(folder: Path, *, jobs: bool = False) -> Iterator[str]:
    """Start the web server against the test's database, with ``jobs`` those who do them too; gives the address."""
    with house(folder, jobs=jobs) as started:
        yield started.address


@contextmanager
def house(folder: Path, *, jobs: bool = True) -> Iterator[House]:
    """Start everything, without ``jobs`` the web server alone, against the test's database; gives what was started."""
    broker = Broker(folder)
    broker.start()
    port = free_port()
    environment = {
        **os.environ,
        "DATABASE_URL": database_url(),
        "DATABASE_POOL": "1",
        "BROKER_URL": broker.url,
        "CHARTROOM_VAR": str(folder),
        "BIND": f"127.0.0.1:{port}",
        "PYTHONPATH": str(ROOT),
    }
    environment.pop("CACHE_URL", None)
    (folder / "static").symlink_to(_static_files())
    started = House(folder, f"http://127.0.0.1:{port}", environment)
    try:
        for name in _COMMANDS if jobs else ("web",):
            started.start(name)
        yield started
    finally:
        started.kill_all()
        broker.kill()


@cache
def _static_files() -> Path:
    """Collected once for all stories of a run."""
    folder = Path(mkdtemp(prefix="static-"))
    atexit.register(rmtree, folder, ignore_errors=True)
    subprocess.run(
        [sys.executable, "-m", "django", "collectstatic", "--noinput", "--verbosity=0"],
        cwd=ROOT,
        env={**os.environ, "CHARTROOM_VAR": str(folder), "PYTHONPATH": str(ROOT)},
        check=True,
        timeout=120,
    )
    return folder / "static"


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False
