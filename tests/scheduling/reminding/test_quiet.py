"""The hours in which no reminder leaves."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from scheduling.reminding.quiet import awake_after, is_quiet

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("elm_street")]


@pytest.mark.feature("C11")
@pytest.mark.parametrize(
    ("wall", "quiet"),
    [
        (datetime(2026, 11, 23, 12, 59, tzinfo=UTC), True),  # 07:59 in New York
        (datetime(2026, 11, 23, 13, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 24, 0, 59, tzinfo=UTC), False),  # 19:59
        (datetime(2026, 11, 24, 1, 0, tzinfo=UTC), True),
        (datetime(2026, 3, 8, 11, 59, tzinfo=UTC), True),  # the clock went forward: 07:59, not 06:59
        (datetime(2026, 3, 8, 12, 0, tzinfo=UTC), False),
        (datetime(2026, 11, 1, 12, 59, tzinfo=UTC), True),  # it went back: 07:59, not 08:59
        (datetime(2026, 11, 1, 13, 0, tzinfo=UTC), False),
    ],
)
def test_quiet_hours_are_the_wall_clocks(wall: datetime, quiet: bool) -> None:
    assert is_quiet(wall) is quiet


@pytest.mark.feature("C09")
@pytest.mark.parametrize(
    ("asked", "until"),
    [
        (datetime(2026, 11, 23, 15, tzinfo=UTC), datetime(2026, 11, 23, 19, tzinfo=UTC)),  # 10:00 to 14:00
        (datetime(2026, 11, 23, 21, tzinfo=UTC), datetime(2026, 11, 24, 1, tzinfo=UTC)),  # 16:00 to 20:00
        (datetime(2026, 11, 23, 23, tzinfo=UTC), datetime(2026, 11, 24, 15, tzinfo=UTC)),  # 18:00 to 10:00
        (datetime(2026, 11, 24, 7, tzinfo=UTC), datetime(2026, 11, 24, 17, tzinfo=UTC)),  # 02:00 to 12:00
        (datetime(2026, 3, 8, 3, tzinfo=UTC), datetime(2026, 3, 8, 16, tzinfo=UTC)),  # 22:00, the clock goes forward
        (datetime(2026, 11, 1, 2, tzinfo=UTC), datetime(2026, 11, 1, 17, tzinfo=UTC)),  # 22:00, it goes back
    ],
)
def test_four_hours_to_answer_are_hours_of_the_day(asked: datetime, until: datetime) -> None:
    assert awake_after(asked, timedelta(hours=4)) == until


def test_without_quiet_an_hour_is_an_hour(settings: Any) -> None:
    settings.REMINDER_QUIET_HOURS = "00:00-00:00"
    asked = datetime(2026, 11, 24, 7, tzinfo=UTC)
    assert awake_after(asked, timedelta(hours=30)) == asked + timedelta(hours=30)
