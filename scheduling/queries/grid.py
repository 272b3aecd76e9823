"""A calendar of columns: a day with one for each practitioner or room, a week of one practitioner.

In steady use it costs two queries: one tells that hours, kinds and rooms are as they were, one reads the visits. What
follows from them is kept in memory (``scheduling.queries.columns``).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cached_property
from typing import NamedTuple
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from emr.access.permissions import Permission
from emr.accounts.models import Practitioner, User
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui.daygrid import MINUTES
from emr.ui.formats import day_short
from scheduling.choices import AppointmentStatus
from scheduling.hours import is_held_back, sessions_on
from scheduling.openings import Openings, Slot, Span
from scheduling.queries.bookings import NOT_IN_GRID, Booking, minutes_of, patients_of
from scheduling.queries.columns import Drawing, Gap, Layout, Scale, clock_text, lay_out, with_kinds
from scheduling.queries.standing import Kind, Standing
from scheduling.wallclock import day_bounds

#: Hours that the grid shows where nobody works longer.
FIRST_HOUR, LAST_HOUR = 8, 17
HOUR = 60
WEEK = 7
WORKDAYS = 5


class Choice(NamedTuple):
    """What the reader wants to see; ``practitioners`` none means all, ``statuses`` None means any."""

    practitioners: tuple[str, ...] = ()
    rooms: bool = False
    statuses: frozenset[str] | None = None


class Reader(NamedTuple):
    """What follows from the reader's rights."""

    books: bool
    moves: bool

    @classmethod
    def of(cls, user: User) -> Reader:
        """The rights of this user."""
        may = user.has_perm(Permission.BOOK_APPOINTMENTS)
        return cls(books=may, moves=may)


@dataclass(frozen=True)
class GridColumn:
    """A column under its head. ``id`` is the practitioner's, the room's, or the day's."""

    id: str
    name: str
    sub: str
    href: str
    layout: Layout
    hours: str
    booked: int
    free: int
    day: date


@dataclass(frozen=True, eq=False)
class Grid:
    """A calendar ready to print; ``rows`` are its five-minute rows, ``origin`` the instant of the first in minutes."""

    columns: list[GridColumn]
    labels: list[tuple[int, str]]
    scale: Scale
    bookings: tuple[Booking, ...]
    practitioners: list[Practitioner]
    next_opening: Slot | None
    colors: list[Kind]

    @property
    def empty(self) -> bool:
        """Whether nobody works and nobody comes."""
        return not any(column.hours or column.booked for column in self.columns) and not any(
            booking.status not in NOT_IN_GRID for booking in self.bookings
        )

    @cached_property
    def totals(self) -> list[str]:
        """The line of numbers over the grid, in words."""
        return totals_of([booking.status for booking in self.bookings])

    @cached_property
    def patients(self) -> list[UUID]:
        """The patients who are named, each once."""
        return patients_of(self.bookings)

    def now_row(self) -> int | None:
        """The row of this moment, where the calendar has it."""
        now = minutes_of(timezone.now())
        if self.scale.wall:
            today = clinic_today()
            shown = self.scale.day <= today < self.scale.day + timedelta(WEEK)
            return self.scale._replace(day=today).row(now) if shown else None
        return self.scale.row(now) if 0 <= now - self.scale.origin < self.scale.rows * MINUTES else None


def totals_of(statuses: Sequence[str]) -> list[str]:
    """How many are booked, here, completed, missed and cancelled, in words."""
    count = Counter(statuses)
    here = count[AppointmentStatus.ARRIVED] + count[AppointmentStatus.CHECKED_IN]
    booked = here + sum(
        count[status] for status in (AppointmentStatus.PENDING, AppointmentStatus.BOOKED, AppointmentStatus.FULFILLED)
    )
    parts = [(booked, "booked"), (here, "here"), (count[AppointmentStatus.FULFILLED], "completed")]
    parts += [(count[AppointmentStatus.NOSHOW], "no-show"), (count[AppointmentStatus.CANCELLED], "cancelled")]
    return [f"{number} {word}" for number, word in parts if number or word == "booked"]


def moment(bounds: tuple[datetime, datetime]) -> int:
    """Now, as exactly as the page needs it: to the minute today, where people wait."""
    now = minutes_of(timezone.now())
    return now if bounds[0] <= timezone.now() < bounds[1] else now - now % MINUTES


class Part(NamedTuple):
    """Which column: its key, its head, where the head leads, its day."""

    key: str
    name: str
    href: str
    day: date


class Terms(NamedTuple):
    """What is the same for each column: the length of free times, the reader, now, the filter, the kinds of visit."""

    minutes: int
    reader: Reader
    now: int
    wanted: frozenset[str] | None
    kinds: dict[str, Kind]


def column(
    part: Part,
    practitioner: Practitioner,
    openings: Openings,
    bookings: tuple[Booking, ...],
    free: Sequence[Slot],
    scale: Scale,
    terms: Terms,
) -> GridColumn:
    minutes, reader, now, wanted, kinds = terms
    sessions = openings.sessions(practitioner.pk, part.day)
    book = f"{reverse('scheduling:appointments_book')}?practitioner={practitioner.pk}&start=" if reader.books else ""
    placed = tuple(one for one in bookings if one.status not in NOT_IN_GRID)
    waiting = any(one.arrived is not None for one in placed)
    drawing = Drawing(
        key=str(practitioner.pk),
        name=practitioner.short_name,
        scale=scale,
        bookings=with_kinds(placed, kinds),
        gaps=tuple(_gaps(practitioner, openings, sessions, part.day, scale, now)),
        free=tuple(minutes_of(slot.start_at) for slot in free) if reader.books else (),
        minutes=minutes,
        book=book,
        may_move=reader.moves,
        now=now if waiting else 0,
        wanted=wanted,
    )
    booked = sum(one.occupies for one in placed)
    hours = ", ".join(
        f"{clock_text(minutes_of(span.start), scale.zone)}–{clock_text(minutes_of(span.end), scale.zone)}"
        for span in sessions
    )
    sub = f"{counted(booked)} · {len(free)} free"
    return GridColumn(part.key, part.name, sub, part.href, lay_out(drawing), hours, booked, len(free), part.day)


def counted(number: int) -> str:
    return f"{number} booked"


def _gaps(
    practitioner: Practitioner, openings: Openings, sessions: list[Span], day: date, scale: Scale, now: int
) -> list[Gap]:
    """What is closed around, between and within the hours, with its reason; and what is held back."""
    bounds = [minutes_of(moment) for moment in day_bounds(day, clinic_zone())]
    start, end = (bounds[0], bounds[1]) if scale.wall else (scale.origin, scale.origin + scale.rows * MINUTES)
    found, at = [], start
    spans = [(minutes_of(span.start), minutes_of(span.end)) for span in sessions]
    for first, last in [*spans, (end, end)]:
        if first > at:
            inner = bool(spans) and at > spans[0][0] and first < end
            found.append(Gap(at, first, "Break" if inner else "" if sessions else "No hours", "closed"))
        at = max(at, last)
    for block in openings.blocks(practitioner.pk):
        for first, last in spans:
            part = max(minutes_of(block.start_at), first), min(minutes_of(block.end_at), last)
            if part[0] < part[1]:
                found.append(Gap(*part, block.reason, "off"))
    for row, span in sessions_on(openings.hours.get(practitioner.pk, ()), day, openings.zone):
        if is_held_back(row, span, instant(now)):
            until = minutes_of(span.start) - row.release_hours * HOUR
            text = f"Held until {day_short(instant(until))} {clock_text(until, scale.zone)}"
            found.append(Gap(minutes_of(span.start), minutes_of(span.end), text, "held"))
    return found


def openings_of(stands: Standing, bookings: Sequence[Booking]) -> Openings:
    taken = [
        (
            UUID(one.practitioner_id),
            instant(one.start),
            instant(one.end),
            instant(one.busy_until) if one.busy_until else None,
            UUID(one.type_id),
            UUID(one.room_id) if one.room_id else None,
        )
        for one in bookings
        if one.occupies
    ]
    return Openings.of(clinic_zone(), stands.schedules, stands.exceptions, taken)


def instant(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, tz=UTC)


def needed(
    openings: Openings, practitioners: Sequence[Practitioner], day: date, bookings: Sequence[Booking]
) -> list[tuple[int, int]]:
    """All that the day must have room for."""
    spans = [span for one in practitioners for span in openings.sessions(one.pk, day)]
    found = [(minutes_of(span.start), minutes_of(span.end)) for span in spans]
    return found + [(one.start, one.end) for one in bookings if one.status not in NOT_IN_GRID]


def colors_of(bookings: Sequence[Booking], kinds: dict[str, Kind]) -> list[Kind]:
    """The kinds of visit that stand in the calendar: its legend."""
    return sorted({kinds[one.type_id] for one in bookings if one.patient_id and one.status not in NOT_IN_GRID})
