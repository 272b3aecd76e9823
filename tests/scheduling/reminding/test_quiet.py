"""The hours in which no reminder leaves."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from scheduling.reminding.quiet import is_quiet

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
