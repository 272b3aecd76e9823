"""The wall clock against a walk through every minute of the day."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from scheduling.wallclock import day_bounds, instant_at

CHICAGO = ZoneInfo("America/Chicago")
SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)


def walked(day: date, wall: time, zone: ZoneInfo) -> datetime:
    """The first minute of the day whose wall clock has reached ``wall``."""
    moment = datetime.combine(day, time(12), UTC) - timedelta(hours=30)
    while (local := moment.astimezone(zone)).date() < day or (local.date() == day and local.time() < wall):
        moment += timedelta(minutes=1)
    return moment


@pytest.mark.parametrize(
    ("day", "wall", "utc"),
    [
        (date(2026, 3, 7), time(9), datetime(2026, 3, 7, 15, tzinfo=UTC)),
        (SPRING, time(9), datetime(2026, 3, 8, 14, tzinfo=UTC)),
        (SPRING, time(2, 30), datetime(2026, 3, 8, 8, tzinfo=UTC)),
        (AUTUMN, time(1, 30), datetime(2026, 11, 1, 6, 30, tzinfo=UTC)),
        (AUTUMN, time(9), datetime(2026, 11, 1, 15, tzinfo=UTC)),
    ],
)
def test_nine_stays_nine_and_skipped_times_are_the_jump(day: date, wall: time, utc: datetime) -> None:
    assert instant_at(day, wall, CHICAGO) == utc


def test_days_have_23_24_and_25_hours() -> None:
    lengths = [(end - start) / timedelta(hours=1) for start, end in (day_bounds(d, CHICAGO) for d in DAYS)]
    assert lengths == [23, 25, 24]


DAYS = [SPRING, AUTUMN, date(2026, 6, 1)]


@given(
    st.sampled_from(DAYS),
    st.times().map(lambda t: t.replace(second=0, microsecond=0)),
    st.sampled_from([CHICAGO, ZoneInfo("America/New_York"), ZoneInfo("America/Phoenix"), ZoneInfo("Pacific/Honolulu")]),
)
def test_equals_the_walk(day: date, wall: time, zone: ZoneInfo) -> None:
    assert instant_at(day, wall, zone) == walked(day, wall, zone)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("zone", "day"),
    [
        ("America/Chicago", SPRING),
        ("America/Chicago", AUTUMN),
        ("America/Chicago", date(2026, 6, 1)),
        ("Australia/Lord_Howe", date(2026, 4, 5)),  # half an hour back
        ("Pacific/Auckland", date(2026, 9, 27)),
    ],
)
def test_the_database_reads_the_clock_alike(zone: str, day: date) -> None:
    walls = [time(minute // 60, minute % 60) for minute in range(0, 24 * 60, 10)]
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT scheduling_instant(%s, wall, %s) FROM unnest(%s::time[]) WITH ORDINALITY AS t(wall, n) ORDER BY n",
            [day, zone, walls],
        )
        said = [row[0] for row in cursor.fetchall()]
    assert said == [instant_at(day, wall, ZoneInfo(zone)) for wall in walls]
