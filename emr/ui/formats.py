"""How values look on screen and on paper: one place, unambiguous, independent of the browser's locale.

Queries call these to hand preformatted text to big tables; templates use them as filters for the rest.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from decimal import ROUND_HALF_UP, Decimal

from django.utils import timezone
from phonenumbers import (
    NumberParseException,
    PhoneNumberFormat,
    format_number,
    is_valid_number,
    parse,
)

from emr.shared.dates import clinic_zone
from emr.shared.partial_dates import Precision

_MONTHS = (
    "Jan",
    "Feb",
    "Mar",
    "Apr",
    "May",
    "Jun",
    "Jul",
    "Aug",
    "Sep",
    "Oct",
    "Nov",
    "Dec",
)
_LONG_MONTHS = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)
_WEEKDAYS = (
    "Monday",
    "Tuesday",
    "Wednesday",
    "Thursday",
    "Friday",
    "Saturday",
    "Sunday",
)
_CENT = Decimal("0.01")


def day(value: date | datetime | None) -> str:
    """``14-Mar-1962``; an instant is first brought to the clinic's zone. ``None`` gives an empty string."""
    if value is None:
        return ""
    local = _local_date(value)
    return f"{local.day:02d}-{_MONTHS[local.month - 1]}-{local.year:04d}"


def partial(value: date | datetime | None, precision: str) -> str:
    """``14-Mar-1962``, ``Mar 1962`` or ``1962``: no more of a date than is known of it."""
    if value is None:
        return ""
    local = _local_date(value)
    if precision == Precision.YEAR:
        return f"{local.year:04d}"
    return f"{_MONTHS[local.month - 1]} {local.year:04d}" if precision == Precision.MONTH else day(local)


def day_short(value: date | datetime | None) -> str:
    """``14-Mar``, for lists whose year is plain from their heading."""
    if value is None:
        return ""
    local = _local_date(value)
    return f"{local.day:02d}-{_MONTHS[local.month - 1]}"


def day_long(value: date | datetime | None) -> str:
    """``Monday, 23 November 2026``, for headings."""
    if value is None:
        return ""
    local = _local_date(value)
    return f"{_WEEKDAYS[local.weekday()]}, {local.day} {_LONG_MONTHS[local.month - 1]} {local.year:04d}"


def month(value: date | datetime | None) -> str:
    """``November 2026``, for headings."""
    if value is None:
        return ""
    local = _local_date(value)
    return f"{_LONG_MONTHS[local.month - 1]} {local.year:04d}"


def weekday(value: date | datetime | None) -> str:
    """``Monday``."""
    return "" if value is None else _WEEKDAYS[_local_date(value).weekday()]


def clock(value: datetime | time | None) -> str:
    """``09:05``, 24 hours, in the clinic's zone."""
    if value is None:
        return ""
    local = _local(value) if isinstance(value, datetime) else value
    return f"{local.hour:02d}:{local.minute:02d}"


def instant(value: datetime | None) -> str:
    """``14-Mar-2026 09:05``, in the clinic's zone."""
    return "" if value is None else f"{day(value)} {clock(value)}"


def iso(value: date | datetime | None) -> str:
    """``2026-03-14`` or ``2026-03-14T14:05:00+00:00``, for ``<time datetime>`` and URLs."""
    return "" if value is None else value.isoformat()


def money(value: Decimal | int | None) -> str:
    """``1,234.50``: two decimals, rounded half up; negatives carry a real minus sign."""
    if value is None:
        return ""
    amount = Decimal(value).quantize(_CENT, rounding=ROUND_HALF_UP)
    text = f"{abs(amount):,.2f}"
    return f"−{text}" if amount < 0 else text


def number(value: Decimal | float | None) -> str:
    """``1,234`` or ``0.5``: a comma above 999, a leading zero; the places of a Decimal stay as recorded."""
    if value is None:
        return ""
    text = f"{value:,f}" if isinstance(value, Decimal) else f"{value:,}"
    return text.replace("-", "−")


def ordinal(count: int) -> str:
    """``1st``, ``2nd``, ``11th``, ``21st``."""
    ending = "th" if 10 <= count % 100 <= 20 else {1: "st", 2: "nd", 3: "rd"}.get(count % 10, "th")
    return f"{count}{ending}"


def dose(value: Decimal | None) -> str:
    """``5`` for 5.0, ``0.5`` for .50: a dose without trailing zeros, which are misread as ten times as much (ISMP)."""
    if value is None:
        return ""
    return number(value.normalize() + 0)


def phone(value: str | None, region: str = "US") -> str:
    """``(555) 010-0199`` for a number of ``region``, ``+44 20 7946 0018`` for others; else the text as it was typed."""
    if not value:
        return ""
    try:
        parsed = parse(value, region)
    except NumberParseException:
        return value
    national = parsed.country_code == 1 and region == "US"
    if not is_valid_number(parsed) and not (national and len(str(parsed.national_number)) == 10):
        return value
    return str(
        format_number(
            parsed,
            PhoneNumberFormat.NATIONAL if national else PhoneNumberFormat.INTERNATIONAL,
        )
    )


def mrn(value: str | int | None) -> str:
    """``100 482 7``: groups of three from the left, so that it can be read aloud."""
    if value is None:
        return ""
    digits = re.sub(r"\s", "", str(value))
    return " ".join(digits[start : start + 3] for start in range(0, len(digits), 3))


def ago(value: datetime | None) -> str:
    """``just now``, ``5 min ago``, ``3 h ago``, ``2 days ago``; older than a week gives the day."""
    if value is None:
        return ""
    passed = timezone.now() - value
    if passed < timedelta(minutes=1):
        return "just now"
    if passed < timedelta(hours=1):
        return f"{passed // timedelta(minutes=1)} min ago"
    if passed < timedelta(days=1):
        return f"{passed // timedelta(hours=1)} h ago"
    days = passed.days
    return day(value) if days > 7 else ("1 day ago" if days == 1 else f"{days} days ago")


def size(value: int | None) -> str:
    """``318 kB``, ``2.4 MB``: bytes in decimal units."""
    if value is None:
        return ""
    if value < 1_000_000:
        return f"{max(round(value / 1000), 1)} kB"
    return f"{value / 1_000_000:.1f} MB"


def _local(value: datetime) -> datetime:
    return value.astimezone(clinic_zone())


def _local_date(value: date | datetime) -> date:
    return _local(value).date() if isinstance(value, datetime) else value


FILTERS: dict[str, Callable[..., str]] = {
    function.__name__: function
    for function in (
        *(day, day_short, day_long, month, weekday, clock, instant, iso),
        *(money, number, dose, phone, mrn, ago, size),
    )
}
