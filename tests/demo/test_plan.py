"""The plan of the sample clinic holds on every day of a year."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from demo.seed import SIZES
from demo.story.calendar import ZONE, Calendar
from demo.story.cast import Cast
from demo.story.people import invent
from demo.story.privacy import PrivacyTold
from demo.timeline import Happening, Timeline

#: Every day of a year, with a leap day in it.
_DAYS = [date(2027, 11, 1) + timedelta(days=n) for n in range(366)]


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
