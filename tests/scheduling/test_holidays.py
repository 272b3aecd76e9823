"""Federal holidays against the lists that the Office of Personnel Management published."""

from __future__ import annotations

from datetime import date

import pytest

from scheduling.holidays import federal_holidays

pytestmark = pytest.mark.feature("C03")

#: Days on which offices were or are closed, by year: opm.gov, Federal Holidays.
PUBLISHED = {
    2021: ["2021-01-01", "01-18", "02-15", "05-31", "06-18", "07-05", "09-06", "10-11", "11-11", "11-25", "12-24"],
    2026: ["2026-01-01", "01-19", "02-16", "05-25", "06-19", "07-03", "09-07", "10-12", "11-11", "11-26", "12-25"],
    2027: ["2027-01-01", "01-18", "02-15", "05-31", "06-18", "07-05", "09-06", "10-11", "11-11", "11-25", "12-24"],
    2022: ["2021-12-31", "01-17", "02-21", "05-30", "06-20", "07-04", "09-05", "10-10", "11-11", "11-24", "12-26"],
}


@pytest.mark.parametrize("year", sorted(PUBLISHED))
def test_equal_the_published_days(year: int) -> None:
    expected = [day if len(day) > 5 else f"{year}-{day}" for day in PUBLISHED[year]]
    assert [one.kept_on.isoformat() for one in federal_holidays(year)] == expected


def test_the_day_itself_stays_known() -> None:
    fourth = next(one for one in federal_holidays(2026) if one.name == "Independence Day")
    assert (fourth.day, fourth.kept_on) == (date(2026, 7, 4), date(2026, 7, 3))
