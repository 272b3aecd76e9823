"""The days and hours of the sample clinic."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

from scheduling.wallclock import instant_at

ZONE = ZoneInfo("America/Chicago")
SESSIONS = ((time(8), time(12)), (time(13), time(17)))
#: Between these enough of the day has happened to look at, and enough is left.
_EARLIEST, _LATEST = time(10, 2), time(15, 32)
#: In how long a time the morning is told where the real clock says that it is yet to come.
_SQUEEZED = timedelta(hours=2)
_MONDAY, _THURSDAY, _SATURDAY = 0, 3, 5


@dataclass(frozen=True)
class Calendar:
    """Today, and what time it is in the story. ``real`` is the instant at which the clinic is written."""

    real: datetime

    @property
    def today(self) -> date:
        """Today on the clinic's wall clock."""
        return self.real.astimezone(ZONE).date()

    @property
    def story_now(self) -> datetime:
        """How far today has come in the story: the real time while the day is under way, before that mid-morning,
        afterwards mid-afternoon.

        Somebody who looks at night shall find a clinic at work too.
        """
        wall = self.real.astimezone(ZONE).time()
        return self.instant(self.today, min(max(wall, _EARLIEST), _LATEST))

    def instant(self, day: date, wall: time) -> datetime:
        """The instant of a wall-clock time."""
        return instant_at(day, wall, ZONE)

    def is_open(self, day: date) -> bool:
        """Whether the clinic sees patients: on weekdays that are no holiday, and today whatever day it is."""
        return day == self.today or (day.weekday() < _SATURDAY and day not in holidays(day.year))

    def said_at(self, moment: datetime) -> datetime:
        """The instant that stands in the rows for a moment of the story, never one to come.

        In the evening all of today is told later by what the story lacks to the real time, so that whoever is in the
        clinic came a short while ago. Before mid-morning, the story's morning is told as if it had happened in the last
        two hours.
        """
        begin, behind = self.instant(self.today, time(7)), self.real - self.story_now
        if behind >= timedelta(0):
            return min(moment + behind if moment >= begin else moment, self.real)
        room = min(_SQUEEZED, self.real - self.instant(self.today, time(0)))
        if moment < begin:
            return min(moment, self.real - room)
        return self.real - room * max(0.0, (self.story_now - moment) / (self.story_now - begin))

    def days(self, first: int, last: int) -> Iterator[date]:
        """The open days from ``first`` to ``last`` days from today, both included."""
        return (day for n in range(first, last + 1) if self.is_open(day := self.today + timedelta(days=n)))


@cache
def holidays(year: int) -> dict[date, str]:
    """The days in a year on which the clinic is closed."""
    return {
        date(year, 1, 1): "New Year's Day",
        _nth(year, 5, _MONDAY, -1): "Memorial Day",
        date(year, 7, 4): "Independence Day",
        _nth(year, 9, _MONDAY, 1): "Labor Day",
        _nth(year, 11, _THURSDAY, 4): "Thanksgiving",
        date(year, 12, 25): "Christmas",
    }


def _nth(year: int, month: int, weekday: int, nth: int) -> date:
    """The nth such weekday of a month; -1 is the last."""
    days = [day for n in range(31) if (day := date(year, month, 1) + timedelta(days=n)).month == month]
    found = [day for day in days if day.weekday() == weekday]
    return found[nth - 1 if nth > 0 else nth]
