"""Somebody with the password of the database's superuser, who may do everything there but has no key."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import psycopg
from django.conf import settings
from django.db import connection

from emr.audit.models import Log
from emr.audit.seals.logs import LOGS, row_hash, rows
from emr.services.folder import Folder


@contextmanager
def superuser() -> Iterator[psycopg.Connection[Any]]:
    """A session as the server's superuser, with every trigger and constraint of the tables switched off."""
    params = connection.get_connection_params()
    password = Folder(settings.BASE_DIR).read_secret("postgres")
    with psycopg.connect(
        host=params["host"], port=params["port"], dbname=params["dbname"], user="postgres", password=password,
        autocommit=True, options="-c timezone=UTC -c datestyle=ISO,YMD",
    ) as session:  # fmt: skip
        session.execute("SET session_replication_role = replica")
        yield session


def run(statement: str, *values: object) -> None:
    """Do one thing as the superuser."""
    with superuser() as session:
        session.execute(statement, values)


def real_hash(log: Log, row_id: str) -> bytes:
    """What an honest hash of the row as it stands now would be."""
    sealed = LOGS[log]
    with superuser() as session:
        for key, data in rows(session, sealed, sealed.columns(session)):
            if sealed.row_id(key) == row_id:
                return row_hash(data)
    raise LookupError(row_id)
