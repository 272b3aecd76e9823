"""How old the seals are, and what the last verification found."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from psycopg import sql

from emr.audit.models import Log, SealBlock, Verification
from emr.audit.seals.blocks import Block
from emr.audit.seals.logs import LOGS, txid_of

#: Sealing runs every five minutes; later than this something is wrong with it.
LATE_AFTER = timedelta(minutes=30)


@dataclass(frozen=True)
class SealState:
    """One log's chain, for people: its newest block, and since when an entry waits for a seal (None: none does)."""

    log: Log
    number: int
    sealed_at: datetime | None
    waiting_since: datetime | None

    def is_late(self, now: datetime) -> bool:
        """Whether an entry waits for longer than it should."""
        return self.waiting_since is not None and now - self.waiting_since > LATE_AFTER


def seal_states() -> list[SealState]:
    """The state of each log: two queries a log."""
    return [_state(log) for log in Log]


def lateness(now: datetime) -> timedelta | None:
    """For how long the oldest unsealed entry waits; None when all are sealed."""
    waiting = [state.waiting_since for state in seal_states() if state.waiting_since]
    return now - min(waiting) if waiting else None


def last_verifications(count: int = 10) -> list[Verification]:
    """The newest runs of ``verify_audit``."""
    return list(Verification.objects.select_related("by")[:count])


def _state(log: Log) -> SealState:
    head = SealBlock.objects.filter(log=log).order_by("-number").values("number", "sealed_at", "header").first()
    if head is None:
        return SealState(log, 0, None, _oldest(log, 0))
    return SealState(log, head["number"], head["sealed_at"], _oldest(log, _end(head["header"])))


def _end(header: str) -> int:
    """The transaction up to which a chain is sealed."""
    return txid_of(Block(header, b"", b"").upto)


def _oldest(log: Log, txid: int) -> datetime | None:
    """When the first entry after a transaction was written."""
    sealed = LOGS[log]
    with connection.cursor() as cursor:
        cursor.execute(
            sql.SQL("SELECT {} FROM {} WHERE txid > %s::text::xid8 ORDER BY txid, id LIMIT 1").format(
                sql.Identifier(sealed.time_column), sql.Identifier(sealed.table)
            ),
            [str(txid)],
        )
        row = cursor.fetchone()
    return row[0] if row else None
