"""The order of the sample clinic's story, whatever day it is told on."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import partial
from types import SimpleNamespace
from typing import Any

import pytest

from demo.story.balances import BalancesTold
from demo.story.calendar import Calendar
from demo.story.people import Person, invent
from demo.timeline import Happening, Timeline


class _Noted(Timeline):
    """What is put on it about one person, by the person's key."""

    def __init__(self) -> None:
        super().__init__()
        self.told: dict[str, datetime] = {}

    def add(self, moment: datetime, happening: Happening) -> None:
        super().add(moment, happening)
        if isinstance(happening, partial) and isinstance(happening.args[0], Person):
            self.told[happening.args[0].key] = moment


@pytest.mark.parametrize("day", range(22, 31))
def test_a_price_is_told_after_the_patient_is_registered(day: int) -> None:
    calendar, timeline = Calendar(datetime(2026, 11, day, 18, tzinfo=UTC)), _Noted()
    people = invent(calendar, 1, calendar.today - timedelta(days=395), None)
    cast: Any = SimpleNamespace(users={"biller": None})
    BalancesTold(cast, calendar, timeline, people, []).lay()
    asked = {one.key: one for one in people if not one.row["payer"] and "deceased" not in one.flags}
    assert any("new" in one.flags for one in asked.values())
    assert timeline.told.keys() == asked.keys()
    assert [key for key, moment in timeline.told.items() if moment <= asked[key].registered_at] == []
