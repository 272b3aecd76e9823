"""From the clinic's wall clock to instants, right on the two days a year when the clock is moved."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_MINUTE = timedelta(minutes=1)


def instant_at(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first instant of ``day`` at which the clock on the wall has reached ``wall``.

    A time that is skipped in spring gives the moment of the jump; one that comes twice in autumn gives its first.
    The answer is in UTC, to the minute.
    """
    naive = datetime.combine(day, wall.replace(second=0, microsecond=0, tzinfo=None))
    before = naive.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if before.astimezone(zone).replace(tzinfo=None) == naive:
        return before
    # Skipped: the jump lies between the two readings; the first minute with the later offset is it.
    low, high = naive.replace(tzinfo=zone, fold=1).astimezone(UTC), before
    late = high.astimezone(zone).utcoffset()
    while high - low > _MINUTE:
        middle = low + (high - low) // 2 // _MINUTE * _MINUTE
        if middle.astimezone(zone).utcoffset() == late:
            high = middle
        else:
            low = middle
    return high


def day_bounds(day: date, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """The instants at which ``day`` begins and ends on the wall clock: 23, 24 or 25 hours apart."""
    return instant_at(day, time(0), zone), instant_at(day + timedelta(days=1), time(0), zone)
