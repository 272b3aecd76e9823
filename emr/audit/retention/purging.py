"""The purge: what is older than the policy goes into an encrypted archive, and a signed block says that it went.

Only the owner of the tables can do it; the running app can't. The archive is on the disk before anything is taken away,
and the rows, the block and the entry in the log of events commit together.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from django.conf import settings
from django.db import connection, transaction
from psycopg import sql

from emr import keys
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import Log, SecurityKind
from emr.audit.retention.queries import Due, due
from emr.audit.seals.blocks import Block, sign
from emr.audit.seals.files import SealFolder
from emr.audit.seals.logs import LOGS, TXID_BYTES, SealedLog
from emr.audit.seals.sealing import alone, header
from emr.audit.seals.session import own_session
from emr.audit.seals.stored import last, store
from emr.audit.security import record_security_event
from emr.shared.errors import DomainError

_PIECE = 1 << 20


@dataclass(frozen=True)
class Purged:
    """What went: how many entries, and the archive that holds them."""

    rows: int
    archive: Path


def purge(*, by: User, log: Log, now: datetime, folder: SealFolder | None = None) -> Purged | None:
    """Purge a log by its policy; None when nothing is old enough. Raises DomainError when something keeps it."""
    with own_session() as lock:
        if not alone(lock):
            raise DomainError("The logs are being sealed at this moment. Try again in a minute.")
        found = due(log, now)
        if not found.rows or found.before is None:
            return None
        if found.kept:
            raise DomainError(f"{log.label}: {found.kept}")
        archive = _archive(lock, LOGS[log], found)
        with transaction.atomic(), acting(by), connection.cursor() as cursor:
            block = _mark(LOGS[log], found, archive)
            _remove(cursor, LOGS[log], found)
            detail = f"Log: {log.label.lower()}; {found.rows} entries before {found.before:%Y-%m-%d}"
            record_security_event(SecurityKind.PURGE, user=by, detail=detail)
        (folder or SealFolder()).append(block)
    return Purged(found.rows, archive)


def read_archive(path: Path) -> Iterator[bytes]:
    """An archive's text, piece by piece: the columns' names, then a line for each entry as COPY writes it."""
    with path.open("rb") as file:
        for token in file:
            yield keys.decrypt(token.rstrip(b"\n"))


def _archive(session: psycopg.Connection[Any], log: SealedLog, found: Due) -> Path:
    """Write the entries to a file, encrypted, and wait until the disk has it."""
    folder = Path(settings.AUDIT_ARCHIVE_DIR)
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = folder / f"{log.log}-before-{found.before:%Y-%m}-{uuid4().hex[:8]}.enc"
    columns = log.columns(session)
    copy = sql.SQL("COPY (SELECT {} FROM public.{} WHERE id < {}::{} ORDER BY id) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(log.table),
        sql.Literal(found.below),
        sql.SQL(log.key_type),
    )
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        piece = bytearray("\t".join(columns).encode() + b"\n")
        with session.cursor() as cursor, cursor.copy(copy) as lines:
            for line in lines:
                piece += line
                if len(piece) >= _PIECE:
                    file.write(keys.encrypt(bytes(piece)) + b"\n")
                    piece.clear()
        file.write(keys.encrypt(bytes(piece)) + b"\n")
        file.flush()
        os.fsync(file.fileno())
    return path


def _mark(log: SealedLog, found: Due, archive: Path) -> Block:
    """The block that says what went, so that verifying doesn't miss it."""
    session: psycopg.Connection[Any] = connection.connection
    head = last(session, log.log)
    if head is None:
        raise DomainError(f"{log.log.label}: it was never sealed.")
    says = header(log, "purge", head, era=int(head.says["era"]), cluster=head.says["cluster"], run=uuid4().hex)
    below = log.key(b"0", found.below.encode())[TXID_BYTES:]
    block = sign(
        {
            **says,
            "after": head.says["upto"],
            "upto": head.says["upto"],
            "rows": 0,
            "columns": [],
            "below": below.hex(),
            "purged": found.rows,
            "purged_before": found.before.isoformat() if found.before else "",
            "archive": archive.name,
            "archive_sha256": _digest(archive),
        },
        b"",
    )
    store(session, block)
    return block


def _remove(cursor: Any, log: SealedLog, found: Due) -> None:
    """Take the entries away: whole months' tables where there are such, else row by row."""
    table = log.table
    if log.log is Log.READS:
        for month in _months_before(cursor, log, found):
            cursor.execute(sql.SQL("DROP TABLE public.{}").format(sql.Identifier(month)))
        table = f"{log.table}_default"
    # The owner alone may, and only within this transaction.
    for statement in (
        sql.SQL("ALTER TABLE public.{} DISABLE TRIGGER USER").format(sql.Identifier(table)),
        sql.SQL("DELETE FROM public.{} WHERE id < {}::{}").format(
            sql.Identifier(table), sql.Literal(found.below), sql.SQL(log.key_type)
        ),
        sql.SQL("ALTER TABLE public.{} ENABLE TRIGGER USER").format(sql.Identifier(table)),
    ):
        cursor.execute(statement)


def _months_before(cursor: Any, log: SealedLog, found: Due) -> list[str]:
    cursor.execute(
        "SELECT relid::regclass::text FROM pg_partition_tree(%s::regclass) WHERE isleaf", [f"public.{log.table}"]
    )
    names = [row[0].removeprefix("public.") for row in cursor.fetchall()]
    first_kept = f"{log.table}_{found.before:%Y%m}"
    return sorted(name for name in names if name.removeprefix(f"{log.table}_").isdigit() and name < first_kept)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
