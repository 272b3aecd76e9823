"""Dates of which only the month or the year is known: "operated in 1998", "since March 2019".

The record keeps the first day of that time and beside it how exactly it is known; pages show no more than that.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from dateutil import parser
from django.db import models

from emr.shared.dates import add_months, clinic_today, parse_birth_date

_YEAR = re.compile(r"(?:about |ca\.? )?(\d{4})", re.I)
_MONTH = re.compile(r"[a-z]{3,9}\.?[ -]\d{4}|\d{1,2}/\d{4}|\d{4}-\d{2}", re.I)


#: What a month lacks: the first day, at midnight.
_FIRST = datetime(2000, 1, 1)


class Precision(models.TextChoices):
    """How exactly a day is known."""

    DAY = "day", "Day"
    MONTH = "month", "Month"
    YEAR = "year", "Year"


_MONTHS = {Precision.MONTH: 1, Precision.YEAR: 12}


def precision_field() -> models.CharField[str, str]:
    """The column beside a date that tells how exactly it is known."""
    return models.CharField(max_length=5, choices=Precision, default=Precision.DAY)


@dataclass(frozen=True)
class PartialDate:
    """A date as far as it is known: the first day of the time that it names."""

    day: date
    precision: str = Precision.DAY

    @property
    def last(self) -> date:
        """The last day that it can mean."""
        return last_day(self.day, self.precision)


def last_day(day: date, precision: str) -> date:
    """The last day of the month or year that begins on ``day``; the day itself where it is known."""
    months = _MONTHS.get(Precision(precision or Precision.DAY))
    return add_months(day, months) - timedelta(days=1) if months else day


def parse_partial(text: str) -> PartialDate | None:
    """A day, a month or a year as it was typed (``14-Mar-2019``, ``Mar 2019``, ``3/2019``, ``about 2010``).

    None for what is none of them, and for what is in the future or more than 130 years ago.
    """
    text, today = " ".join(text.split()), clinic_today()
    if (year := _YEAR.fullmatch(text)) is not None:
        found = int(year[1])
        return PartialDate(date(found, 1, 1), Precision.YEAR) if today.year - 130 <= found <= today.year else None
    if _MONTH.fullmatch(text) is not None:
        try:
            first = parser.parse(text, default=_FIRST).date()
        except (ValueError, OverflowError):
            return None
        return PartialDate(first, Precision.MONTH) if today.year - 130 <= first.year and first <= today else None
    whole = parse_birth_date(text)
    return PartialDate(whole) if whole else None
