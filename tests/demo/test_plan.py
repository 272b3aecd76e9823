"""The plan of the sample clinic: whenever somebody looks, the day is under way."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta

import pytest

from demo.seed import SIZES
from demo.story.calendar import ZONE, Calendar
from demo.story.cast import Cast
from demo.story.people import invent
from demo.story.plan import Fate, Planner, Visit
from demo.story.privacy import PrivacyTold
from demo.timeline import Happening, Timeline

#: At night, in the hours that are told as they are, when the clinic is about to close, and in the evening.
HOURS = [time(0, 30), time(11, 15), time(13, 40), time(15, 10), time(16, 30), time(22, 45)]
#: How long before a visit its patient comes at the earliest.
_EARLY = timedelta(minutes=22)
#: Every day of a year, with a leap day in it; the large clinic is looked at once a month.
_DAYS = [date(2027, 11, 1) + timedelta(days=n) for n in range(366)]


def todays(wall: time, size: str) -> Iterator[tuple[Calendar, list[Visit]]]:
    """The visits of each today of a year, planned at a time of its day."""
    told = SIZES[size]
    for day in _DAYS[:: 1 if size == "small" else 30]:
        calendar = Calendar(datetime.combine(day, wall, ZONE))
        people = invent(calendar, 1, day - timedelta(days=told.days + 30), told.households)
        planner = Planner(calendar, 1)
        planner.today(people, told.today)
        yield calendar, planner.visits


@pytest.mark.parametrize("size", SIZES)
@pytest.mark.parametrize("wall", HOURS, ids=str)
def test_on_every_day_some_were_seen_one_is_here_and_some_are_to_come(wall: time, size: str) -> None:
    lacking = []
    for calendar, visits in todays(wall, size):
        now, kept = calendar.story_now, [visit for visit in visits if visit.fate == Fate()]
        found = {
            "missed": any(visit.fate.no_show for visit in visits),
            "called off": any(visit.fate.cancelled for visit in visits),
            "seen": any(visit.end < now for visit in kept),
            "here": any(visit.start <= now <= visit.end for visit in kept),
            "to come": any(visit.start - _EARLY > now for visit in kept),
        }
        lacking += [f"{calendar.today} {name}" for name, there in found.items() if not there]
    assert lacking == []


@pytest.mark.parametrize("wall", [time(12, 20), time(12, 50)], ids=str)
def test_at_lunch_some_are_to_come(wall: time) -> None:
    for calendar, visits in todays(wall, "small"):
        assert any(visit.start - _EARLY > calendar.story_now for visit in visits if visit.fate == Fate())


class _Listed(Timeline):
    """Remembers what is to happen by its name: the first moment of each."""

    def __init__(self) -> None:
        super().__init__()
        self.first: dict[str, datetime] = {}

    def add(self, moment: datetime, happening: Happening) -> None:
        name = getattr(happening, "func", happening).__name__
        self.first[name] = min(moment, self.first.get(name, moment))


def test_on_every_day_what_answers_something_comes_after_it() -> None:
    for day in _DAYS:
        calendar, listed = Calendar(datetime.combine(day, time(11), ZONE)), _Listed()
        people = invent(calendar, 1, day - timedelta(days=65), SIZES["small"].households)
        PrivacyTold(Cast(), calendar, listed, people).lay()
        order = ("_grant_for_a_week", "_emergency_by_nurse", "_sign_off", "told", "_look_for_signals", "_confirm_own")
        assert sorted(order, key=listed.first.__getitem__) == list(order), day
        assert listed.first["_confirm_own"] < listed.first["_dismiss_one"], day
