"""One day of the schedule: a column for each practitioner, in rows of five minutes, in a fixed number of queries."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import chain
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from clinic.models import Patient
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui.daygrid import MINUTES
from emr.ui.formats import clock
from scheduling.choices import OCCUPYING, AppointmentStatus
from scheduling.models import Appointment, AppointmentType
from scheduling.openings import Openings, Slot, Span, find_slots
from scheduling.queries.availability import bookable_practitioners
from scheduling.queries.visits import TOLD, Visit, describe
from scheduling.wallclock import day_bounds

_ROW = timedelta(minutes=MINUTES)
_HOUR = timedelta(hours=1)
#: Hours that the grid shows where nobody works longer.
_FIRST_HOUR, _LAST_HOUR = 8, 17
_LANES = 6
_DEFAULT_MINUTES = 20
#: Statuses without a place in the grid: their time may be somebody else's now. The list has them.
_NOT_IN_GRID = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR})


@dataclass(frozen=True)
class Place:
    """Where something stands in a column: first row, number of rows, lane."""

    row: int
    span: int
    lane: int = 1


@dataclass(frozen=True)
class Placed:
    """A visit at its place."""

    visit: Visit
    place: Place


@dataclass(frozen=True)
class Closed:
    """Time in which nothing is offered, and why."""

    text: str
    place: Place


@dataclass(frozen=True)
class Free:
    """A free time at its place."""

    slot: Slot
    place: Place


@dataclass(frozen=True)
class Column:
    """A practitioner's day."""

    practitioner: Practitioner
    hours: str
    visits: list[Visit]
    placed: list[Placed]
    closed: list[Closed]
    free: list[Free]
    lanes: int

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
    labels: list[tuple[int, str]]
    now_row: int | None
    next_opening: Slot | None
    visits: list[Visit] = field(default_factory=list)

    @property
    def is_today(self) -> bool:
        """Whether the day is today on the clinic's wall clock."""
        return self.day == self.today

    @property
    def empty(self) -> bool:
        """Whether nobody works and nobody comes."""
        return not any(column.hours or column.placed for column in self.columns)

    @property
    def totals(self) -> list[str]:
        """The line of numbers over the grid, in words."""
        count = Counter(visit.status for visit in self.visits)
        here = count[AppointmentStatus.ARRIVED] + count[AppointmentStatus.CHECKED_IN]
        parts = [(sum(visit.occupies for visit in self.visits), "booked"), (here, "here")]
        parts += [
            (count[AppointmentStatus.FULFILLED], "completed"),
            (count[AppointmentStatus.NOSHOW], "no-show"),
            (count[AppointmentStatus.CANCELLED], "cancelled"),
        ]
        return [f"{number} {word}" for number, word in parts if number or word == "booked"]

    @property
    def known_patients(self) -> list[UUID]:
        """The patients whose visits the page names."""
        return [visit.patient_id for visit in self.visits if visit.patient_id is not None]


def day_page(day: date, known: QuerySet[Patient], *, only: UUID | None = None) -> Day:
    """The schedule of a day in five queries; ``known`` are the patients of whom the reader may know.

    ``only`` narrows it to one practitioner. Practitioners who take no new visits show where they still have some.
    """
    zone = clinic_zone()
    bounds = Span(*day_bounds(day, zone))
    rows = list(_rows(bounds, known))
    offered = list(bookable_practitioners())
    practitioners = offered + [one for one in _others(rows) if one not in offered]
    shown = [one for one in practitioners if only is None or one.pk == only]
    openings = _openings(shown, rows, day, bounds, zone)
    minutes = slot_minutes()
    visits = {one.pk: [describe(row) for row in rows if row.practitioner_id == one.pk] for one in shown}
    window = _window(shown, openings, list(chain.from_iterable(visits.values())), day, bounds, zone)
    columns = [
        _column(one, openings, visits[one.pk], window, day, minutes if one in offered else None) for one in shown
    ]
    now = timezone.now()
    return Day(
        day=day,
        today=clinic_today(),
        columns=columns,
        practitioners=practitioners,
        labels=_labels(window, zone),
        now_row=_row_of(now, window) if window.start <= now < window.end else None,
        next_opening=min((free.slot for column in columns for free in column.free), default=None),
        visits=sorted(
            chain.from_iterable(visits.values()), key=lambda visit: (visit.start_at, visit.practitioner_name)
        ),
    )


def next_open_day(practitioners: Sequence[Practitioner], day: date) -> date | None:
    """The first day after ``day`` on which one of them has a free time."""
    start = day_bounds(day, clinic_zone())[1]
    found = find_slots(practitioners, slot_minutes(), start=start, limit=1)
    return timezone.localtime(found[0].start_at).date() if found else None


def slot_minutes() -> int:
    """The length of the free times in the grid: that of the shortest kind of visit."""
    lengths = AppointmentType.objects.filter(active=True).order_by("duration_minutes")
    return lengths.values_list("duration_minutes", flat=True).first() or _DEFAULT_MINUTES


def _rows(bounds: Span, known: QuerySet[Patient]) -> QuerySet[Appointment]:
    return (
        Appointment.objects.filter(start_at__lt=bounds.end, end_at__gt=bounds.start)
        .select_related("patient", "practitioner", "type", "room", "encounter")
        .only(*TOLD)
        .annotate(known=Exists(known.filter(pk=OuterRef("patient_id"))))
        # Of a patient of whom the reader may not know, only that the time is taken.
        .filter(Q(known=True) | Q(status__in=OCCUPYING))
        .order_by("start_at", "created_at")
    )


def _others(rows: Sequence[Appointment]) -> list[Practitioner]:
    found = {row.practitioner_id: row.practitioner for row in rows if row.status not in _NOT_IN_GRID}
    return sorted(found.values(), key=lambda one: (one.family_name, one.given_name))


def _openings(
    practitioners: Sequence[Practitioner], rows: Sequence[Appointment], day: date, bounds: Span, zone: ZoneInfo
) -> Openings:
    rules = Openings.rules([one.pk for one in practitioners], day, day, bounds.start, bounds.end)
    taken = [(row.practitioner_id, row.start_at, row.end_at) for row in rows if row.status in OCCUPYING]
    return Openings.of(zone, *rules, taken)


def _window(
    practitioners: Sequence[Practitioner],
    openings: Openings,
    visits: Sequence[Visit],
    day: date,
    bounds: Span,
    zone: ZoneInfo,
) -> Span:
    """From the first full hour to the last that anything needs, within the day."""
    spans = [span for one in practitioners for span in openings.sessions(one.pk, day)]
    spans += [Span(visit.start_at, visit.end_at) for visit in visits if visit.status not in _NOT_IN_GRID]
    if not spans:
        noon = bounds.start + 12 * _HOUR
        return Span(noon - (12 - _FIRST_HOUR) * _HOUR, noon + (_LAST_HOUR - 12) * _HOUR)
    first = max(min(span.start for span in spans), bounds.start).astimezone(zone)
    last = min(max(span.end for span in spans), bounds.end).astimezone(UTC)
    start = first.replace(minute=0, second=0, microsecond=0).astimezone(UTC)
    hours = -((start - last) // _HOUR)
    return Span(start, start + hours * _HOUR)


def _column(
    practitioner: Practitioner,
    openings: Openings,
    visits: list[Visit],
    window: Span,
    day: date,
    minutes: int | None,
) -> Column:
    sessions = openings.sessions(practitioner.pk, day)
    free = openings.slots(practitioner, minutes, day, after=timezone.now()) if minutes else []
    placed, lanes = _placed([visit for visit in visits if visit.status not in _NOT_IN_GRID], window)
    return Column(
        practitioner=practitioner,
        hours=", ".join(f"{clock(span.start)}–{clock(span.end)}" for span in sessions),
        visits=visits,
        placed=placed,
        closed=_closed(practitioner, openings, sessions, window),
        free=[Free(slot, _place(Span(slot.start_at, slot.end_at), window)) for slot in free],
        lanes=lanes,
    )


def _closed(practitioner: Practitioner, openings: Openings, sessions: list[Span], window: Span) -> list[Closed]:
    """Exceptions within the hours with their reason; around and between the hours nothing but hatching."""
    found, at = [], window.start
    for session in [*sessions, Span(window.end, window.end)]:
        if session.start > at:
            text = "" if sessions else "No hours"
            found.append(Closed(text, _place(Span(at, session.start), window)))
        at = max(at, session.end)
    for block in openings.blocks(practitioner.pk):
        for session in sessions:
            span = Span(max(block.start_at, session.start), min(block.end_at, session.end))
            if span.start < span.end:
                found.append(Closed(block.reason, _place(span, window)))
    return found


def _placed(visits: Sequence[Visit], window: Span) -> tuple[list[Placed], int]:
    """Give each visit the first lane that is free at its time."""
    ends: list[datetime] = []
    placed = []
    for visit in visits:
        lane = next((n for n, end in enumerate(ends) if end <= visit.start_at), len(ends))
        lane = min(lane, _LANES - 1)
        ends[lane : lane + 1] = [visit.end_at]
        place = _place(Span(visit.start_at, visit.end_at), window)
        placed.append(Placed(visit, Place(place.row, place.span, lane + 1)))
    return placed, max(1, len(ends))


def _place(span: Span, window: Span) -> Place:
    start, end = max(span.start, window.start), min(span.end, window.end)
    row = _row_of(start, window)
    return Place(row, max(1, -((start - end) // _ROW)))


def _row_of(moment: datetime, window: Span) -> int:
    return (moment - window.start) // _ROW + 1


def _labels(window: Span, zone: ZoneInfo) -> list[tuple[int, str]]:
    hours = (window.end - window.start) // _HOUR
    return [
        (_row_of(window.start + hour * _HOUR, window), clock((window.start + hour * _HOUR).astimezone(zone)))
        for hour in range(hours)
    ]
