"""Values look the same everywhere, whatever the server's or the browser's locale."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from emr.ui import formats
from emr.ui.jinja import environment

# 03:30 UTC is still the evening before in New York (the zone of the test settings).
LATE = datetime(2026, 3, 15, 3, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("given", "shown"),
    [(date(1962, 3, 14), "14-Mar-1962"), (date(2026, 1, 5), "05-Jan-2026"), (LATE, "14-Mar-2026"), (None, "")],
)
def test_day(given: date | None, shown: str) -> None:
    assert formats.day(given) == shown


def test_long_day_and_weekday() -> None:
    assert formats.day_long(date(2026, 11, 23)) == "Monday, 23 November 2026"
    assert formats.weekday(LATE) == "Saturday"
    assert formats.day_short(LATE) == "14-Mar"


def test_clock_and_instant_are_in_the_clinics_zone() -> None:
    assert formats.clock(LATE) == "22:30"
    assert formats.clock(time(9, 5)) == "09:05"
    assert formats.instant(LATE) == "14-Mar-2026 22:30"


@pytest.mark.parametrize(
    ("given", "shown"),
    [("1234.5", "1,234.50"), ("0", "0.00"), ("0.005", "0.01"), ("-30", "−30.00"), ("1000000", "1,000,000.00")],
)
def test_money(given: str, shown: str) -> None:
    assert formats.money(Decimal(given)) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [(Decimal("38.0"), "38.0"), (Decimal("0.50"), "0.50"), (12345, "12,345"), (-1, "−1"), (None, "")],
)
def test_number_keeps_the_recorded_places(given: Decimal | int | None, shown: str) -> None:
    assert formats.number(given) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [("5.0", "5"), ("0.50", "0.5"), (".5", "0.5"), ("1000", "1,000"), ("10", "10"), ("12.5", "12.5")],
)
def test_a_dose_has_no_trailing_zero_that_is_read_as_ten_times_as_much(given: str, shown: str) -> None:
    assert formats.dose(Decimal(given)) == shown


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("2175550142", "(217) 555-0142"),
        ("+1 217 555 0142", "(217) 555-0142"),
        ("+44 20 7946 0018", "+44 20 7946 0018"),
        ("ask the son", "ask the son"),
        (None, ""),
    ],
)
def test_phone(given: str | None, shown: str) -> None:
    assert formats.phone(given) == shown


def test_mrn_in_groups() -> None:
    assert formats.mrn("1004827") == "100 482 7"
    assert formats.mrn("100 482 7") == "100 482 7"


@pytest.mark.parametrize(
    ("passed", "shown"),
    [
        (timedelta(seconds=20), "just now"),
        (timedelta(minutes=5), "5 min ago"),
        (timedelta(hours=3), "3 h ago"),
        (timedelta(days=1), "1 day ago"),
        (timedelta(days=3), "3 days ago"),
    ],
)
def test_ago(passed: timedelta, shown: str) -> None:
    assert formats.ago(timezone.now() - passed) == shown


def test_size() -> None:
    assert [formats.size(value) for value in (10, 318_000, 2_400_000)] == ["1 kB", "318 kB", "2.4 MB"]


def test_every_format_is_a_filter() -> None:
    assert set(formats.FILTERS) <= set(environment().filters)


@pytest.mark.parametrize(
    ("count", "shown"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (13, "13th"), (21, "21st"), (112, "112th")],
)
def test_ordinals_end_as_they_are_spoken(count: int, shown: str) -> None:
    assert formats.ordinal(count) == shown
