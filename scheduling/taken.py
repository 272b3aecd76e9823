"""Time that is taken: visits that stand, by whose they are and in which room, and what they use."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Q, QuerySet

from scheduling.choices import OCCUPYING
from scheduling.hours import Piece
from scheduling.models import Appointment, AppointmentType, Room
from scheduling.spans import Span, crowded

#: No visit keeps its practitioner longer than this beyond its end.
_LONGEST_BUFFER = timedelta(hours=2)


class Busy(NamedTuple):
    """A visit that stands: when it is, until when its practitioner is busy with it, of what kind, in which room."""

    practitioner_id: UUID
    start: datetime
    end: datetime
    busy_until: datetime | None = None
    type_id: UUID | None = None
    room_id: UUID | None = None

    @property
    def span(self) -> Span:
        """All the time that it takes."""
        return Span(self.start, self.busy_until or self.end)

    def belongs(self, piece: Piece) -> bool:
        """Whether it is one of those whom the session takes: of a kind for it, and within its time."""
        fits = not piece.type_ids or self.type_id is None or self.type_id in piece.type_ids
        return fits and piece.session.holds(Span(self.start, self.end))


#: The columns of a :class:`Busy`, in its order.
BUSY = ("practitioner_id", "start_at", "end_at", "busy_until", "type_id", "room_id")


class Taken:
    """The visits of some days, to be asked by practitioner and by room."""

    def __init__(self, zone: ZoneInfo, visits: Iterable[Busy]) -> None:
        self._zone = zone
        self._of_day: dict[tuple[UUID, date], list[Busy]] = defaultdict(list)
        self._in_room: dict[UUID, list[Busy]] = defaultdict(list)
        for visit in visits:
            for day in self._days(visit.span):
                self._of_day[visit.practitioner_id, day].append(visit)
            if visit.room_id is not None:
                self._in_room[visit.room_id].append(visit)

    def standing(self, practitioner_id: UUID, span: Span) -> list[Busy]:
        """The practitioner's visits that take some of the span."""
        if span.start >= span.end:
            return []
        # By identity: a visit that runs over midnight stands under two days, and two visits may be alike.
        near = {id(visit): visit for day in self._days(span) for visit in self._of_day.get((practitioner_id, day), ())}
        return [visit for visit in near.values() if visit.span.overlaps(span)]

    def full(self, practitioner_id: UUID, piece: Piece) -> list[Span]:
        """When as many visits stand in the piece as it takes. One that is not of its session fills it alone."""
        visits = self.standing(practitioner_id, piece.span)
        if piece.capacity == 1:
            return [visit.span for visit in visits]
        ours = [visit.span for visit in visits if visit.belongs(piece)]
        return [*crowded(ours, piece.capacity), *(visit.span for visit in visits if not visit.belongs(piece))]

    def elsewhere(self, practitioner_id: UUID, room_id: UUID | None) -> list[Span]:
        """When somebody else's visit stands in the room."""
        room = self._in_room.get(room_id, ()) if room_id is not None else ()
        return [visit.span for visit in room if visit.practitioner_id != practitioner_id]

    def _days(self, span: Span) -> list[date]:
        first, last = (moment.astimezone(self._zone).date() for moment in span)
        return [first + timedelta(days=n) for n in range((last - first).days + 1)]


def standing(start: datetime, end: datetime, without: Appointment | None) -> QuerySet[Appointment]:
    """The visits that take time between the two instants."""
    rows = Appointment.objects.filter(status__in=OCCUPYING, start_at__lt=end, end_at__gt=start - _LONGEST_BUFFER)
    return rows.order_by() if without is None else rows.order_by().exclude(pk=without.pk)


def in_use(visits: QuerySet[Appointment], kind: AppointmentType | None, room: Room | None) -> list[Span]:
    """When one of the visits uses the room, or a piece of equipment that the kind of visit needs. One query."""
    uses = Q(room=room) if room is not None else Q(pk=None)
    if kind is not None:
        uses |= Q(equipment__withdrawn=False, equipment__equipment__active=True, equipment__equipment__needs__type=kind)
    rows = visits.filter(uses).values_list("start_at", "end_at", "busy_until").distinct()
    return [Span(start, busy_until or end) for start, end, busy_until in rows]
