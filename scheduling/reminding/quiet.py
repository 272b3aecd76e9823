"""The hours in which nobody is disturbed, on the clinic's wall clock."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from django.conf import settings

from emr.shared.dates import clinic_zone
from scheduling.wallclock import instant_at


def quiet_hours() -> tuple[time, time]:
    """From when until when, from the setting ``REMINDER_QUIET_HOURS``; the same time twice means never."""
    begin, _, end = settings.REMINDER_QUIET_HOURS.partition("-")
    return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())


def is_quiet(now: datetime) -> bool:
    """Whether no reminder leaves now. What falls due meanwhile leaves when the quiet is over."""
    begin, end = quiet_hours()
    wall = now.astimezone(clinic_zone()).time()
    return begin <= wall < end if begin <= end else wall >= begin or wall < end


def awake_after(now: datetime, length: timedelta) -> datetime:
    """When ``length`` has gone by outside the quiet hours: who is asked in the evening has the morning to answer."""
    begin, end = quiet_hours()
    if begin == end:
        return now + length
    while True:
        if is_quiet(now):
            now = _next(end, now)
        evening = _next(begin, now)
        if length <= evening - now:
            return now + length
        length -= evening - now
        now = evening


def _next(wall: time, now: datetime) -> datetime:
    """The first instant after ``now`` at which the clock on the wall says ``wall``."""
    zone = clinic_zone()
    today = now.astimezone(zone).date()
    found = instant_at(today, wall, zone)
    return found if found > now else instant_at(today + timedelta(days=1), wall, zone)
