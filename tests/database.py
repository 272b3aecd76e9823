"""Test databases: one migrated template, cloned for each worker and for each test that commits."""

from __future__ import annotations

import fcntl
import functools
import hashlib
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit, urlunsplit

import psycopg
from django.db import connections, transaction
from psycopg import sql

from tests.services import ROOT, VAR

OWNER_URL = os.environ.get("DATABASE_OWNER_URL") or os.environ["DATABASE_URL"]
APP_URL = os.environ["DATABASE_URL"]
T = TypeVar("T")


def with_name(url: str, name: str) -> str:
    """The address of another database on the same server."""
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@functools.cache
def template() -> str:
    """The name of a migrated, empty database; made once for each state of the migrations."""
    name = f"template_{_fingerprint()}"
    with (VAR / "template.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not _exists(name):
            _execute("DROP DATABASE IF EXISTS {}", "template_new")
            _execute("CREATE DATABASE {}", "template_new")
            _migrate("template_new")
            _execute("ALTER DATABASE {} RENAME TO {}", "template_new", name)
    return name


def create(name: str, source: str = "") -> None:
    """A fresh clone of the template, or of another database to which nobody is connected."""
    source = source or template()
    drop(name)
    with (VAR / "template.lock").open("w") as lock:
        # Cloning needs the template to itself. Copying files is quickest where no disk is waited for.
        fcntl.flock(lock, fcntl.LOCK_EX)
        _execute("CREATE DATABASE {} TEMPLATE {} STRATEGY FILE_COPY", name, source)


def staged(name: str, make: Callable[[], T]) -> T:
    """A new database in which ``make`` has written; gives what ``make`` returned."""
    create(name)
    with using(name), transaction.atomic():
        return make()


def drop(name: str) -> None:
    """Drop a database, whoever is still connected to it."""
    _execute("DROP DATABASE IF EXISTS {} WITH (FORCE)", name)


def drop_leftovers() -> None:
    """Drop the databases of test runs that were killed: their names end in the id of a process that is gone."""
    with psycopg.connect(with_name(OWNER_URL, "postgres"), autocommit=True) as connection:
        rows = connection.execute("SELECT datname FROM pg_database WHERE datname LIKE 'test\\_%'").fetchall()
    for (name,) in rows:
        parts = name.split("_")
        if len(parts) > 2 and parts[2].isdigit() and _is_gone(int(parts[2])):
            drop(name)


def _is_gone(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


@contextmanager
def using(name: str) -> Iterator[str]:
    """Point Django's connections of this process at another database of the server, as the app's role."""
    settings_dict = connections["default"].settings_dict
    before = settings_dict["NAME"]
    connections.close_all()
    settings_dict["NAME"] = name
    try:
        yield name
    finally:
        connections.close_all()
        settings_dict["NAME"] = before


@contextmanager
def beside_a_loop() -> Iterator[None]:
    """For a block in which Playwright keeps a loop running in this thread.

    Django then has connections of their own for it, which ``using`` doesn't see: without this they would outlive their
    database, and the next such block would find them broken.
    """
    connections.close_all()
    try:
        yield
    finally:
        connections.close_all()


def _fingerprint() -> str:
    digest = hashlib.sha256()
    sources = [*ROOT.glob("*/migrations/*.py"), *ROOT.glob("emr/*/migrations/*.py"), ROOT / "emr" / "grants.py"]
    sources += [
        ROOT / "emr" / "apps.py",
        ROOT / "emr" / "audit" / "registry.py",
        ROOT / "emr" / "access" / "roles.py",
        ROOT / "uv.lock",
    ]
    for path in sorted(sources):
        digest.update(path.relative_to(ROOT).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _exists(name: str) -> bool:
    with psycopg.connect(with_name(OWNER_URL, "postgres"), autocommit=True) as connection:
        return connection.execute("SELECT FROM pg_database WHERE datname = %s", [name]).fetchone() is not None


def _execute(statement: str, *names: str) -> None:
    with psycopg.connect(with_name(OWNER_URL, "postgres"), autocommit=True) as connection:
        connection.execute(sql.SQL(statement).format(*map(sql.Identifier, names)))  # type: ignore[arg-type]


def _migrate(name: str) -> None:
    environment = {
        **os.environ,
        "DATABASE_URL": with_name(APP_URL, name),
        "DATABASE_OWNER_URL": with_name(OWNER_URL, name),
        "CHARTROOM_DB_ROLE": "owner",
    }
    command = [sys.executable, str(Path("manage.py")), "migrate", "--verbosity=0", "--skip-checks"]
    subprocess.run(command, cwd=ROOT, env=environment, check=True, timeout=300)
