"""What the policy says today: which entries are old enough, and what keeps them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from django.db import connection
from django.db.models import Min
from psycopg import sql

from emr.audit.models import LegalHold, Log, LogEntry, RetentionPolicy, SealBlock
from emr.audit.partitions import first_key
from emr.audit.seals.blocks import Block
from emr.audit.seals.logs import LOGS, txid_of


@dataclass(frozen=True)
class Due:
    """One log's entries that the policy lets go: those with keys below ``below``; ``kept`` says why they stay."""

    log: Log
    years: int | None
    before: datetime | None = None
    below: str = ""
    rows: int = 0
    kept: str = ""


def due(log: Log, now: datetime) -> Due:
    """What a purge of the log would take today: whole months, never a part of one."""
    policy = RetentionPolicy.objects.filter(log=log).first()
    if policy is None:
        return Due(log, None)
    before = now.astimezone(UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    before = before.replace(year=before.year - policy.years)
    below = _first_key(log, before)
    rows = _count(log, below)
    return Due(log, policy.years, before, below, rows, _kept(log, below) if rows else "")


def purged_before(log: Log) -> datetime | None:
    """The instant before which a log's entries were purged, by the newest block that says so; None if none was."""
    # A purge seals no row, so few blocks are opened, however long the chain is.
    headers = SealBlock.objects.filter(log=log, rows=0).order_by("-number").values_list("header", flat=True)
    says = next((found for found in map(json.loads, headers) if found["kind"] == "purge"), None)
    return datetime.fromisoformat(says["purged_before"]) if says else None


def holds() -> list[LegalHold]:
    """All holds, those that stand first."""
    found = LegalHold.objects.select_related("placed_by", "lifted_by").order_by("lifted_at", "-id")
    return sorted(found, key=lambda hold: hold.lifted_at is not None)


def _first_key(log: Log, moment: datetime) -> str:
    """The least key that a row of that instant or later has."""
    if log is not Log.CHANGES:
        return str(first_key(moment))
    found = LogEntry.objects.filter(timestamp__gte=moment).aggregate(first=Min("id"))["first"]
    newest = LogEntry.objects.order_by("-id").values_list("id", flat=True).first() or 0
    return str(found if found is not None else newest + 1)


def _count(log: Log, below: str) -> int:
    return _number(log, "SELECT count(*) FROM {table} WHERE id < %s", [below])


def _kept(log: Log, below: str) -> str:
    """Why the entries below a key must stay, in words; empty when nothing keeps them."""
    standing = LegalHold.objects.filter(lifted_at=None)
    if standing.filter(patient_id=None).exists():
        return "A legal hold keeps all logs."
    patients = list(standing.values_list("patient_id", flat=True))
    if log is not Log.SECURITY and patients:
        held = _number(
            log, "SELECT count(*) FROM {table} WHERE id < %s AND patient_id = ANY(%s::uuid[])", [below, patients]
        )
        if held:
            return f"A legal hold keeps {held} of them; months are purged whole."
    if _number(log, "SELECT count(*) FROM {table} WHERE id < %s AND txid > %s::text::xid8", [below, str(_sealed(log))]):
        return "Some of them are not sealed yet."
    return ""


def _sealed(log: Log) -> int:
    header = SealBlock.objects.filter(log=log).order_by("-number").values_list("header", flat=True).first()
    return txid_of(Block(header, b"", b"").upto) if header else 0


def _number(log: Log, statement: str, values: list[Any]) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql.SQL(statement).format(table=sql.Identifier(LOGS[log].table)), values)
        row = cursor.fetchone()
    return int(row[0]) if row else 0
