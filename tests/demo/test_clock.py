"""The story's clock."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import pytest
from django.utils import timezone

from demo import clock
from demo.story.calendar import Calendar, holidays
from demo.timeline import Timeline

THEN = datetime(2025, 6, 2, 14, 0, tzinfo=UTC)


def test_only_the_block_is_in_the_past() -> None:
    with clock.at(THEN):
        assert timezone.now() == THEN
    assert timezone.now() > THEN


def test_an_error_brings_the_real_time_back() -> None:
    with pytest.raises(RuntimeError), clock.at(THEN):
        raise RuntimeError
    assert timezone.now() > THEN


def test_a_moment_without_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"), clock.at(datetime(2025, 6, 2)):
        pass


def test_things_happen_in_their_order() -> None:
    seen: list[tuple[str, datetime]] = []
    timeline = Timeline()
    timeline.add(THEN + timedelta(hours=2), lambda: seen.append(("second", timezone.now())))
    timeline.add(
        THEN, lambda: timeline.add(THEN + timedelta(hours=1), lambda: seen.append(("between", timezone.now())))
    )
    timeline.tell(said_at=lambda moment: moment, on_step=lambda done, total: None)
    assert seen == [("between", THEN + timedelta(hours=1)), ("second", THEN + timedelta(hours=2))]


@pytest.mark.parametrize("hour", [0, 3, 9, 11, 14, 16, 20, 23])
def test_nothing_lies_in_the_future_and_the_order_stays(hour: int) -> None:
    calendar = Calendar(datetime(2026, 4, 14, 5, 30, tzinfo=UTC) + timedelta(hours=hour))
    told = [calendar.instant(calendar.today, time(7)) + timedelta(minutes=10 * n) for n in range(60)]
    said = [calendar.said_at(moment) for moment in told if moment <= calendar.story_now]
    assert said == sorted(said)
    assert said[-1] <= calendar.real
    assert said[-1] > calendar.real - timedelta(minutes=45)


def test_the_clinic_is_open_today_even_on_a_holiday() -> None:
    calendar = Calendar(datetime(2026, 12, 25, 18, tzinfo=UTC))
    assert calendar.is_open(date(2026, 12, 25))
    assert not calendar.is_open(date(2027, 1, 1))
    assert not calendar.is_open(date(2026, 12, 26))


def test_thanksgiving_is_the_fourth_thursday() -> None:
    assert holidays(2026)[date(2026, 11, 26)] == "Thanksgiving"
    assert holidays(2026)[date(2026, 5, 25)] == "Memorial Day"
