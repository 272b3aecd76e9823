"""Calendar files by the rules of RFC 5545."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from scheduling.icalendar import Event, calendar

pytestmark = pytest.mark.feature("C15")

WHEN = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/Chicago"))


def lines(summary: str, start: datetime = WHEN) -> list[bytes]:
    event = Event("u1", start, start + timedelta(minutes=30), WHEN, 3, "CONFIRMED", summary)
    return calendar("Booked times", [event], product="Test").split(b"\r\n")


@pytest.mark.parametrize("summary", ["x" * 300, "é" * 200, "🩺" * 90, "a" + "🩺" * 90])
def test_long_lines_are_folded_and_no_character_is_cut(summary: str) -> None:
    found = lines(summary)
    assert max(map(len, found)) <= 75
    assert [line.decode() for line in found]
    unfolded = b"\r\n".join(found).replace(b"\r\n ", b"").decode()
    assert f"SUMMARY:{summary}\r\n" in unfolded


def test_text_is_escaped() -> None:
    assert b"SUMMARY:a\\, b\\; c\\\\ d\\ne" in lines("a, b; c\\ d\ne")


def test_the_doubled_hour_is_two_instants() -> None:
    first, second = WHEN, WHEN.replace(fold=1)
    assert [b"DTSTART:20261101T063000Z" in lines("x", one) for one in (first, second)] == [True, False]
    assert b"DTSTART:20261101T073000Z" in lines("x", second)


def test_a_calendar_without_entries_is_one() -> None:
    found = calendar("Booked times", [], product="Test").split(b"\r\n")
    assert (found[0], found[1], found[-2], found[-1]) == (b"BEGIN:VCALENDAR", b"VERSION:2.0", b"END:VCALENDAR", b"")
    assert WHEN.astimezone(UTC).hour == 6
