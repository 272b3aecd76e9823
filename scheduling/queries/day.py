"""One day of the schedule as lists, for the table and for paper, in a fixed number of queries.

The calendar of columns is another matter: ``scheduling.queries.day_grid``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from clinic.models import Patient
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui.formats import clock
from scheduling.choices import OCCUPYING, CancelledBy
from scheduling.models import Appointment, AppointmentType
from scheduling.openings import Openings, Slot, Span, find_slots
from scheduling.queries.bookings import NOT_IN_GRID
from scheduling.queries.grid import totals_of
from scheduling.queries.standing import Standing, around
from scheduling.queries.visits import TOLD, Visit, describe
from scheduling.wallclock import day_bounds

_DEFAULT_MINUTES = 20


@dataclass(frozen=True)
class Column:
    """A practitioner's day."""

    practitioner: Practitioner
    hours: str
    visits: list[Visit]
    free: list[Slot]

    @property
    def booked(self) -> int:
        """How many visits take time."""
        return sum(visit.occupies for visit in self.visits)


@dataclass(frozen=True)
class Day:
    """All that the page shows of a day."""

    day: date
    today: date
    columns: list[Column]
    practitioners: list[Practitioner]
    next_opening: Slot | None
    visits: list[Visit] = field(default_factory=list)

    @property
    def is_today(self) -> bool:
        """Whether the day is today on the clinic's wall clock."""
        return self.day == self.today

    @property
    def empty(self) -> bool:
        """Whether nobody works and nobody comes."""
        return not any(column.hours or column.booked for column in self.columns)

    @property
    def totals(self) -> list[str]:
        """The line of numbers over the list, in words."""
        return totals_of([visit.status for visit in self.visits])

    @property
    def known_patients(self) -> list[UUID]:
        """The patients whose visits the page names."""
        return [visit.patient_id for visit in self.visits if visit.patient_id is not None]


def day_page(day: date, known: QuerySet[Patient], *, only: Sequence[UUID] = ()) -> Day:
    """The schedule of a day in two queries, six when its hours were never read. ``known`` are the patients of whom the
    reader may know.

    ``only`` narrows it to some practitioners. Practitioners who take no new visits show where they still have some.
    """
    zone = clinic_zone()
    bounds = Span(*day_bounds(day, zone))
    rows = list(_rows(bounds, known))
    stands = around(day)
    offered = list(stands.practitioners)
    practitioners = offered + [one for one in _others(rows) if one not in offered]
    shown = [one for one in practitioners if not only or one.pk in only]
    openings = _openings(stands, rows, zone)
    columns = [
        _column(
            one,
            openings,
            [describe(row) for row in rows if row.practitioner_id == one.pk],
            day,
            stands.slot_minutes if one in offered else None,
        )
        for one in shown
    ]
    visits = chain.from_iterable(column.visits for column in columns)
    return Day(
        day=day,
        today=clinic_today(),
        columns=columns,
        practitioners=practitioners,
        next_opening=min((slot for column in columns for slot in column.free), default=None),
        visits=sorted(visits, key=lambda visit: (visit.start_at, visit.practitioner_name)),
    )


def next_open_day(practitioners: Sequence[Practitioner], day: date) -> date | None:
    """The first day after ``day`` on which one of them has a free time."""
    start = day_bounds(day, clinic_zone())[1]
    found = find_slots(practitioners, slot_minutes(), start=start, limit=1)
    return timezone.localtime(found[0].start_at).date() if found else None


def slot_minutes() -> int:
    """The length of the free times: that of the shortest kind of visit."""
    lengths = AppointmentType.objects.filter(active=True).order_by("duration_minutes")
    return lengths.values_list("duration_minutes", flat=True).first() or _DEFAULT_MINUTES


def _rows(bounds: Span, known: QuerySet[Patient]) -> QuerySet[Appointment]:
    return (
        Appointment.objects.filter(start_at__lt=bounds.end, end_at__gt=bounds.start)
        # What was moved away stands where it was moved to.
        .exclude(cancelled_for=CancelledBy.MOVED)
        .select_related("patient", "practitioner", "type", "room", "encounter")
        .only(*TOLD, "busy_until")
        .annotate(known=Exists(known.filter(pk=OuterRef("patient_id"))))
        # Of a patient of whom the reader may not know, only that the time is taken.
        .filter(Q(known=True) | Q(status__in=OCCUPYING))
        .order_by("start_at", "created_at")
    )


def _others(rows: Sequence[Appointment]) -> list[Practitioner]:
    found = {row.practitioner_id: row.practitioner for row in rows if row.status not in NOT_IN_GRID}
    return sorted(found.values(), key=lambda one: (one.family_name, one.given_name))


def _openings(stands: Standing, rows: Sequence[Appointment], zone: ZoneInfo) -> Openings:
    taken = [
        (row.practitioner_id, row.start_at, row.end_at, row.busy_until, row.type_id, row.room_id)
        for row in rows
        if row.status in OCCUPYING
    ]
    return Openings.of(zone, stands.schedules, stands.exceptions, taken)


def _column(
    practitioner: Practitioner, openings: Openings, visits: list[Visit], day: date, minutes: int | None
) -> Column:
    sessions = openings.sessions(practitioner.pk, day)
    return Column(
        practitioner=practitioner,
        hours=", ".join(f"{clock(span.start)}–{clock(span.end)}" for span in sessions),
        visits=visits,
        free=openings.slots(practitioner, minutes, day, after=timezone.now()) if minutes else [],
    )
