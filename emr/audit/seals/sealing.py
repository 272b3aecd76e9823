"""Making blocks: whatever came since the last one, and can't be joined by anything any more.

A row carries the number of the transaction that wrote it. Below the oldest transaction that still runs every one has
ended, and no later one gets a smaller number: so the rows below it are all that there will ever be, whatever order
their keys or clocks are in, and nobody has to wait for a lock.

A block is committed to the database first and written to its file then. Killed in between, the next run finds the block
in the database and writes the file's line.
"""

from __future__ import annotations

import heapq
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from uuid import uuid4

import psycopg

from emr.audit.models import Log
from emr.audit.seals.blocks import NOTHING_BEFORE, Block, sign
from emr.audit.seals.files import SealFolder
from emr.audit.seals.logs import LOGS, Key, SealedLog, row_hash, rows, txid_of
from emr.audit.seals.session import own_session
from emr.audit.seals.stored import keys_of_era, last, store, stored
from emr.shared.errors import DomainError

#: Rows of one block: a block is read and written whole, so this bounds the memory.
BLOCK_ROWS = 10_000
_LOCK = 0x73_65_61_6C  # "seal": two runs at once would make two blocks of one number
_WAIT = 0.05
# A server counts the transactions of all its databases together. One that runs is passed over only if its lock says
# that it runs in another database, where it can't write to ours; one of which that isn't sure counts as ours.
_CUT = """
    WITH moment AS (SELECT pg_current_snapshot() AS seen),
    running AS (
        SELECT txid FROM moment, pg_snapshot_xip(seen) txid WHERE pg_xact_status(txid) = 'in progress'
    ),
    elsewhere AS (
        SELECT held.transactionid::text::numeric AS low FROM pg_locks held JOIN pg_stat_activity USING (pid)
        WHERE held.locktype = 'transactionid' AND held.granted AND held.mode = 'ExclusiveLock'
        AND datid <> (SELECT oid FROM pg_database WHERE datname = current_database())
    )
    SELECT coalesce(
        (SELECT min(txid::text::bigint) FROM running
         WHERE mod(txid::text::numeric, 4294967296) NOT IN (SELECT low FROM elsewhere)),
        pg_snapshot_xmax(seen)::text::bigint
    ), pg_snapshot_xmax(seen)::text::bigint FROM moment
"""
_NOWHERE = bytes(8)


class SealRefused(DomainError):
    """Sealing would hide something, so it waits for a person; the sentence says for what."""


@dataclass
class Sealed:
    """What a run did: rows sealed and blocks made for each log; ``busy`` when another run was at it."""

    rows: dict[Log, int] = field(default_factory=dict)
    blocks: int = 0
    repaired: int = 0
    busy: bool = False


@dataclass(frozen=True)
class _Server:
    """The server at the moment of the cut."""

    cluster: str
    cut: int


def seal(*, after_restore: bool = False, wait: bool = False, folder: SealFolder | None = None) -> Sealed:
    """Seal what can be sealed of all logs.

    ``wait`` first waits for the transactions that run now, so that all that was written before the call is sealed.
    ``after_restore`` is a person's word that the database was restored from a backup. Raises SealRefused.
    """
    done = Sealed()
    with own_session() as reader, own_session() as writer:
        if not alone(writer):
            return Sealed(busy=True)
        server = _server(reader, wait=wait)
        for log in LOGS.values():
            _Sealer(reader, writer, folder or SealFolder(), log, server, done).run(after_restore)
    return done


def header(log: SealedLog, kind: str, head: Block | None, *, era: int, cluster: str, run: str) -> dict[str, Any]:
    """What every block says: its place after ``head``, and where and when it was made."""
    return {
        "version": 1,
        "kind": kind,
        "log": log.log.value,
        "number": (head.number if head else 0) + 1,
        "before": head.hash if head else NOTHING_BEFORE,
        "era": era,
        "cluster": cluster,
        "run": run,
        "sealed_at": datetime.now(UTC).isoformat(),
    }


def alone(session: psycopg.Connection[Any]) -> bool:
    """Take the lock of sealing; it goes with the session, so also with a killed process."""
    row = session.execute("SELECT pg_try_advisory_lock(%s)", [_LOCK]).fetchone()
    return row is not None and bool(row[0])


def _server(session: psycopg.Connection[Any], *, wait: bool) -> _Server:
    """Where to cut: below the oldest transaction that still runs in this database."""
    row = session.execute("SELECT system_identifier::text FROM pg_control_system()").fetchone()
    cut, target = _cut(session)
    while wait and cut < target:
        time.sleep(_WAIT)
        cut, _ = _cut(session)
    return _Server(row[0] if row else "", cut)


def _cut(session: psycopg.Connection[Any]) -> tuple[int, int]:
    """The cut of this moment, and the number that the next transaction gets."""
    row = session.execute(_CUT).fetchone()
    return (int(row[0]), int(row[1])) if row else (0, 0)


@dataclass
class _Sealer:
    """One log's run."""

    reader: psycopg.Connection[Any]
    writer: psycopg.Connection[Any]
    folder: SealFolder
    log: SealedLog
    server: _Server
    done: Sealed
    run_id: str = field(default_factory=lambda: uuid4().hex)

    def run(self, after_restore: bool) -> None:
        head = last(self.writer, self.log.log)
        self.folder.drop_half_line(self.log.log)
        in_files = self.folder.last_number(self.log.log)
        if after_restore:
            head = self._mark_restore(head, in_files)
        else:
            self._check(head, in_files)
            self._repair(head, in_files)
        self.done.rows[self.log.log] = self._seal_rows(head)

    def _check(self, head: Block | None, in_files: int) -> None:
        """Refuse to go on from a chain that is shorter than its copy, or on a server that counts anew."""
        restored = (
            "If this database was restored from a backup, run seal_audit --after-restore; if not, run verify_audit."
        )
        if in_files > (head.number if head else 0):
            raise SealRefused(
                f"The seal files of the log “{self.log.log.label}” hold blocks that the database lacks. {restored}"
            )
        if head is not None and head.says["cluster"] != self.server.cluster:
            raise SealRefused(f"The log “{self.log.log.label}” was sealed on another database server. {restored}")

    def _repair(self, head: Block | None, in_files: int) -> None:
        """Write to the file what the last run committed and did not live to write. An older gap is left for
        ``verify_audit`` to tell."""
        if head is None or in_files == head.number:
            return
        missing = [block for _, block in stored(self.writer, self.log.log, after=in_files)]
        if all(block.says["run"] == head.says["run"] for block in missing):
            for block in missing:
                self.folder.append(block)
            self.done.repaired += len(missing)

    def _mark_restore(self, head: Block | None, in_files: int) -> Block:
        """A block without rows that says: from here on the count of transactions is another one."""
        number = max(head.number if head else 0, in_files) + 1
        era = int(head.says["era"]) + 1 if head else 1
        header = self._header("restore", number, head, era, _NOWHERE, _NOWHERE)
        header["lost"] = [(head.number if head else 0) + 1, number - 1]
        return self._keep(sign({**header, "rows": 0, "columns": []}, b""))

    def _seal_rows(self, head: Block | None) -> int:
        """Blocks of the rows after the last block and below the cut; returns how many rows."""
        era = int(head.says["era"]) if head else 1
        after = head.upto if head and "upto" in head.says and txid_of(head.upto) else None
        if after is not None and txid_of(after) >= self.server.cut:
            return 0
        columns = self.log.columns(self.reader)
        found: Iterable[tuple[Key, bytes]] = rows(self.reader, self.log, columns, after=after, below=self.server.cut)
        hashed: Iterator[tuple[Key, bytes]] = ((key, row_hash(data)) for key, data in found)
        if era > 1:
            hashed = _without(hashed, self._sealed_before(era, after or _NOWHERE))
        total = 0
        batch = list(islice(hashed, BLOCK_ROWS))
        while batch:
            following = list(islice(hashed, BLOCK_ROWS))
            upto = batch[-1][0] if following else self.log.last_key(self.server.cut - 1)
            number = (head.number if head else 0) + 1
            header = self._header("rows", number, head, era, after or _NOWHERE, upto)
            leaves = b"".join(key + digest for key, digest in batch)
            head = self._keep(sign({**header, "rows": len(batch), "columns": columns}, leaves))
            total, after, batch = total + len(batch), upto, following
        return total

    def _sealed_before(self, era: int, after: Key) -> Iterator[Key]:
        """The keys between ``after`` and the cut that were sealed before the database was restored, in order."""
        below = self.log.last_key(self.server.cut)
        return heapq.merge(*(keys_of_era(self.writer, self.log.log, one, after, below) for one in range(1, era)))

    def _header(self, kind: str, number: int, head: Block | None, era: int, after: Key, upto: Key) -> dict[str, Any]:
        begun = header(self.log, kind, head, era=era, cluster=self.server.cluster, run=self.run_id)
        return {**begun, "number": number, "after": after.hex(), "upto": upto.hex()}

    def _keep(self, block: Block) -> Block:
        store(self.writer, block)
        self.folder.append(block)
        self.done.blocks += 1
        return block


def _without(found: Iterator[tuple[Key, bytes]], sealed: Iterator[Key]) -> Iterator[tuple[Key, bytes]]:
    """The rows whose key is not among the sealed ones; both are in order."""
    other = next(sealed, None)
    for key, digest in found:
        while other is not None and other < key:
            other = next(sealed, None)
        if other != key:
            yield key, digest
