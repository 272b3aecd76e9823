"""What stands in time that was closed, and which days are holidays."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.db.models import QuerySet
from django.utils import timezone

from clinic.models import Patient
from emr.shared.dates import clinic_zone
from scheduling.choices import MOVABLE, ExceptionKind
from scheduling.models import Appointment, ScheduleException
from scheduling.wallclock import day_bounds


@dataclass(frozen=True)
class Standing:
    """The visits that stand in a stretch of time: those whose patient the reader may know, and how many others."""

    named: list[Appointment]
    others: int

    def __len__(self) -> int:
        return len(self.named) + self.others


def standing_in(exception: ScheduleException, known: QuerySet[Patient]) -> Standing:
    """The visits that must be moved out of a closed time, in order; none of extra hours. Two queries."""
    if exception.adds_time or exception.withdrawn:
        return Standing([], 0)
    rows = Appointment.objects.filter(
        status__in=MOVABLE, start_at__lt=exception.end_at, end_at__gt=max(exception.start_at, timezone.now())
    )
    if exception.practitioner_id is not None:
        rows = rows.filter(practitioner=exception.practitioner_id)
    rows = rows.select_related("patient", "practitioner", "type").order_by("start_at")
    named = list(rows.filter(patient__in=known))
    return Standing(named, rows.count() - len(named))


@dataclass(frozen=True)
class HolidayShown:
    """A holiday that stands, and the days that it closes."""

    exception: ScheduleException
    days: list[date]


def holidays_of(year: int) -> list[HolidayShown]:
    """The clinic's holidays of a year, in order. One query."""
    zone = clinic_zone()
    start, end = day_bounds(date(year, 1, 1), zone)[0], day_bounds(date(year, 12, 31), zone)[1]
    rows = ScheduleException.objects.filter(
        kind=ExceptionKind.HOLIDAY, withdrawn=False, start_at__lt=end, end_at__gt=start
    )
    return [HolidayShown(row, _days(row)) for row in rows]


def _days(row: ScheduleException) -> list[date]:
    zone = clinic_zone()
    first, last = row.start_at.astimezone(zone).date(), (row.end_at - timedelta(seconds=1)).astimezone(zone).date()
    return [first + timedelta(days=n) for n in range((last - first).days + 1)]
