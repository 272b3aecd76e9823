"""Free times and hours, for pages and programs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time

from django.db.models import Case, F, Func, IntegerField, OuterRef, Q, QuerySet, Subquery, When
from django.db.models.functions import Coalesce
from django.db.models.lookups import IsNull
from django.utils import timezone

from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today
from emr.ui import formats
from scheduling.choices import MOVABLE, ExceptionKind, Weekday
from scheduling.models import Appointment, AppointmentType, Room, Schedule, ScheduleException
from scheduling.openings import Openings, Slot, Span, find_slots


def bookable_practitioners() -> QuerySet[Practitioner]:
    """Those who have a column on the schedule."""
    return Practitioner.objects.filter(active=True, bookable=True)


def next_available(
    kind: AppointmentType,
    practitioner: Practitioner | None = None,
    start: datetime | None = None,
    weekdays: Sequence[Weekday] = (),
    limit: int = 5,
    *,
    between: tuple[time, time] | None = None,
    room: Room | None = None,
) -> list[Slot]:
    """The next free times for a visit of this type, with one practitioner or with whoever is free first.

    ``weekdays`` and ``between`` (the clinic's wall clock) narrow when; ``room`` asks that the room is free too.
    """
    practitioners = [practitioner] if practitioner is not None else list(bookable_practitioners())
    return find_slots(
        practitioners,
        kind.duration_minutes,
        start=start,
        weekdays=weekdays,
        limit=limit,
        kind=kind,
        room=room,
        between=between,
    )


def days_outside_hours(practitioner: Practitioner) -> list[tuple[date, int]]:
    """The days on which visits to come stand where the practitioner has no hours any more, and how many on each.

    Those that were booked so, for a reason, are left out. Three queries at most.
    """
    rows = Appointment.objects.filter(
        practitioner=practitioner, status__in=MOVABLE, start_at__gt=timezone.now(), override_reason=""
    )
    spans = [Span(*times) for times in rows.order_by("start_at").values_list("start_at", "end_at")]
    if not spans:
        return []
    first, last = (timezone.localtime(moment).date() for moment in (spans[0].start, spans[-1].end))
    openings = Openings.read([practitioner], first, last)
    outside = [span for span in spans if not openings.is_open(practitioner.pk, span)]
    return sorted(Counter(timezone.localtime(span.start).date() for span in outside).items())


@dataclass(frozen=True)
class Session:
    """A session as pages show it: its time, what is special about it, and whether it holds yet."""

    row: Schedule
    notes: list[str]
    when: str

    @property
    def later(self) -> bool:
        """Whether it is still to begin."""
        return self.row.effective_from > clinic_today()


@dataclass(frozen=True)
class Hours:
    """A practitioner's week: for each weekday the sessions that hold now or later."""

    practitioner: Practitioner
    days: list[tuple[str, list[Session]]]

    @property
    def empty(self) -> bool:
        """Whether there are no hours at all."""
        return not any(sessions for _, sessions in self.days)


def hours_by_practitioner() -> list[Hours]:
    """Everybody's week, in three queries."""
    practitioners = list(bookable_practitioners())
    return [_week(one, rows) for one, rows in _sessions(practitioners).items()]


def week_of(practitioner: Practitioner) -> Hours:
    """One practitioner's week, in two queries."""
    return _week(practitioner, _sessions([practitioner])[practitioner])


def _sessions(practitioners: Sequence[Practitioner]) -> dict[Practitioner, list[Schedule]]:
    rows = Schedule.objects.touching(clinic_today()).filter(practitioner__in=practitioners)
    rows = rows.select_related("room").prefetch_related("appointment_types").order_by("start_time", "effective_from")
    found: dict[Practitioner, list[Schedule]] = {one: [] for one in practitioners}
    by_key = {one.pk: one for one in practitioners}
    for row in rows:
        found[by_key[row.practitioner_id]].append(row)
    return found


def _week(practitioner: Practitioner, rows: list[Schedule]) -> Hours:
    days = [(day.label, [_session(row) for row in rows if row.weekday == day]) for day in Weekday]
    return Hours(practitioner, days)


def _session(row: Schedule) -> Session:
    notes = [kind.name for kind in row.appointment_types.all()]
    notes += [f"{row.capacity} at a time"] if row.capacity > 1 else []
    notes += [row.room.name] if row.room else []
    notes += [f"every {row.interval_weeks} weeks"] if row.interval_weeks > 1 else []
    notes += [f"held until {row.release_hours} h before"] if row.held else []
    later = f"from {formats.day(row.effective_from)}" if row.effective_from > clinic_today() else ""
    until = f"until {formats.day(row.effective_until)}" if row.effective_until else ""
    return Session(row, notes, " ".join(filter(None, [later, until])))


def exceptions_ahead(practitioner: Practitioner | None = None) -> QuerySet[ScheduleException]:
    """Time off, closed days and extra hours that are not over, the next first; of one practitioner with the clinic's.

    Each has ``standing``: how many visits must be moved out of it.
    """
    rows = ScheduleException.objects.filter(withdrawn=False, end_at__gt=timezone.now()).select_related("practitioner")
    if practitioner is not None:
        rows = rows.filter(Q(practitioner=None) | Q(practitioner=practitioner))
    return rows.annotate(standing=_standing())


def _standing() -> Coalesce:
    visits = (
        Appointment.objects.filter(status__in=MOVABLE, start_at__lt=OuterRef("end_at"), end_at__gt=OuterRef("start_at"))
        .filter(end_at__gt=timezone.now())
        .filter(Q(practitioner=OuterRef("practitioner")) | IsNull(OuterRef("practitioner"), True))
        .order_by()
        .annotate(count=Func(F("pk"), function="count", output_field=IntegerField()))
        .values("count")
    )
    closing = Case(When(kind=ExceptionKind.EXTRA_HOURS, then=None), default=Subquery(visits))
    return Coalesce(closing, 0)


def appointment_types() -> list[AppointmentType]:
    """All kinds of visit, those no longer given last."""
    return list(AppointmentType.objects.order_by("-active", "rank", "name"))
