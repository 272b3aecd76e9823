"""The blocks in the database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import psycopg

from emr.audit.models import Log
from emr.audit.seals.blocks import Block
from emr.audit.seals.logs import Key
from emr.shared.records import uuid7

_FETCH = 20


def store(session: psycopg.Connection[Any], block: Block) -> None:
    """Add a block; the session commits it at once."""
    said = block.says
    session.execute(
        "INSERT INTO public.audit_sealblock (id, log, number, sealed_at, rows, header, leaves, signature)"
        " VALUES (%s, %s, %s, %s, %s, %s, %s, %s)",
        [uuid7(), said["log"], said["number"], block.sealed_at, said["rows"], block.header, block.leaves,
         block.signature],
    )  # fmt: skip


def last(session: psycopg.Connection[Any], log: Log) -> Block | None:
    """The newest block of a log."""
    row = session.execute(
        "SELECT header, signature FROM public.audit_sealblock WHERE log = %s ORDER BY number DESC LIMIT 1", [log]
    ).fetchone()
    return None if row is None else Block(row[0], b"", bytes(row[1]))


def stored(session: psycopg.Connection[Any], log: Log, *, after: int = 0) -> Iterator[tuple[int, Block]]:
    """The blocks of a log whose number is greater than ``after``: the table's own number of each, and the block.

    Each batch is a query of its own, so that no cursor is open while the reader does something else.
    """
    while True:
        found = session.execute(
            "SELECT number, header, leaves, signature FROM public.audit_sealblock WHERE log = %s AND number > %s"
            " ORDER BY number LIMIT %s",
            [log, after, _FETCH],
            binary=True,
        ).fetchall()
        for number, header, leaves, signature in found:
            after = int(number)
            yield after, Block(header, bytes(leaves), bytes(signature))
        if len(found) < _FETCH:
            return


def keys_of_era(session: psycopg.Connection[Any], log: Log, era: int, after: Key, below: Key) -> Iterator[Key]:
    """The keys between two others that were sealed in one era (between two restores of the database), in order."""
    numbers = session.execute(
        "SELECT number FROM public.audit_sealblock WHERE log = %s AND (header::jsonb ->> 'era')::int = %s"
        " AND header::jsonb ->> 'upto' > %s AND header::jsonb ->> 'after' < %s ORDER BY number",
        [log, era, after.hex(), below.hex()],
    ).fetchall()
    for (number,) in numbers:
        _, block = next(stored(session, log, after=number - 1))
        for key, _ in block.split():
            if after < key < below:
                yield key
