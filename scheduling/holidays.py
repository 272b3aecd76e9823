"""The federal holidays of the United States (5 U.S.C. 6103), computed by rule."""

from __future__ import annotations

from datetime import date, timedelta
from typing import NamedTuple

_DAY = timedelta(days=1)
_MONDAY, _THURSDAY, _SATURDAY, _SUNDAY = 0, 3, 5, 6


class Holiday(NamedTuple):
    """A holiday of a year, and the weekday on which offices keep it, where that is another day."""

    day: date
    name: str
    kept_on: date


def federal_holidays(year: int) -> list[Holiday]:
    """All eleven, in order. One on a Saturday is kept on the Friday before, one on a Sunday on the Monday after."""
    days = [
        (date(year, 1, 1), "New Year's Day"),
        (_nth(year, 1, _MONDAY, 3), "Martin Luther King Jr. Day"),
        (_nth(year, 2, _MONDAY, 3), "Washington's Birthday"),
        (_last(year, 5, _MONDAY), "Memorial Day"),
        (date(year, 6, 19), "Juneteenth"),
        (date(year, 7, 4), "Independence Day"),
        (_nth(year, 9, _MONDAY, 1), "Labor Day"),
        (_nth(year, 10, _MONDAY, 2), "Columbus Day"),
        (date(year, 11, 11), "Veterans Day"),
        (_nth(year, 11, _THURSDAY, 4), "Thanksgiving Day"),
        (date(year, 12, 25), "Christmas Day"),
    ]
    return [Holiday(day, name, _kept_on(day)) for day, name in days]


def _kept_on(day: date) -> date:
    if day.weekday() == _SATURDAY:
        return day - _DAY
    return day + _DAY if day.weekday() == _SUNDAY else day


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7, weeks=nth - 1)


def _last(year: int, month: int, weekday: int) -> date:
    last = date(year, month + 1, 1) - _DAY
    return last - timedelta(days=(last.weekday() - weekday) % 7)
