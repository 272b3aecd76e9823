"""Free time: hours less exceptions less visits. Actions decide by it, pages show it; neither computes it again.

Hours are read on the clinic's wall clock, everything after that is instants in UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_zone
from scheduling.choices import OCCUPYING, Weekday
from scheduling.models import Appointment, Schedule, ScheduleException
from scheduling.wallclock import day_bounds, instant_at

_WEEKDAYS = tuple(Weekday)
_CHUNK_DAYS = 14
#: How far a search for a free time looks ahead.
HORIZON_DAYS = 180


class Span(NamedTuple):
    """A stretch of time, its end outside."""

    start: datetime
    end: datetime


@dataclass(frozen=True, order=True)
class Slot:
    """A free time that can be booked. Slots sort by time."""

    start_at: datetime
    end_at: datetime
    practitioner_name: str
    practitioner_id: UUID


@dataclass(frozen=True)
class Openings:
    """Hours, exceptions and taken time of some practitioners over some days, read once."""

    zone: ZoneInfo
    hours: dict[UUID, list[Schedule]]
    exceptions: list[ScheduleException]
    taken: dict[UUID, list[Span]]

    @classmethod
    def read(
        cls, practitioners: Sequence[Practitioner], first: date, last: date, *, without: Appointment | None = None
    ) -> Self:
        """Read all that counts from ``first`` to ``last``, both included, in three queries.

        ``without`` leaves out one appointment: a visit that is moved doesn't stand in its own way.
        """
        zone = clinic_zone()
        ids = [practitioner.pk for practitioner in practitioners]
        start, end = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
        visits = Appointment.objects.filter(
            practitioner__in=ids, status__in=OCCUPYING, start_at__lt=end, end_at__gt=start
        )
        if without is not None:
            visits = visits.exclude(pk=without.pk)
        spans = visits.values_list("practitioner_id", "start_at", "end_at")
        return cls.of(zone, *cls.rules(ids, first, last, start, end), spans)

    @classmethod
    def of(
        cls,
        zone: ZoneInfo,
        schedules: Iterable[Schedule],
        exceptions: Iterable[ScheduleException],
        taken: Iterable[tuple[UUID, datetime, datetime]],
    ) -> Self:
        """The same from rows that were read already."""
        hours: dict[UUID, list[Schedule]] = defaultdict(list)
        for schedule in schedules:
            hours[schedule.practitioner_id].append(schedule)
        spans: dict[UUID, list[Span]] = defaultdict(list)
        for practitioner_id, start, end in taken:
            spans[practitioner_id].append(Span(start, end))
        return cls(zone, hours, list(exceptions), spans)

    @staticmethod
    def rules(
        ids: Sequence[UUID], first: date, last: date, start: datetime, end: datetime
    ) -> tuple[list[Schedule], list[ScheduleException]]:
        """The hours and exceptions that touch the days, in two queries."""
        schedules = Schedule.objects.filter(
            Q(effective_until=None) | Q(effective_until__gte=first), practitioner__in=ids, effective_from__lte=last
        )
        # Sessions are put in order when a day's are asked for.
        schedules = schedules.order_by()
        exceptions = ScheduleException.objects.filter(
            Q(practitioner=None) | Q(practitioner__in=ids), withdrawn=False, start_at__lt=end, end_at__gt=start
        )
        return list(schedules), list(exceptions)

    def sessions(self, practitioner_id: UUID, day: date) -> list[Span]:
        """When the practitioner's hours run on that day, exceptions not yet taken out; touching sessions are one."""
        name = _WEEKDAYS[day.weekday()]
        found = [
            Span(instant_at(day, row.start_time, self.zone), instant_at(day, row.end_time, self.zone))
            for row in self.hours.get(practitioner_id, ())
            if row.weekday == name
            and row.effective_from <= day
            and (row.effective_until is None or row.effective_until >= day)
        ]
        return _merged(found)

    def blocks(self, practitioner_id: UUID) -> list[ScheduleException]:
        """The exceptions that hold for the practitioner: their own and the whole clinic's."""
        return [row for row in self.exceptions if row.practitioner_id in (None, practitioner_id)]

    def open_time(self, practitioner_id: UUID, day: date) -> list[Span]:
        """Hours less exceptions, whether or not visits stand in them."""
        blocked = [Span(row.start_at, row.end_at) for row in self.blocks(practitioner_id)]
        return _less(self.sessions(practitioner_id, day), blocked)

    def free_time(self, practitioner_id: UUID, day: date) -> list[Span]:
        """Hours less exceptions less visits."""
        return _less(self.open_time(practitioner_id, day), self.taken.get(practitioner_id, []))

    def slots(self, practitioner: Practitioner, minutes: int, day: date, *, after: datetime) -> list[Slot]:
        """Times of ``minutes`` that can be booked on that day, none before ``after``.

        They are laid into each free stretch from its beginning, so that visits stand close and the last one that
        fits exactly is offered.
        """
        length = timedelta(minutes=minutes)
        return [
            Slot(start, start + length, practitioner.short_name, practitioner.pk)
            for span in self.free_time(practitioner.pk, day)
            for start in _steps(span, length)
            if start >= after
        ]

    def fitting(self, practitioner: Practitioner, start: datetime, minutes: int) -> Slot | None:
        """The slot that begins then, if it is to come, within the hours and free; it need not be among ``slots``."""
        span = Span(start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=minutes))
        if span.start < timezone.now() or not self.is_open(practitioner.pk, span):
            return None
        if not self.is_free(practitioner.pk, span):
            return None
        return Slot(*span, practitioner.short_name, practitioner.pk)

    def is_open(self, practitioner_id: UUID, span: Span) -> bool:
        """Whether the span lies wholly within the practitioner's hours, outside every exception."""
        day = span.start.astimezone(self.zone).date()
        return any(part.start <= span.start and span.end <= part.end for part in self.open_time(practitioner_id, day))

    def is_free(self, practitioner_id: UUID, span: Span) -> bool:
        """Whether no visit stands in the span."""
        return not any(
            other.start < span.end and span.start < other.end for other in self.taken.get(practitioner_id, ())
        )


def find_slots(
    practitioners: Sequence[Practitioner],
    minutes: int,
    *,
    start: datetime | None = None,
    weekdays: Sequence[Weekday] = (),
    limit: int = 5,
    without: Appointment | None = None,
) -> list[Slot]:
    """The next times of ``minutes`` that any of the practitioners has free, the earliest first.

    ``start`` defaults to now; the past is never offered. ``weekdays`` narrows the days. Looks ``HORIZON_DAYS`` ahead.
    """
    after = max(start or timezone.now(), timezone.now())
    first = after.astimezone(clinic_zone()).date()
    found: list[Slot] = []
    for offset in range(0, HORIZON_DAYS, _CHUNK_DAYS):
        days = [first + timedelta(days=offset + step) for step in range(_CHUNK_DAYS)]
        openings = Openings.read(practitioners, days[0], days[-1], without=without)
        for day in days:
            if weekdays and _WEEKDAYS[day.weekday()] not in weekdays:
                continue
            of_day = [slot for one in practitioners for slot in openings.slots(one, minutes, day, after=after)]
            found += sorted(of_day)
            if len(found) >= limit:
                return found[:limit]
    return found


def _merged(spans: Iterable[Span]) -> list[Span]:
    merged: list[Span] = []
    for span in sorted(spans):
        if span.start >= span.end:
            continue
        if merged and span.start <= merged[-1].end:
            merged[-1] = Span(merged[-1].start, max(merged[-1].end, span.end))
        else:
            merged.append(span)
    return merged


def _less(spans: Iterable[Span], taken: Iterable[Span]) -> list[Span]:
    """The spans without what is taken. Ends are kept in UTC, so that adding minutes adds minutes."""
    left = [Span(span.start.astimezone(UTC), span.end.astimezone(UTC)) for span in spans]
    for gone in taken:
        left = [part for span in left for part in _cut(span, gone)]
    return left


def _cut(span: Span, gone: Span) -> Iterator[Span]:
    if gone.end <= span.start or span.end <= gone.start:
        yield span
        return
    if span.start < gone.start:
        yield Span(span.start, gone.start.astimezone(UTC))
    if gone.end < span.end:
        yield Span(gone.end.astimezone(UTC), span.end)


def _steps(span: Span, length: timedelta) -> Iterator[datetime]:
    start = span.start
    while start + length <= span.end:
        yield start
        start += length
