"""The days of a month at a glance: on which of them nobody takes visits, and why where the clinic says why."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from functools import lru_cache

from emr.shared.dates import clinic_zone, on_calendar
from emr.ui.formats import day_long
from scheduling.queries.grid import openings_of
from scheduling.queries.standing import Standing, around
from scheduling.wallclock import day_bounds


@dataclass(frozen=True)
class MonthDay:
    """One day: ``inside`` the month that is shown, or one of those that fill its first and last week."""

    day: date
    inside: bool
    closed: bool
    label: str


@dataclass(frozen=True, eq=False)
class Month:
    """A month in whole weeks from Monday on. Shared: nobody changes it."""

    first: date
    weeks: tuple[tuple[MonthDay, ...], ...]
    before: date | None
    after: date | None
    """The months beside it, by their first days, as far as calendars go."""


def month_of(day: date) -> Month:
    """The month in which the day lies. One query where nothing has changed since it was read."""
    return _month(around(day), day.replace(day=1), clinic_zone().key)


@lru_cache(maxsize=64)
def _month(stands: Standing, first: date, zone: str) -> Month:
    openings = openings_of(stands, ())

    def one(day: date) -> MonthDay:
        # Asked as of the day's end, by when no session is held back any more.
        _, end = day_bounds(day, clinic_zone())
        closed = not any(openings.open_time(who.pk, day, now=end) for who in stands.practitioners)
        return MonthDay(day, day.month == first.month, closed, day_long(day) + (_why(stands, day) if closed else ""))

    days = [one(stands.first + timedelta(days=number)) for number in range((stands.last - stands.first).days + 1)]
    before, after = first - timedelta(days=1), (first + timedelta(days=31)).replace(day=1)
    return Month(
        first,
        tuple(tuple(days[start : start + 7]) for start in range(0, len(days), 7)),
        before.replace(day=1) if on_calendar(before) else None,
        after if on_calendar(after) else None,
    )


def _why(stands: Standing, day: date) -> str:
    """That the day is closed, and what closes the whole clinic where it is one thing for all of it."""
    start, end = day_bounds(day, clinic_zone())
    rows = (one for one in stands.exceptions if one.practitioner_id is None and not one.adds_time)
    found = next((one for one in rows if one.start_at <= start and one.end_at >= end), None)
    return f", closed: {found.reason}" if found else ", closed"
