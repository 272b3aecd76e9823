"""The logs as a privacy officer searches them: newest first, a page at a time, by indexed columns only."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from uuid import UUID

from django.db.models import QuerySet
from django.utils import timezone

from emr.audit.models import AccessEvent, LogEntry

PAGE_SIZE = 50


@dataclass(frozen=True)
class Filter:
    """What is asked for; None is everything."""

    user_id: UUID | None = None
    patient_id: UUID | None = None
    on: date | None = None


def changes(asked: Filter, *, before: int | None = None) -> list[LogEntry]:
    """One page of changes, older than the entry ``before``: one query."""
    found: QuerySet[LogEntry] = LogEntry.objects.select_related("actor", "content_type").order_by("-id")
    if asked.user_id:
        found = found.filter(actor_id=asked.user_id)
    if asked.patient_id:
        found = found.filter(patient_id=asked.patient_id)
    if asked.on:
        found = found.filter(timestamp__range=_day(asked.on))
    if before:
        found = found.filter(id__lt=before)
    return list(found[: PAGE_SIZE + 1])


def reads(asked: Filter, *, before: UUID | None = None) -> list[AccessEvent]:
    """One page of reads; the keys grow with time, so they page too: one query."""
    found: QuerySet[AccessEvent] = AccessEvent.objects.select_related("user").order_by("-id")
    if asked.user_id:
        found = found.filter(user_id=asked.user_id)
    if asked.patient_id:
        found = found.filter(patient_id=asked.patient_id)
    if asked.on:
        found = found.filter(at__range=_day(asked.on))
    if before:
        found = found.filter(id__lt=before)
    return list(found[: PAGE_SIZE + 1])


def plain_changes(entry: LogEntry) -> list[str]:
    """The changes of one entry, a sentence fragment a field: ``family name: Smith → Jones``."""
    lines = []
    for name, change in sorted((entry.changes or {}).items()):
        label = name.replace("_", " ")
        if isinstance(change, dict):
            lines.append(f"{label}: {change['operation']} {', '.join(change['objects'])}")
        elif change[0] in (None, "", "None"):
            lines.append(f"{label}: {_short(change[1])}")
        else:
            lines.append(f"{label}: {_short(change[0])} → {_short(change[1])}")
    return lines


def _short(value: object) -> str:
    text = "nothing" if value in (None, "", "None") else str(value)
    return text if len(text) <= 120 else f"{text[:117]}…"


def _day(day: date) -> tuple[datetime, datetime]:
    start = timezone.make_aware(datetime.combine(day, time.min))
    return start, timezone.make_aware(datetime.combine(day + timedelta(days=1), time.min)) - timedelta(microseconds=1)
