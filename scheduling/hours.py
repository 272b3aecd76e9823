"""When one practitioner sees patients on one day: the week's sessions, extra hours, less time off and holidays.

Pure: it is given rows that were read before. Visits are no matter here; ``scheduling.openings`` takes them out.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

from scheduling.choices import ExceptionKind
from scheduling.models import Schedule, ScheduleException
from scheduling.spans import Span, less, merged
from scheduling.wallclock import day_bounds, instant_at


@dataclass(frozen=True)
class Piece:
    """A stretch of open time under one set of conditions.

    ``session`` is the whole session of which it is a part. ``type_ids`` are the kinds of visit that are taken, all
    where it is empty.
    """

    span: Span
    session: Span
    capacity: int = 1
    room_id: UUID | None = None
    type_ids: frozenset[UUID] = field(default_factory=frozenset)


def sessions_on(rows: Iterable[Schedule], day: date, zone: ZoneInfo) -> list[tuple[Schedule, Span]]:
    """The sessions of the week that are held on that day, and when."""
    found = [
        (row, Span(instant_at(day, row.start_time, zone), instant_at(day, row.end_time, zone)))
        for row in rows
        if row.held_on(day)
    ]
    # A session within the hour that is skipped in spring is over as it begins.
    return [(row, span) for row, span in found if span.start < span.end]


def extra_on(exceptions: Iterable[ScheduleException], day: date, zone: ZoneInfo) -> list[Span]:
    """The extra hours of that day."""
    bounds = Span(*day_bounds(day, zone))
    return merged(Span(row.start_at, row.end_at).part(bounds) for row in exceptions if row.adds_time)


def is_held_back(row: Schedule, session: Span, now: datetime) -> bool:
    """Whether the session is still kept for those who call at short notice."""
    return row.held and session.start - timedelta(hours=row.release_hours) > now


def pieces_on(
    rows: Iterable[Schedule],
    exceptions: Sequence[ScheduleException],
    day: date,
    zone: ZoneInfo,
    *,
    kind_id: UUID | None,
    now: datetime | None,
) -> list[Piece]:
    """The open time of a day, in order, for a kind of visit or, without one, for any.

    A session that is held back at ``now`` is left out; without ``now`` none is.
    """
    sessions = [
        Piece(span, span, row.capacity, row.room_id, frozenset(row.type_ids))
        for row, span in sessions_on(rows, day, zone)
        if (kind_id is None or not row.type_ids or kind_id in row.type_ids)
        and (now is None or not is_held_back(row, span, now))
    ]
    holidays, closed = _gone(exceptions, ExceptionKind.HOLIDAY), _gone(exceptions, *_CLOSING)
    within = [piece for session in sessions for piece in _without(session, holidays)]
    extra = less(extra_on(exceptions, day, zone), [piece.span for piece in within])
    open_pieces = [*within, *(Piece(span, span) for span in extra)]
    return sorted(
        (piece for one in open_pieces for piece in _without(one, closed)),
        key=lambda piece: (piece.span, piece.capacity),
    )


def joined(pieces: Iterable[Piece]) -> list[Piece]:
    """Pieces that touch made one where a visit may lie across: one patient at a time, in the same room."""
    found: list[Piece] = []
    for piece in pieces:
        last = found[-1] if found else None
        if last is not None and last.span.end >= piece.span.start and _alike(last, piece):
            found[-1] = replace(last, span=Span(last.span.start, max(last.span.end, piece.span.end)))
        else:
            found.append(piece)
    return found


#: What ends even extra hours. On a holiday they are held: somebody set them for that day.
_CLOSING = (ExceptionKind.TIME_OFF, ExceptionKind.CLOSED)


def _gone(exceptions: Iterable[ScheduleException], *kinds: ExceptionKind) -> list[Span]:
    return [Span(row.start_at, row.end_at) for row in exceptions if row.kind in kinds]


def _without(piece: Piece, gone: list[Span]) -> list[Piece]:
    return [replace(piece, span=span) for span in less([piece.span], gone)]


def _alike(one: Piece, other: Piece) -> bool:
    return one.capacity == other.capacity == 1 and one.room_id == other.room_id
