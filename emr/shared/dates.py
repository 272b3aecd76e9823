"""Dates as people type and read them. Dates of birth and of service are dates; instants are another matter."""

from __future__ import annotations

import re
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from dateutil import parser
from django.utils import timezone

_DIGITS = re.compile(r"\d{8}")
_CALENDAR_YEARS = range(1900, 2200)


def clinic_zone() -> ZoneInfo:
    """The clinic's time zone, in which every instant is shown: the one that the request or the task runs in."""
    zone = timezone.get_current_timezone()
    return zone if isinstance(zone, ZoneInfo) else ZoneInfo(str(zone))


def clinic_today() -> date:
    """Today's date on the clinic's wall clock."""
    return timezone.localdate(timezone=clinic_zone())


def clinic_day(moment: datetime) -> date:
    """The date of an instant on the clinic's wall clock, which in the evening is not that of UTC."""
    return moment.astimezone(clinic_zone()).date()


def on_calendar(day: date) -> bool:
    """Whether a page may show the day: one near the ends of time has no day before it, or no instant in some zone."""
    return day.year in _CALENDAR_YEARS


def parse_date(text: str) -> date | None:
    """The date that a person typed, or None when it can't be told.

    Reads ``14-Mar-1962``, ``March 14 1962``, ``3/14/1962`` (US order), ``1962-03-14``, ``03141962``. A two-digit year
    is refused, because 62 may be 1962 or 2062. So is a text without day, month and year.
    """
    text = " ".join(text.strip().split())
    if _DIGITS.fullmatch(text):
        text = f"{text[:2]}/{text[2:4]}/{text[4:]}"
    if not re.search(r"(?<!\d)\d{4}(?!\d)", text) or len(re.findall(r"[A-Za-z]+|\d+", text)) != 3:
        return None
    try:
        return parser.parse(text, dayfirst=False).date()
    except (ValueError, OverflowError):
        return None


def parse_birth_date(text: str) -> date | None:
    """As :func:`parse_date`, but None for a day in the future or more than 130 years ago."""
    found = parse_date(text)
    if found is None or found > clinic_today() or found.year < clinic_today().year - 130:
        return None
    return found


def age_text(birth: date, on: date) -> str:
    """The age in the words of a patient banner: ``3d``, ``5m 2w``, ``2y 4m``, ``61y``.

    Two units for the young, because a few weeks matter there (NHS Common User Interface, patient banner).
    """
    if on < birth:
        return "not born"
    months = (on.year - birth.year) * 12 + on.month - birth.month - (on.day < birth.day)
    if months < 1:
        return f"{(on - birth).days}d"
    if months < 24:
        weeks = (on - add_months(birth, months)).days // 7
        return f"{months}m {weeks}w" if weeks else f"{months}m"
    years, rest = divmod(months, 12)
    return f"{years}y {rest}m" if years < 18 and rest else f"{years}y"


def add_months(day: date, months: int) -> date:
    """The same day ``months`` later, or the last day of that month where it has no such day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    first = date(year, month + 1, 1)
    last = (first.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)
    return first.replace(day=min(day.day, last.day))
