"""Free time: hours less exceptions less visits. Actions decide by it, pages show it; neither computes it again.

Hours are read on the clinic's wall clock, everything after that is instants in UTC.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Self
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q
from django.utils import timezone

from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_zone
from scheduling.choices import Weekday
from scheduling.hours import Piece, extra_on, joined, pieces_on, sessions_on
from scheduling.models import Appointment, AppointmentType, Room, Schedule, ScheduleException
from scheduling.spans import Span, less, merged, steps
from scheduling.taken import BUSY, Busy, Taken, in_use, standing
from scheduling.wallclock import day_bounds, instant_at

__all__ = ["GRACE", "HORIZON_DAYS", "Openings", "Rules", "Slot", "Span", "find_slots", "next_open_day"]

_WEEKDAYS = tuple(Weekday)
#: A time that began this long ago may still be given: to somebody who walks in, or while its form is filled in.
GRACE = timedelta(minutes=15)
#: How far a search for a free time looks ahead.
HORIZON_DAYS = 180
#: In how large bites it reads the visits: most searches end within the first.
_BITES = (7, 28, HORIZON_DAYS - 35)

#: The week's sessions and the exceptions from them.
Rules = tuple[list[Schedule], list[ScheduleException]]


@dataclass(frozen=True, order=True)
class Slot:
    """A free time that can be booked. Slots sort by time."""

    start_at: datetime
    end_at: datetime
    practitioner_name: str
    practitioner_id: UUID


@dataclass(frozen=True)
class Openings:
    """Hours, exceptions and taken time of some practitioners over some days, read once.

    ``needed`` is when the room or the equipment that was asked for is in use. Where a method takes a ``kind`` of visit,
    only sessions that take it count, and those that are held back at ``now`` don't.
    """

    zone: ZoneInfo
    hours: dict[UUID, list[Schedule]]
    exceptions: list[ScheduleException]
    taken: Taken
    needed: list[Span] = field(default_factory=list)

    @classmethod
    def read(
        cls,
        practitioners: Sequence[Practitioner],
        first: date,
        last: date,
        *,
        without: Appointment | None = None,
        kind: AppointmentType | None = None,
        room: Room | None = None,
        rules: Rules | None = None,
    ) -> Self:
        """Read all that counts from ``first`` to ``last``, both included, in three queries.

        ``without`` leaves out one appointment: a visit that is moved doesn't stand in its own way. Where a ``kind`` of
        visit or a ``room`` is given, one more query tells when the equipment that it needs, or the room, is in use.
        ``rules`` that were read before save two.
        """
        zone = clinic_zone()
        ids = [practitioner.pk for practitioner in practitioners]
        start, end = day_bounds(first, zone)[0], day_bounds(last, zone)[1]
        schedules, exceptions = rules or cls.rules(ids, first, last, start, end)
        rooms = {row.room_id for row in schedules if row.room_id}
        whose = Q(practitioner__in=ids) | Q(room__in=rooms) if rooms else Q(practitioner__in=ids)
        visits = standing(start, end, without)
        needed = in_use(visits, kind, room) if kind is not None or room is not None else []
        return cls.of(zone, schedules, exceptions, visits.filter(whose).values_list(*BUSY), needed=needed)

    @classmethod
    def of(
        cls,
        zone: ZoneInfo,
        schedules: Iterable[Schedule],
        exceptions: Iterable[ScheduleException],
        taken: Iterable[tuple[Any, ...]],
        *,
        needed: Iterable[Span] = (),
    ) -> Self:
        """The same from rows that were read before: of each visit as many values of a ``Busy`` as are known."""
        hours: dict[UUID, list[Schedule]] = defaultdict(list)
        for schedule in schedules:
            hours[schedule.practitioner_id].append(schedule)
        return cls(zone, hours, list(exceptions), Taken(zone, (Busy(*row) for row in taken)), list(needed))

    @staticmethod
    def rules(ids: Sequence[UUID], first: date, last: date, start: datetime, end: datetime) -> Rules:
        """The hours and exceptions that touch the days, in two queries."""
        # Sessions are put in order when a day's are asked for.
        schedules = Schedule.objects.touching(first, last).filter(practitioner__in=ids).with_types().order_by()
        exceptions = ScheduleException.objects.filter(
            Q(practitioner=None) | Q(practitioner__in=ids), withdrawn=False, start_at__lt=end, end_at__gt=start
        )
        return list(schedules), list(exceptions)

    def sessions(self, practitioner_id: UUID, day: date) -> list[Span]:
        """When the practitioner's hours run on that day, extra ones too, time off not yet taken out.

        Touching sessions are one. What they take, and whether they are held back, is no matter.
        """
        spans = [span for _, span in sessions_on(self.hours.get(practitioner_id, ()), day, self.zone)]
        return merged([*spans, *extra_on(self._exceptions(practitioner_id), day, self.zone)])

    def blocks(self, practitioner_id: UUID) -> list[ScheduleException]:
        """The exceptions that take time from the practitioner: their own and the whole clinic's."""
        return [row for row in self._exceptions(practitioner_id) if not row.adds_time]

    def pieces(
        self, practitioner_id: UUID, day: date, *, kind: AppointmentType | None = None, now: datetime | None = None
    ) -> list[Piece]:
        """The open time by its conditions, those pieces made one across which a visit may lie."""
        return self._pieces(practitioner_id, day, kind, now or timezone.now())

    def open_time(
        self, practitioner_id: UUID, day: date, *, kind: AppointmentType | None = None, now: datetime | None = None
    ) -> list[Span]:
        """Hours less exceptions, whether or not visits stand in them."""
        return merged(piece.span for piece in self.pieces(practitioner_id, day, kind=kind, now=now))

    def free_time(
        self, practitioner_id: UUID, day: date, *, kind: AppointmentType | None = None, now: datetime | None = None
    ) -> list[Span]:
        """Hours less exceptions less visits: when fewer stand than the session takes at one time."""
        pieces = self.pieces(practitioner_id, day, kind=kind, now=now)
        return [span for piece in pieces for span in less([piece.span], self._gone(practitioner_id, piece))]

    def slots(
        self,
        practitioner: Practitioner,
        minutes: int,
        day: date,
        *,
        after: datetime,
        kind: AppointmentType | None = None,
        now: datetime | None = None,
    ) -> list[Slot]:
        """Times of ``minutes`` that can be booked on that day, none before ``after``.

        They are laid into each free stretch from its beginning, so that visits stand close and the last one that
        fits exactly is offered. The time that a kind of visit keeps free after it may run beyond the hours, but into
        no visit.
        """
        length, pause = timedelta(minutes=minutes), _pause(kind)
        return [
            Slot(start, start + length, practitioner.short_name, practitioner.pk)
            for span in self.free_time(practitioner.pk, day, kind=kind, now=now)
            for start in steps(span, length, pause)
            if start >= after and self._clear(practitioner.pk, Span(span.end, start + length + pause))
        ]

    def fitting(
        self,
        practitioner: Practitioner,
        start: datetime,
        minutes: int,
        *,
        after: datetime | None = None,
        kind: AppointmentType | None = None,
    ) -> Slot | None:
        """The slot that begins then, if that is not before ``after`` (now), within the hours and free.

        It need not be among ``slots``.
        """
        span = Span(start.astimezone(UTC), start.astimezone(UTC) + timedelta(minutes=minutes))
        free = self.free_time(practitioner.pk, self._day(span.start), kind=kind)
        within = next((part for part in free if part.holds(span)), None)
        if span.start < (after or timezone.now()) or within is None:
            return None
        if not self._clear(practitioner.pk, Span(within.end, span.end + _pause(kind))):
            return None
        return Slot(*span, practitioner.short_name, practitioner.pk)

    def is_open(
        self, practitioner_id: UUID, span: Span, *, kind: AppointmentType | None = None, now: datetime | None = None
    ) -> bool:
        """Whether the span lies wholly within the practitioner's hours, outside every exception."""
        open_time = self.open_time(practitioner_id, self._day(span.start), kind=kind, now=now)
        return any(part.holds(span) for part in open_time)

    def is_free(self, practitioner_id: UUID, span: Span, *, kind: AppointmentType | None = None) -> bool:
        """Whether no visit stands in the span, or fewer than its session takes at one time."""
        pieces = self._pieces(practitioner_id, self._day(span.start), kind, None)
        within = next((piece for piece in pieces if piece.span.holds(span)), None)
        if within is None:
            return self._clear(practitioner_id, span)
        return not any(gone.overlaps(span) for gone in self.taken.full(practitioner_id, within))

    def _pieces(
        self, practitioner_id: UUID, day: date, kind: AppointmentType | None, now: datetime | None
    ) -> list[Piece]:
        rows, exceptions = self.hours.get(practitioner_id, ()), self._exceptions(practitioner_id)
        return joined(pieces_on(rows, exceptions, day, self.zone, kind_id=kind.pk if kind else None, now=now))

    def _exceptions(self, practitioner_id: UUID) -> list[ScheduleException]:
        return [row for row in self.exceptions if row.practitioner_id in (None, practitioner_id)]

    def _gone(self, practitioner_id: UUID, piece: Piece) -> list[Span]:
        """When no further visit may stand in the piece."""
        elsewhere = self.taken.elsewhere(practitioner_id, piece.room_id)
        return [*self.taken.full(practitioner_id, piece), *elsewhere, *self.needed]

    def _clear(self, practitioner_id: UUID, span: Span) -> bool:
        return not self.taken.standing(practitioner_id, span)

    def _day(self, moment: datetime) -> date:
        return moment.astimezone(self.zone).date()


def find_slots(
    practitioners: Sequence[Practitioner],
    minutes: int,
    *,
    start: datetime | None = None,
    weekdays: Sequence[Weekday] = (),
    limit: int = 5,
    without: Appointment | None = None,
    kind: AppointmentType | None = None,
    room: Room | None = None,
    between: tuple[time, time] | None = None,
) -> list[Slot]:
    """The next times of ``minutes`` that any of the practitioners has free, the earliest first.

    ``start`` defaults to now; the past is never offered. ``weekdays`` narrows the days, ``between`` two times of the
    clinic's wall clock the hours: the visit begins and ends between them. Looks ``HORIZON_DAYS`` ahead, in three to
    five queries; up to three more where ``kind`` or ``room`` is given.
    """
    after = max(start or timezone.now(), timezone.now())
    first = after.astimezone(clinic_zone()).date()
    found: list[Slot] = []
    for openings, days in _ahead(practitioners, first, without=without, kind=kind, room=room):
        for day in days:
            if weekdays and _WEEKDAYS[day.weekday()] not in weekdays:
                continue
            window = _window(day, between, openings.zone)
            of_day = [
                slot
                for one in practitioners
                for slot in openings.slots(one, minutes, day, after=max(after, window.start), kind=kind)
                if slot.end_at <= window.end
            ]
            found += sorted(of_day)
            if len(found) >= limit:
                return found[:limit]
    return found


def next_open_day(practitioners: Sequence[Practitioner], minutes: int, day: date) -> date | None:
    """The first day after ``day`` on which one of them has ``minutes`` free; three to five queries."""
    zone = clinic_zone()
    found = find_slots(practitioners, minutes, start=day_bounds(day, zone)[1], limit=1)
    return found[0].start_at.astimezone(zone).date() if found else None


def _ahead(
    practitioners: Sequence[Practitioner],
    first: date,
    *,
    without: Appointment | None,
    kind: AppointmentType | None,
    room: Room | None,
) -> Iterator[tuple[Openings, list[date]]]:
    """The coming days bite by bite: the hours of all of them are read at once, the visits as far as one looks."""
    zone, last = clinic_zone(), first + timedelta(days=HORIZON_DAYS - 1)
    ids = [one.pk for one in practitioners]
    rules = Openings.rules(ids, first, last, day_bounds(first, zone)[0], day_bounds(last, zone)[1])
    if not rules[0] and not any(row.adds_time for row in rules[1]):
        return
    for length in _BITES:
        days = [first + timedelta(days=n) for n in range(length)]
        yield Openings.read(practitioners, days[0], days[-1], without=without, kind=kind, room=room, rules=rules), days
        first = days[-1] + timedelta(days=1)


def _window(day: date, between: tuple[time, time] | None, zone: ZoneInfo) -> Span:
    return Span(*(instant_at(day, wall, zone) for wall in between)) if between else Span(*day_bounds(day, zone))


def _pause(kind: AppointmentType | None) -> timedelta:
    return timedelta(minutes=kind.buffer_minutes) if kind is not None else timedelta(0)
