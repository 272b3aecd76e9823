"""Visits that hang together: one that was moved and where it went, and the others of its series."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import connection
from django.utils import timezone

from emr.ui import formats
from scheduling.choices import MOVABLE, AppointmentStatus, CancelledBy, Frequency, Scope, Weekday
from scheduling.models import Appointment

_CHAIN = """
WITH RECURSIVE back AS (
    SELECT id, replaces_id FROM scheduling_appointment WHERE id = %(row)s
    UNION SELECT older.id, older.replaces_id FROM scheduling_appointment older JOIN back ON older.id = back.replaces_id
), ahead AS (
    SELECT id FROM scheduling_appointment WHERE id = %(row)s
    UNION SELECT newer.id FROM scheduling_appointment newer JOIN ahead ON newer.replaces_id = ahead.id
)
SELECT id FROM back UNION SELECT id FROM ahead
"""
_NTH = {1: "first", 2: "second", 3: "third", 4: "fourth", -1: "last"}


@dataclass(frozen=True)
class Link:
    """One visit of a chain or a series, in a line."""

    id: UUID
    start_at: datetime
    practitioner_name: str
    status: str
    word: str
    current: bool
    before: bool = False


@dataclass(frozen=True)
class SeriesFacts:
    """A series in words, and its visits."""

    rule: str
    visits: list[Link]


def ids_of_chain(row: Appointment) -> list[UUID]:
    """The keys of all visits that one and the same visit was, by being moved; its own too. One query."""
    with connection.cursor() as cursor:
        cursor.execute(_CHAIN, {"row": row.pk})
        return [found for (found,) in cursor.fetchall()]


def chain_of(row: Appointment) -> list[Link]:
    """Where a visit stood before and where it was moved, the first time first; empty if it never was. Two queries."""
    rows = Appointment.objects.filter(pk__in=ids_of_chain(row)).select_related("practitioner").order_by("created_at")
    links = [_link(one, row) for one in rows]
    return links if len(links) > 1 else []


def series_of(row: Appointment) -> SeriesFacts | None:
    """The series of a visit, without what was moved away. Two queries; none for one that stands alone."""
    if row.series is None:
        return None
    rows = row.series.visits.exclude(status=AppointmentStatus.ENTERED_IN_ERROR).exclude(cancelled_for=CancelledBy.MOVED)
    rows = rows.select_related("practitioner").order_by("start_at")
    return SeriesFacts(_rule(row), [_link(one, row) for one in rows])


def left_standing(row: Appointment, scope: str) -> int:
    """How many visits to come stand where they stood, after the series of this one was moved. One query."""
    rows = Appointment.objects.filter(series=row.series_id, status__in=MOVABLE, start_at__gt=timezone.now())
    return (rows.filter(series_day__gte=row.series_day) if scope == Scope.FOLLOWING else rows).count()


def restorable(row: Appointment) -> bool:
    """Whether the cancellation may be taken back: the visit was called off, not moved, and is still to come."""
    called_off = row.status == AppointmentStatus.CANCELLED and row.cancelled_for != CancelledBy.MOVED
    return called_off and row.end_at > timezone.now()


def _link(one: Appointment, row: Appointment) -> Link:
    moved = one.cancelled_for == CancelledBy.MOVED
    return Link(
        id=one.pk,
        start_at=one.start_at,
        practitioner_name=one.practitioner.short_name,
        status=one.status,
        word="Moved" if moved else str(one.get_status_display()),
        current=one.pk == row.pk,
        before=one.created_at < row.created_at,
    )


def _rule(row: Appointment) -> str:
    series = row.series
    if series is None:
        return ""
    unit = {Frequency.DAILY: "day", Frequency.WEEKLY: "week", Frequency.MONTHLY: "month"}[Frequency(series.frequency)]
    every = f"every {unit}" if series.interval == 1 else f"every {series.interval} {unit}s"
    days = ", ".join(str(Weekday(one).label) for one in series.weekdays)
    nth = f", the {_NTH[series.nth]} {formats.weekday(series.first_day)}" if series.nth else ""
    return f"{every}{' on ' + days if days else ''}{nth} at {series.wall_time:%H:%M}"
