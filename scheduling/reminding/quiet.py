"""The hours in which nobody is disturbed, on the clinic's wall clock."""

from __future__ import annotations

from datetime import datetime, time

from django.conf import settings

from emr.shared.dates import clinic_zone


def quiet_hours() -> tuple[time, time]:
    """From when until when, from the setting ``REMINDER_QUIET_HOURS``; the same time twice means never."""
    begin, _, end = settings.REMINDER_QUIET_HOURS.partition("-")
    return time.fromisoformat(begin.strip()), time.fromisoformat(end.strip())


def is_quiet(now: datetime) -> bool:
    """Whether no reminder leaves now. What falls due meanwhile leaves when the quiet is over."""
    begin, end = quiet_hours()
    wall = now.astimezone(clinic_zone()).time()
    return begin <= wall < end if begin <= end else wall >= begin or wall < end
