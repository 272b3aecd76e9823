"""The days of a visit that comes again. Pure: no database, no clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Self

from emr.shared.dates import add_months
from scheduling.choices import Frequency, Weekday

#: More visits than this at once are a mistake, and too many to look through.
MOST = 60
#: A rule whose days lie further apart than this has ended.
HORIZON = timedelta(days=3 * 366)
_WEEKDAYS = tuple(Weekday)


@dataclass(frozen=True)
class Rule:
    """How often a visit comes, from ``first`` on. It ends after ``count`` days or on ``until``.

    Weekly rules come on ``weekdays`` (the first day's own where none is given) of every ``interval`` weeks, counted
    from the first day's week, Monday first. Monthly ones on the ``nth`` such weekday as the first day's, -1 the last;
    a month without a fifth one has none.
    """

    first: date
    frequency: str
    interval: int = 1
    weekdays: tuple[str, ...] = ()
    nth: int | None = None
    count: int | None = None
    until: date | None = None

    def days(self) -> list[date]:
        """The days in order, none before ``first``, at most ``MOST`` of them."""
        return self._wanted(MOST, self.first + HORIZON)

    @property
    def is_cut_off(self) -> bool:
        """Whether the rule asks for more visits than ``days`` gives: too many, or too far ahead."""
        if self.count is not None:
            return len(self.days()) < self.count
        end = self.first + HORIZON
        return (self.until is not None and self.until > end) or len(self._wanted(MOST + 1, end)) > MOST

    def _wanted(self, most: int, end: date) -> list[date]:
        """The first days of the rule, none after ``end``."""
        found: list[date] = []
        for day in self._endless():
            if day > end or (self.until is not None and day > self.until):
                break
            if len(found) >= min(self.count or most, most):
                break
            if day >= self.first:
                found.append(day)
        return found

    def _endless(self) -> Iterator[date]:
        if self.frequency == Frequency.DAILY:
            return self._daily()
        return self._weekly() if self.frequency == Frequency.WEEKLY else self._monthly()

    def _daily(self) -> Iterator[date]:
        day = self.first
        while True:
            yield day
            day += timedelta(days=self.interval)

    def _weekly(self) -> Iterator[date]:
        wanted = sorted(_WEEKDAYS.index(Weekday(one)) for one in self.weekdays) or [self.first.weekday()]
        monday = self.first - timedelta(days=self.first.weekday())
        while True:
            yield from (monday + timedelta(days=number) for number in wanted)
            monday += timedelta(weeks=self.interval)

    def _monthly(self) -> Iterator[date]:
        month = self.first.replace(day=1)
        while True:
            yield nth_weekday(month, self.first.weekday(), self.nth or nth_of(self.first))
            month = add_months(month, self.interval)


@dataclass(frozen=True)
class Shift:
    """How far the days of a rule are moved: by days, or, a monthly rule's, to another weekday of the month."""

    days: int
    months: int = 0
    weekday: int | None = None
    nth: int = 1

    @classmethod
    def between(cls, old: date, new: date, frequency: str) -> Self:
        """The shift that takes ``old`` to ``new``."""
        days = (new - old).days
        if frequency != Frequency.MONTHLY or not days:
            return cls(days)
        months = (new.year - old.year) * 12 + new.month - old.month
        return cls(days, months, new.weekday(), nth_of(new))

    def day(self, day: date) -> date:
        """The day to which this one is moved."""
        if self.weekday is None:
            return day + timedelta(days=self.days)
        return nth_weekday(add_months(day.replace(day=1), self.months), self.weekday, self.nth)

    def rule(self, rule: Rule) -> Rule:
        """The rule with its days moved."""
        moved = sorted((_WEEKDAYS.index(Weekday(one)) + self.days) % 7 for one in rule.weekdays)
        return replace(
            rule,
            first=self.day(rule.first),
            until=self.day(rule.until) if rule.until is not None else None,
            weekdays=tuple(_WEEKDAYS[number].value for number in moved),
            nth=self.nth if self.weekday is not None else rule.nth,
        )


def nth_of(day: date) -> int:
    """Which one of its weekday in its month the day is, from 1; a fifth one is the last, -1."""
    number = (day.day - 1) // 7 + 1
    return number if number < 5 else -1


def nth_weekday(month: date, weekday: int, nth: int) -> date:
    """The ``nth`` weekday (Monday 0) of the month that begins on ``month``; ``nth`` from 1 to 4, or -1 for the last."""
    if nth > 0:
        return month + timedelta(days=(weekday - month.weekday()) % 7 + 7 * (nth - 1))
    end = add_months(month, 1) - timedelta(days=1)
    return end - timedelta(days=(end.weekday() - weekday) % 7)
