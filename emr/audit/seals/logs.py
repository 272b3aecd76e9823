"""The logs that are sealed, and their rows as bytes.

A row's canonical bytes are the line that ``COPY … TO STDOUT`` writes for it: text format, every column by name, in
UTC and ISO spelling. They are hashed here and not in SQL, where a superuser could exchange the function.
"""

from __future__ import annotations

import hashlib
from binascii import unhexlify
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import psycopg
from psycopg import sql

from emr.audit.models import AccessEvent, Log, LogEntry, SecurityEvent

#: A transaction's number as eight bytes, then the row's key: sorts like ``ORDER BY txid, id``.
Key = bytes
TXID_BYTES = 8
HASH_BYTES = 32


@dataclass(frozen=True)
class SealedLog:
    """One log: its table, and the kind of its keys."""

    log: Log
    table: str
    key_type: str
    key_bytes: int
    time_column: str

    @property
    def leaf_bytes(self) -> int:
        """The size of one leaf: key and hash."""
        return TXID_BYTES + self.key_bytes + HASH_BYTES

    def key(self, txid: bytes, row_id: bytes) -> Key:
        """The sortable key of a row as COPY spells its first two columns."""
        number = int(txid).to_bytes(TXID_BYTES, "big")
        if self.key_type == "uuid":
            return number + unhexlify(row_id.translate(None, b"-"))
        return number + int(row_id).to_bytes(self.key_bytes, "big")

    def row_id(self, key: Key) -> str:
        """The row's id as people and SQL write it."""
        raw = key[TXID_BYTES:]
        if self.key_type != "uuid":
            return str(int.from_bytes(raw, "big"))
        text = raw.hex()
        return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"

    def last_key(self, txid: int) -> Key:
        """The greatest key that a row of the transaction could have."""
        last = b"\xff" * self.key_bytes if self.key_type == "uuid" else (2**63 - 1).to_bytes(self.key_bytes, "big")
        return txid.to_bytes(TXID_BYTES, "big") + last

    def columns(self, session: psycopg.Connection[Any]) -> list[str]:
        """All columns of the table: the transaction and the key first, the others as they were added."""
        rows = session.execute(
            "SELECT attname FROM pg_attribute WHERE attrelid = %s::regclass AND attnum > 0 AND NOT attisdropped"
            " ORDER BY attname NOT IN ('txid', 'id'), attname = 'id', attnum",
            [f"public.{self.table}"],
        ).fetchall()
        return [row[0] for row in rows]


LOGS: dict[Log, SealedLog] = {
    one.log: one
    for one in (
        SealedLog(Log.CHANGES, LogEntry._meta.db_table, "bigint", 8, "timestamp"),
        SealedLog(Log.READS, AccessEvent._meta.db_table, "uuid", 16, "at"),
        SealedLog(Log.SECURITY, SecurityEvent._meta.db_table, "uuid", 16, "at"),
    )
}


def txid_of(key: Key) -> int:
    """The transaction of a key."""
    return int.from_bytes(key[:TXID_BYTES], "big")


def rows(
    session: psycopg.Connection[Any],
    log: SealedLog,
    columns: Sequence[str],
    *,
    after: Key | None = None,
    below: int | None = None,
) -> Iterator[tuple[Key, bytes]]:
    """The rows in the order of their keys, as they come: key and canonical bytes.

    ``after`` leaves out all keys up to it, ``below`` all transactions from it on.
    """
    conditions: list[sql.Composable] = [sql.SQL("true")]
    if after is not None:
        conditions.append(
            sql.SQL("(txid, id) > ({}::xid8, {}::{})").format(
                sql.Literal(str(txid_of(after))), sql.Literal(log.row_id(after)), sql.SQL(log.key_type)
            )
        )
    if below is not None:
        conditions.append(sql.SQL("txid < {}::xid8").format(sql.Literal(str(below))))
    copy = sql.SQL("COPY (SELECT {} FROM public.{} WHERE {} ORDER BY txid, id) TO STDOUT").format(
        sql.SQL(", ").join(map(sql.Identifier, columns)),
        sql.Identifier(log.table),
        sql.SQL(" AND ").join(conditions),
    )
    make_key = log.key
    with session.cursor() as cursor, cursor.copy(copy) as lines:
        for line in lines:
            data = bytes(line)
            txid, row_id, _ = data.split(b"\t", 2)
            yield make_key(txid, row_id), data


def row_hash(data: bytes) -> bytes:
    """SHA-256 over a row's canonical bytes."""
    return hashlib.sha256(data).digest()
