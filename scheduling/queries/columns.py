"""One column of a calendar laid out: each visit at its place, what is closed and why, and the free times.

A column is laid out again only when something that it shows has changed: what it is made of is the key under which
it is kept in memory.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

from clinic.choices import EncounterStatus
from emr.shared.dates import age_text
from emr.ui.daygrid import LANES, MINUTES
from scheduling.choices import MOVABLE, AppointmentStatus
from scheduling.queries.bookings import Booking
from scheduling.queries.standing import Kind

#: Of a visit of which only the time may be known.
_NO_KIND = Kind("", "slate")
#: What a reader sees of a patient of whom they may not know.
RESERVED = "Reserved"
#: The visit's own state, once it has begun, says more than the appointment's.
_UNDER_WAY = frozenset({EncounterStatus.TRIAGED, EncounterStatus.IN_PROGRESS})
#: Statuses that wait for somebody to say how the visit went.
_OPEN = frozenset(
    {AppointmentStatus.PENDING, AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN}
)
_LONGEST_WAIT = 12 * 60


class Gap(NamedTuple):
    """Time in which nothing is offered. ``kind`` is closed (hours end), off (an exception) or held."""

    start: int
    end: int
    text: str
    kind: str


class Scale(NamedTuple):
    """How instants become rows: from ``origin`` on, five minutes each.

    ``wall`` counts on the clinic's wall clock, so that the days of a week stand in one row at the same hour; else on
    the true time, so that a day of 23 or 25 hours has as many. ``origin`` is in minutes: since midnight where it is
    the wall's, else since 1970.
    """

    origin: int
    rows: int
    zone: str
    day: date
    wall: bool = False

    def row(self, minute: int) -> int:
        """The row in which the instant falls, the first being 1; outside it is the nearest."""
        return min(max((self._minute(minute) - self.origin) // MINUTES, 0), self.rows) + 1

    def _minute(self, minute: int) -> int:
        if not self.wall:
            return minute
        local = local_time(minute, self.zone)
        return (local.date() - self.day).days * 24 * 60 + local.hour * 60 + local.minute


class Drawing(NamedTuple):
    """All that a column shows. ``free`` are the beginnings of free times, ``now`` matters only to who waits."""

    key: str
    name: str
    scale: Scale
    bookings: tuple[tuple[Booking, Kind], ...]
    gaps: tuple[Gap, ...]
    free: tuple[int, ...]
    minutes: int
    book: str
    """Where a free time leads, its beginning to be added; empty where the reader may not book."""
    may_move: bool
    now: int
    wanted: frozenset[str] | None
    """The statuses that a filter asks for: other visits are drawn pale, so that their time doesn't look free."""


@dataclass(frozen=True, slots=True)
class Block:
    """A visit in the words and classes of the grid."""

    id: str
    patient_id: str
    name: str
    age: str
    start: str
    classes: str
    iso: str
    minutes: int
    movable: bool
    open: bool
    state: str
    type_name: str
    reason: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Something else at a place: a gap, a free time."""

    row: int
    span: int
    text: str
    kind: str = ""
    iso: str = ""


@dataclass(frozen=True, eq=False)
class Layout:
    """A column ready to print: the same object for as long as nothing in it changes."""

    name: str
    book: str
    lanes: int
    blocks: list[Block]
    gaps: list[Stretch]
    free: list[Stretch]


@lru_cache(maxsize=1024)
def lay_out(drawing: Drawing) -> Layout:
    """Lay the column out, or give the layout that was made of the same before."""
    scale = drawing.scale
    blocks, lanes = _blocks(drawing)
    return Layout(
        name=drawing.name,
        book=drawing.book,
        lanes=lanes,
        blocks=blocks,
        gaps=[_stretch(scale, gap.start, gap.end, gap.text, gap.kind) for gap in drawing.gaps],
        free=[_stretch(scale, start, start + drawing.minutes, clock_text(start, scale.zone)) for start in drawing.free],
    )


def clock_text(minute: int, zone: str) -> str:
    """``09:05``; an hour that comes twice says which one it is: ``01:30 CST``."""
    local = local_time(minute, zone)
    text = f"{local.hour:02d}:{local.minute:02d}"
    twice = local.replace(fold=0).utcoffset() != local.replace(fold=1).utcoffset()
    return f"{text} {local.tzname()}" if twice else text


def local_time(minute: int, zone: str) -> datetime:
    """The instant on the clinic's wall clock."""
    return datetime.fromtimestamp(minute * 60, ZoneInfo(zone))


def iso_text(minute: int) -> str:
    """The instant as forms and addresses have it, in UTC."""
    return datetime.fromtimestamp(minute * 60, UTC).isoformat()


def waits(booking: Booking, now: int) -> int | None:
    """Minutes since arrival, while the patient waits."""
    if booking.status != AppointmentStatus.ARRIVED or booking.arrived is None:
        return None
    passed = now - booking.arrived
    return passed if 0 <= passed < _LONGEST_WAIT else None


def _blocks(drawing: Drawing) -> tuple[list[Block], int]:
    """Each visit in the first lane that is free at its time."""
    ends: list[int] = []
    blocks = []
    for booking, kind in drawing.bookings:
        lane = next((number for number, end in enumerate(ends) if end <= booking.start), len(ends))
        lane = min(lane, LANES - 1)
        ends[lane : lane + 1] = [booking.end]
        blocks.append(_block(drawing, booking, kind, lane + 1))
    return blocks, max(1, len(ends))


def _block(drawing: Drawing, booking: Booking, kind: Kind, lane: int) -> Block:
    scale = drawing.scale
    row = scale.row(booking.start)
    span = max(1, scale.row(booking.end) - row)
    state, word = _state(booking)
    known = bool(booking.patient_id)
    waiting = waits(booking, drawing.now)
    classes = ["appt", f"appt-{state}", f"kind-{kind.color}", f"gs-{row} gr-{span} gc-{lane}"]
    classes += ["appt-short"] if span < 4 else ["appt-tall"] if span > 4 else []
    classes += [] if known else ["appt-reserved"]
    classes += ["appt-pale"] if drawing.wanted is not None and booking.status not in drawing.wanted else []
    return Block(
        id=booking.id,
        patient_id=booking.patient_id,
        name=f"{booking.family_name.upper()} {booking.given_name}" if known else RESERVED,
        age=age_text(booking.birth_date, local_time(booking.start, scale.zone).date()) if known else "",
        start=clock_text(booking.start, scale.zone),
        classes=" ".join(classes),
        iso=iso_text(booking.start),
        minutes=booking.end - booking.start,
        movable=drawing.may_move and known and booking.status in MOVABLE,
        open=known and booking.status in _OPEN,
        state=_said(booking, word, waiting),
        type_name=kind.name,
        reason=booking.reason,
    )


def _said(booking: Booking, word: str, waiting: int | None) -> str:
    """The state in words; a visit that is simply booked says nothing."""
    if waiting is not None:
        return f"Here {waiting} min"
    return "" if booking.status == AppointmentStatus.BOOKED else word


def _state(booking: Booking) -> tuple[str, str]:
    if booking.status == AppointmentStatus.CHECKED_IN and booking.encounter_status in _UNDER_WAY:
        return "in-progress", str(EncounterStatus(booking.encounter_status).label)
    return booking.status, str(AppointmentStatus(booking.status).label)


def _stretch(scale: Scale, start: int, end: int, text: str, kind: str = "") -> Stretch:
    row = scale.row(start)
    return Stretch(row, max(1, scale.row(end) - row), text, kind, iso_text(start))


def with_kinds(bookings: Iterable[Booking], kinds: dict[str, Kind]) -> tuple[tuple[Booking, Kind], ...]:
    """Each visit with its kind."""
    return tuple((one, kinds[one.type_id] if one.patient_id else _NO_KIND) for one in bookings)


def labels_of(starts: Iterable[int], scale: Scale) -> list[tuple[int, str]]:
    """The hours at the side: row and text."""
    return [(scale.row(start), clock_text(start, scale.zone)) for start in starts]
