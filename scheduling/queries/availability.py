"""Free times and hours, for pages and programs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.db.models import Q, QuerySet
from django.utils import timezone

from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today
from scheduling.choices import MOVABLE, Weekday
from scheduling.models import Appointment, AppointmentType, Schedule, ScheduleException
from scheduling.openings import Openings, Slot, find_slots


def bookable_practitioners() -> QuerySet[Practitioner]:
    """Those who have a column on the schedule."""
    return Practitioner.objects.filter(active=True, bookable=True)


def open_slots(
    practitioner: Practitioner, kind: AppointmentType, day: date, *, without: Appointment | None = None
) -> list[Slot]:
    """The free times for a visit of this type on that day, in order; past ones are not among them."""
    openings = Openings.read([practitioner], day, day, without=without)
    return openings.slots(practitioner, kind.duration_minutes, day, after=timezone.now())


def next_available(
    kind: AppointmentType,
    practitioner: Practitioner | None = None,
    start: datetime | None = None,
    weekdays: Sequence[Weekday] = (),
    limit: int = 5,
) -> list[Slot]:
    """The next free times for a visit of this type, with one practitioner or with whoever is free first."""
    practitioners = [practitioner] if practitioner is not None else list(bookable_practitioners())
    return find_slots(practitioners, kind.duration_minutes, start=start, weekdays=weekdays, limit=limit)


@dataclass(frozen=True)
class Hours:
    """A practitioner's week: for each weekday the sessions that hold now or later."""

    practitioner: Practitioner
    days: list[tuple[str, list[Schedule]]]

    @property
    def empty(self) -> bool:
        """Whether there are no hours at all."""
        return not any(sessions for _, sessions in self.days)


def hours_by_practitioner() -> list[Hours]:
    """Everybody's week, in two queries."""
    today = clinic_today()
    practitioners = list(bookable_practitioners())
    rows = Schedule.objects.filter(Q(effective_until=None) | Q(effective_until__gte=today)).order_by("start_time")
    found = list(rows.filter(practitioner__in=practitioners))
    return [
        Hours(
            one,
            [
                (day.label, [row for row in found if row.practitioner_id == one.pk and row.weekday == day])
                for day in Weekday
            ],
        )
        for one in practitioners
    ]


def exceptions_ahead(practitioner: Practitioner | None = None) -> QuerySet[ScheduleException]:
    """Time off and closed days that are not over, the next first; of one practitioner with the whole clinic's."""
    rows = ScheduleException.objects.filter(withdrawn=False, end_at__gt=timezone.now()).select_related("practitioner")
    if practitioner is not None:
        rows = rows.filter(Q(practitioner=None) | Q(practitioner=practitioner))
    return rows


def sessions_of(practitioner: Practitioner) -> list[Schedule]:
    """The practitioner's sessions that hold now or later, in the order of the week."""
    order = {day.value: number for number, day in enumerate(Weekday)}
    rows = Schedule.objects.filter(
        Q(effective_until=None) | Q(effective_until__gte=clinic_today()), practitioner=practitioner
    )
    return sorted(rows, key=lambda row: (order[row.weekday], row.start_time))


def visits_within(exception: ScheduleException) -> int:
    """How many visits stand in a stretch of time that was closed, and so must be moved."""
    rows = Appointment.objects.filter(status__in=MOVABLE, start_at__lt=exception.end_at, end_at__gt=exception.start_at)
    if exception.practitioner_id is not None:
        rows = rows.filter(practitioner=exception.practitioner_id)
    return rows.count()


def appointment_types() -> list[AppointmentType]:
    """All kinds of visit, those no longer given last."""
    return list(AppointmentType.objects.order_by("-active", "rank", "name"))
