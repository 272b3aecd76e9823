"""The days of a series, against dateutil's rules and by hand."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil import rrule
from hypothesis import given
from hypothesis import strategies as st

from scheduling.choices import Weekday
from scheduling.recurrence import HORIZON, MOST, Rule, Shift, nth_of

pytestmark = pytest.mark.feature("C08")

DAYS = st.dates(date(2026, 1, 1), date(2027, 12, 31))
_FIRST = date(2026, 11, 23)
_NAMES = [day.value for day in Weekday]


@given(first=DAYS, interval=st.integers(1, 6), count=st.integers(1, MOST))
def test_daily(first: date, interval: int, count: int) -> None:
    oracle = rrule.rrule(rrule.DAILY, dtstart=_start(first), interval=interval, count=count)
    assert Rule(first, "daily", interval, count=count).days() == [day.date() for day in oracle]


@given(first=DAYS, interval=st.integers(1, 4), days=st.sets(st.integers(0, 6)), weeks=st.integers(0, 20))
def test_weekly(first: date, interval: int, days: set[int], weeks: int) -> None:
    until = first + timedelta(weeks=weeks)
    wanted = sorted(days) or [first.weekday()]
    oracle = rrule.rrule(
        rrule.WEEKLY, dtstart=_start(first), interval=interval, byweekday=wanted, until=_start(until), wkst=rrule.MO
    )
    rule = Rule(first, "weekly", interval, tuple(_NAMES[one] for one in sorted(days)), until=until)
    assert rule.days() == [day.date() for day in oracle][:MOST]


@given(first=DAYS, interval=st.integers(1, 4), count=st.integers(1, 12))
def test_monthly_on_the_same_weekday_of_the_month(first: date, interval: int, count: int) -> None:
    nth = nth_of(first)
    oracle = rrule.rrule(
        rrule.MONTHLY,
        dtstart=_start(first),
        interval=interval,
        byweekday=rrule.weekday(first.weekday())(nth),
        count=count,
    )
    expected = [day.date() for day in oracle if day.date() <= first + HORIZON]
    assert Rule(first, "monthly", interval, nth=nth, count=count).days() == expected


@pytest.mark.parametrize(
    ("rule", "cut_off"),
    [
        ({"frequency": "daily", "until": _FIRST + timedelta(days=MOST - 1)}, False),
        ({"frequency": "daily", "until": _FIRST + timedelta(days=MOST)}, True),
        ({"frequency": "daily", "count": MOST + 1}, True),
        ({"frequency": "weekly", "interval": 52, "count": 4}, False),
        ({"frequency": "weekly", "interval": 52, "count": 5}, True),
        ({"frequency": "monthly", "until": _FIRST + HORIZON}, False),
        ({"frequency": "monthly", "interval": 12, "until": _FIRST + HORIZON + timedelta(days=1)}, True),
    ],
)
def test_a_rule_knows_whether_it_gives_all_that_it_asks_for(rule: dict[str, Any], cut_off: bool) -> None:
    assert Rule(_FIRST, **rule).is_cut_off == cut_off


def test_a_fifth_one_is_the_last() -> None:
    assert Rule(date(2026, 9, 29), "monthly", nth=-1, count=3).days() == [
        date(2026, 9, 29),
        date(2026, 10, 27),
        date(2026, 11, 24),
    ]


def test_a_rule_moved_by_a_day_names_other_weekdays() -> None:
    rule = Rule(date(2026, 11, 23), "weekly", weekdays=("mon", "sun"), until=date(2026, 12, 13))
    moved = Shift.between(date(2026, 11, 23), date(2026, 11, 24), "weekly").rule(rule)
    assert (moved.first, moved.weekdays, moved.until) == (date(2026, 11, 24), ("mon", "tue"), date(2026, 12, 14))


def test_a_monthly_rule_is_moved_to_another_weekday_of_its_month() -> None:
    shift = Shift.between(date(2026, 11, 10), date(2026, 11, 12), "monthly")
    assert [shift.day(day) for day in (date(2026, 12, 8), date(2027, 1, 12))] == [date(2026, 12, 10), date(2027, 1, 14)]


def _start(day: date) -> datetime:
    return datetime.combine(day, time(0))
