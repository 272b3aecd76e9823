"""What stands for months, kept in memory: who has a column, the hours, the kinds of visit.

Pages ask for it all day and it changes a few times a week. One short statement tells whether it has changed since it
was read: each row's place and the transaction that wrote it, folded into a number for each table. So nothing is ever
stale, whoever writes, and nothing needs to be told to forget.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache
from typing import NamedTuple

from django.db import connection

from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_zone
from scheduling.models import AppointmentType, Equipment, Room, Schedule, ScheduleException, ScheduleType
from scheduling.openings import Openings
from scheduling.queries.availability import bookable_practitioners
from scheduling.wallclock import day_bounds

#: Every table of which the answer is made; the one of exceptions is long, and only its rows to come count.
TABLES = (Practitioner, Schedule, ScheduleType, AppointmentType, Room, Equipment)
_DEFAULT_MINUTES = 20


class Kind(NamedTuple):
    """A kind of visit as the calendar shows it."""

    name: str
    color: str


@dataclass(frozen=True, eq=False)
class Standing:
    """What holds from ``first`` to ``last``, before any visit, for everybody who takes visits. Shared: nobody changes
    it."""

    first: date
    last: date
    practitioners: tuple[Practitioner, ...]
    schedules: tuple[Schedule, ...]
    exceptions: tuple[ScheduleException, ...]
    types: tuple[AppointmentType, ...]
    """All kinds of visit, those too that are no longer given."""

    @cached_property
    def slot_minutes(self) -> int:
        """The length of the free times in the grid: that of the shortest kind of visit."""
        return min((kind.duration_minutes for kind in self.types if kind.active), default=_DEFAULT_MINUTES)

    @cached_property
    def rooms(self) -> tuple[Room, ...]:
        """The rooms in use. A query, once."""
        return tuple(Room.objects.filter(active=True))

    @cached_property
    def equipment(self) -> tuple[Equipment, ...]:
        """The equipment in use. A query, once."""
        return tuple(Equipment.objects.filter(active=True))

    @cached_property
    def kinds(self) -> dict[str, Kind]:
        """Name and colour of each kind of visit, by its key."""
        return {str(kind.pk): Kind(kind.name, kind.color) for kind in self.types}


def standing(first: date, last: date) -> Standing:
    """What holds from ``first`` to ``last``, both included. One query where nothing has changed since it was read."""
    zone = clinic_zone()
    start, end = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
    return _read(first, last, start, end, version(start))


def around(day: date) -> Standing:
    """What holds in the month of the day, in whole weeks from Monday on: all that pages beside the day may show of it,
    read once for all days of the month.
    """
    first = day.replace(day=1)
    last = (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
    return standing(first - timedelta(days=first.weekday()), last + timedelta(days=6 - last.weekday()))


def version(since: datetime) -> tuple[int, ...]:
    """A number for each table that changes with any of its rows; of exceptions those that end after ``since``."""
    with connection.cursor() as cursor:
        cursor.execute(_VERSION, [since])
        row = cursor.fetchone()
    return tuple(row or ())


@lru_cache(maxsize=64)
def _read(first: date, last: date, start: datetime, end: datetime, version: tuple[int, ...]) -> Standing:
    practitioners = tuple(bookable_practitioners())
    schedules, exceptions = Openings.rules([one.pk for one in practitioners], first, last, start, end)
    return Standing(
        first=first,
        last=last,
        practitioners=practitioners,
        schedules=tuple(schedules),
        exceptions=tuple(exceptions),
        types=tuple(AppointmentType.objects.all()),
    )


def _folded(table: str, condition: str = "") -> str:
    row = "hashtextextended(row.id::text || row.xmin::text || row.ctid::text, 0)"
    return f"(SELECT bit_xor({row}) FROM {table} AS row {condition})"  # noqa: S608  names of tables


_VERSION = "SELECT " + ", ".join(
    [
        *(_folded(model._meta.db_table) for model in TABLES),
        _folded(ScheduleException._meta.db_table, "WHERE row.end_at > %s"),
    ]
)
