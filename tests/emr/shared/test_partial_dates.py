"""Dates known to the day, the month or the year: read as they are typed, shown with no more than is known."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from emr.shared.dates import clinic_today
from emr.shared.partial_dates import PartialDate, parse_partial
from emr.ui import formats
from emr.ui.forms import PartialDateField, PartialDateText


@pytest.mark.parametrize(
    ("typed", "first", "last", "shown"),
    [
        ("14-Mar-2019", date(2019, 3, 14), date(2019, 3, 14), "14-Mar-2019"),
        ("3/14/2019", date(2019, 3, 14), date(2019, 3, 14), "14-Mar-2019"),
        ("Mar 2019", date(2019, 3, 1), date(2019, 3, 31), "Mar 2019"),
        ("february-2020", date(2020, 2, 1), date(2020, 2, 29), "Feb 2020"),
        ("2/2020", date(2020, 2, 1), date(2020, 2, 29), "Feb 2020"),
        ("2020-02", date(2020, 2, 1), date(2020, 2, 29), "Feb 2020"),
        ("2010", date(2010, 1, 1), date(2010, 12, 31), "2010"),
        (" about  2010 ", date(2010, 1, 1), date(2010, 12, 31), "2010"),
    ],
)
def test_what_is_typed_is_shown_again(typed: str, first: date, last: date, shown: str) -> None:
    found = parse_partial(typed)
    assert found is not None
    assert (found.day, found.last) == (first, last)
    assert formats.partial(found.day, found.precision) == shown
    assert parse_partial(shown) == found
    assert PartialDateText().format_value(found) == shown


@pytest.mark.parametrize("typed", ["", "19", "13/2019", "2019-13", "Foo 2019", "spring 2019", "1850", "2999", "10"])
def test_what_is_no_date_of_the_past_is_none(typed: str) -> None:
    assert parse_partial(typed) is None


def test_nothing_is_in_the_future_and_an_end_is_the_last_day_that_is_meant() -> None:
    today = clinic_today()
    assert parse_partial(f"{today.year + 1}") is None
    assert parse_partial(formats.day(today + timedelta(days=1))) is None
    end = PartialDateField(precision="p", ends=True)
    assert end.stored(PartialDate(date(2010, 1, 1), "year")) == (date(2010, 12, 31), "year")
    assert end.stored(end.to_python(str(today.year))) == (today, "year")
    assert end.stored(None) == (None, "day")
