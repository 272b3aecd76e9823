"""Verifying: the logs' rows against the leaves of their blocks, both read once, in order, side by side."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import psycopg
from psycopg import sql

from emr.audit.queries.seals import LATE_AFTER
from emr.audit.seals.blocks import Block, trusted_keys
from emr.audit.seals.chain import Chain, ChainReader
from emr.audit.seals.files import SealFolder
from emr.audit.seals.findings import Finding, Kind, Report
from emr.audit.seals.logs import LOGS, TXID_BYTES, Key, SealedLog, row_hash, rows
from emr.audit.seals.session import own_session
from emr.audit.seals.stored import stored

#: Told to the caller about so often, in rows.
_TELL_EVERY = 5_000
#: So many strange keys are held to tell a moved row from a deleted one; it bounds the memory.
_MOST_HELD = 100_000

#: The first seal comes with the first start of the program; older entries than that came before the chain.
_UNSEALED_AT_FIRST = timedelta(days=1)

Progress = Callable[[str, int, int], None]


@dataclass(frozen=True, order=True)
class Leaf:
    """One sealed row; sorts by its key."""

    key: Key
    digest: bytes
    pick: tuple[int, ...] | None
    number: int


def verify(
    *,
    folder: SealFolder | None = None,
    since: datetime | None = None,
    progress: Progress | None = None,
) -> Report:
    """Compare all logs with their seals.

    ``folder`` is a copy of the files from another host; it may be older than the database, so blocks that it does not
    have yet are no finding. ``since`` looks only at rows that were sealed from then on; all blocks are still checked.
    """
    report, keys = Report(complete=since is None), trusted_keys()
    with own_session() as reader, own_session() as blocks:
        for log in LOGS.values():
            files = folder or SealFolder()
            chain = ChainReader(blocks, files, log.log, keys, report, is_copy=folder is not None).read(since)
            tell = partial(progress or _silent, log.log.label)
            _Comparison(reader, blocks, log, chain, report, tell).run()
            _tell_beginning(reader, log, chain, report)
    return report


def _tell_beginning(session: psycopg.Connection[Any], log: SealedLog, chain: Chain, report: Report) -> None:
    """Whoever takes the whole chain away, or lets it begin anew, leaves entries that are older than any seal."""
    row = session.execute(
        sql.SQL("SELECT min({}) FROM public.{}").format(sql.Identifier(log.time_column), sql.Identifier(log.table))
    ).fetchone()
    oldest = row[0] if row else None
    if oldest is None:
        return
    since = f"entries since {oldest:%Y-%m-%d %H:%M} UTC"
    if chain.begun is None:
        if datetime.now(UTC) - oldest > LATE_AFTER:
            report.add(Finding(log.log, Kind.NOTHING_SEALED, "the log", since))
    elif chain.begun - oldest > _UNSEALED_AT_FIRST:
        report.notes.append(
            f"{log.log.label}: the chain begins on {chain.begun:%Y-%m-%d %H:%M} UTC and holds {since}; "
            "what was done to them before that day it can't tell."
        )


def _silent(label: str, done: int, total: int) -> None:
    """Tell nobody."""


class _Comparison:
    """One log's rows beside its leaves."""

    def __init__(
        self,
        reader: psycopg.Connection[Any],
        blocks: psycopg.Connection[Any],
        log: SealedLog,
        chain: Chain,
        report: Report,
        tell: Callable[[int, int], None],
    ) -> None:
        self.reader, self.blocks, self.log, self.chain = reader, blocks, log, chain
        self.report, self.tell = report, tell
        self.columns = log.columns(reader)
        self.start = b""
        self._missing: dict[str, int] = {}
        self._strange: set[str] = set()
        self._unsealed_from = chain.ends.get(chain.eras, b"")

    def run(self) -> None:
        """Read both to their ends; what differs goes into the report."""
        total, done = self._expected(), 0
        leaves = self._leaves()
        leaf = next(leaves, None)
        after = self.start or None
        for key, data in rows(self.reader, self.log, self.columns, after=after):
            while leaf is not None and leaf.key < key:
                self._absent(leaf)
                leaf = next(leaves, None)
            if leaf is not None and leaf.key == key:
                if row_hash(data if leaf.pick is None else _picked(data, leaf.pick)) != leaf.digest:
                    self._found(Kind.ALTERED, key, f"sealed in block {leaf.number}")
                self.report.rows += 1
                leaf = next(leaves, None)
            else:
                self._extra(key)
            done += 1
            if done % _TELL_EVERY == 0:
                self.tell(done, max(total, done))
        while leaf is not None:
            self._absent(leaf)
            leaf = next(leaves, None)
        self._tell_missing()
        self.tell(done, done)

    def _expected(self) -> int:
        """About how many rows there are, for the progress bar."""
        row = self.reader.execute(
            "SELECT coalesce(sum(greatest(c.reltuples, 0)), 0)::bigint FROM pg_partition_tree(%(table)s::regclass) t"
            " JOIN pg_class c ON c.oid = t.relid WHERE t.isleaf",
            {"table": f"public.{self.log.table}"},
        ).fetchone()
        return int(row[0]) if row else 0

    def _leaves(self) -> Iterator[Leaf]:
        """The leaves of all eras in one order."""
        since = self.chain.since if self.chain.eras == 1 else 0
        if since:
            before = self.chain.from_files.get(since) or next(
                (block for number, block in stored(self.blocks, self.log.log, after=since - 1) if number == since), None
            )
            self.start = before.upto if before and before.says["kind"] == "rows" else b""
            since = since if self.start else 0
        if self.chain.eras == 1:
            return self._leaves_of(1, since)
        return heapq.merge(*(self._leaves_of(era, 0) for era in range(1, self.chain.eras + 1)))

    def _leaves_of(self, era: int, since: int) -> Iterator[Leaf]:
        for number, block in self._chosen(since):
            if number in self.chain.void or int(block.says["era"]) != era:
                continue
            pick = self._pick(block.says["columns"])
            for key, digest in block.split():
                yield Leaf(key, digest, pick, number)

    def _chosen(self, since: int) -> Iterator[tuple[int, Block]]:
        """The believed blocks in order: the database's, except where only the files' can be believed."""
        instead = self.chain.from_files
        only = iter(sorted(number for number in instead if number > since))
        following = next(only, None)
        for number, block in stored(self.blocks, self.log.log, after=since):
            while following is not None and following < number:
                yield following, instead[following]
                following = next(only, None)
            if following == number:
                yield number, instead[number]
                following = next(only, None)
            elif number not in self.chain.lost:
                yield number, block
        while following is not None:
            yield following, instead[following]
            following = next(only, None)

    def _pick(self, columns: list[str]) -> tuple[int, ...] | None:
        """Which columns of a row were sealed; None for all, as they stand."""
        if columns == self.columns:
            return None
        places = {name: place for place, name in enumerate(self.columns)}
        # A column that was dropped is an empty field: each of its rows is told as altered, which it is.
        return tuple(places.get(name, -1) for name in columns)

    def _absent(self, leaf: Leaf) -> None:
        """A sealed row that is not there."""
        if leaf.key[TXID_BYTES:] < self.chain.purged_below:
            self.report.purged += 1
        elif len(self._missing) < _MOST_HELD:
            self._missing[self.log.row_id(leaf.key)] = leaf.number
        else:
            self._found(Kind.DELETED, leaf.key, f"sealed in block {leaf.number}")

    def _extra(self, key: Key) -> None:
        """A row without a leaf: new, or put in behind the seal."""
        if key > self._unsealed_from:
            self.report.unsealed += 1
        elif any(start < key <= end for start, end in self.chain.gaps):
            self.report.unproven += 1
        elif len(self._strange) < _MOST_HELD:
            self._strange.add(self.log.row_id(key))
        else:
            self._found(Kind.INSERTED, key)

    def _tell_missing(self) -> None:
        """A row that is missing in one place and stands in another was moved; the others are gone, or are new."""
        elsewhere = self._still_there(list(self._missing))
        for row_id, number in self._missing.items():
            kind = Kind.MOVED if row_id in elsewhere else Kind.DELETED
            self._found_id(kind, row_id, f"sealed in block {number}")
        for row_id in sorted(self._strange):
            if row_id not in self._missing:
                self._found_id(Kind.INSERTED, row_id)

    def _still_there(self, row_ids: list[str]) -> set[str]:
        statement = sql.SQL("SELECT id::text FROM public.{} WHERE id = ANY(%s::{}[])").format(
            sql.Identifier(self.log.table), sql.SQL(self.log.key_type)
        )
        return {row[0] for row in self.reader.execute(statement, [row_ids]).fetchall()} if row_ids else set()

    def _found(self, kind: Kind, key: Key, more: str = "") -> None:
        self._found_id(kind, self.log.row_id(key), more)

    def _found_id(self, kind: Kind, row_id: str, more: str = "") -> None:
        self.report.add(Finding(self.log.log, kind, f"entry {row_id}", more))


def _picked(data: bytes, places: tuple[int, ...]) -> bytes:
    fields = data.rstrip(b"\n").split(b"\t")
    return b"\t".join(fields[place] if place >= 0 else b"" for place in places) + b"\n"
