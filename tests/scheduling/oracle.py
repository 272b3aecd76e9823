"""Free times by brute force: a walk through each minute of a day that asks of each whether a visit may stand in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from scheduling.choices import Weekday
from scheduling.models import Schedule, ScheduleException

CHICAGO = ZoneInfo("America/Chicago")
MINUTE = timedelta(minutes=1)
#: What keeps two minutes apart that both are free: a session of several patients is one place, a room another.
Place = tuple[str, object]


@dataclass(frozen=True)
class Stand:
    """A visit that stands."""

    start: datetime
    end: datetime
    until: datetime
    type_id: UUID | None = None


@dataclass(frozen=True)
class Minute:
    """Where a visit would be at this minute, and which session it is."""

    place: Place
    session: Schedule | None


def minutes_of(day: date) -> list[datetime]:
    """Every minute of the day on the clock of the wall: 1380, 1440 or 1500."""
    start = datetime.combine(day, time(12), UTC) - timedelta(hours=30)
    return [moment for n in range(60 * 60) if (moment := start + n * MINUTE).astimezone(CHICAGO).date() == day]


def free_times(
    day: date,
    rows: Sequence[Schedule],
    exceptions: Sequence[ScheduleException],
    visits: Sequence[Stand],
    minutes: int,
    *,
    now: datetime,
    kind: Any = None,
) -> list[datetime]:
    """When visits of ``minutes`` can begin that are laid into each run of free minutes."""
    walk = minutes_of(day)
    pause = kind.buffer_minutes if kind is not None else 0
    bounds = {row.pk: _bounds(row, walk) for row in rows if _is_held(row, day)}
    places = [
        _place(n, moment, [row for row in rows if row.pk in bounds], bounds, walk, exceptions, kind, now)
        for n, moment in enumerate(walk)
    ]
    free = [
        place if place is not None and _has_room(moment, place, visits, bounds, walk) else None
        for moment, place in zip(walk, places, strict=True)
    ]
    found, n = [], 0
    while n < len(walk):
        run = n
        while run < len(walk) and free[run] is not None and _same(free[n], free[run]):
            run += 1
        at = n
        while free[n] is not None and at + minutes <= run:
            rest = [walk[at] + (minutes + later) * MINUTE for later in range(pause) if at + minutes + later >= run]
            if not any(visit.start <= moment < visit.until for moment in rest for visit in visits):
                found.append(walk[at])
            at += minutes + pause
        n = max(run, n + 1)
    return found


def _is_held(row: Schedule, day: date) -> bool:
    """Count the weeks from the first such weekday on."""
    first = row.effective_from
    while list(Weekday)[first.weekday()] != row.weekday:
        first += timedelta(days=1)
    while first < day:
        first += timedelta(weeks=row.interval_weeks)
    return first == day and (row.effective_until is None or day <= row.effective_until)


def _bounds(row: Schedule, walk: list[datetime]) -> range:
    clocks = [moment.astimezone(CHICAGO).time() for moment in walk]
    first, last = (
        next((n for n, clock in enumerate(clocks) if clock >= wall), len(walk))
        for wall in (row.start_time, row.end_time)
    )
    return range(first, last)


def _place(
    n: int,
    moment: datetime,
    rows: Sequence[Schedule],
    bounds: dict[UUID, range],
    walk: list[datetime],
    exceptions: Sequence[ScheduleException],
    kind: Any,
    now: datetime,
) -> Minute | None:
    here = {row.kind for row in exceptions if row.start_at <= moment < row.end_at}
    if here & {"time_off", "closed"}:
        return None
    for row in rows:
        if n not in bounds[row.pk] or "holiday" in here:
            continue
        if row.type_ids and kind is not None and kind.pk not in row.type_ids:
            continue
        if row.held and now < walk[bounds[row.pk][0]] - timedelta(hours=row.release_hours):
            continue
        return Minute(("room", row.room_id) if row.capacity == 1 else ("session", row.pk), row)
    return Minute(("room", None), None) if "extra_hours" in here else None


def _has_room(
    moment: datetime, place: Minute, visits: Sequence[Stand], bounds: dict[UUID, range], walk: list[datetime]
) -> bool:
    standing = [visit for visit in visits if visit.start <= moment < visit.until]
    session = place.session
    if session is None or session.capacity == 1:
        return not standing
    begin, end = walk[bounds[session.pk][0]], walk[bounds[session.pk][-1]] + MINUTE
    ours = [
        visit
        for visit in standing
        if begin <= visit.start
        and visit.end <= end
        and (not session.type_ids or visit.type_id is None or visit.type_id in session.type_ids)
    ]
    return len(ours) == len(standing) < session.capacity


def _same(one: Minute | None, other: Minute | None) -> bool:
    return one is not None and other is not None and one.place == other.place
