"""Sessions that aren't held every week: on which days, and whether two of them ever meet."""

from __future__ import annotations

from datetime import date, timedelta

from scheduling.choices import Weekday
from scheduling.models import Schedule

_WEEK = timedelta(days=7)


def first_day(session: Schedule) -> date:
    """The first day on which the session is held."""
    number = Weekday.values.index(session.weekday)
    return session.effective_from + timedelta(days=(number - session.effective_from.weekday()) % 7)


def common_day(one: Schedule, other: Schedule) -> date | None:
    """The first day on which both are held, if there is one. The database's trigger asks the same."""
    day = max(first_day(one), first_day(other))
    for _ in range(one.interval_weeks * other.interval_weeks):
        if one.held_on(day) and other.held_on(day):
            return day
        day += _WEEK
    return None


def next_held(session: Schedule, day: date) -> date | None:
    """The first day from ``day`` on, on which the session is held, if there is one."""
    return next(
        (
            found
            for n in range(7 * session.interval_weeks)
            if session.held_on(found := max(day, session.effective_from) + timedelta(days=n))
        ),
        None,
    )
