"""Free times against an oracle that marks each minute of the day free or not."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr.accounts.models import Practitioner
from scheduling.choices import Weekday
from scheduling.models import Schedule, ScheduleException
from scheduling.openings import Openings, Span

pytestmark = pytest.mark.feature("C03")

CHICAGO = ZoneInfo("America/Chicago")
DAYS = [date(2026, 3, 8), date(2026, 3, 9), date(2026, 11, 1), date(2026, 11, 2)]
WHO = Practitioner(family_name="Okafor", given_name="Amara", credentials="MD")
NEVER = datetime(2000, 1, 1, tzinfo=UTC)

times = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))
sessions = st.tuples(times, times).filter(lambda pair: pair[0] < pair[1])


def oracle(
    day: date, hours: list[tuple[time, time]], gone: list[tuple[datetime, datetime]], minutes: int
) -> list[datetime]:
    """Walk the day minute by minute; lay visits into each run of free minutes."""
    start = datetime.combine(day, time(12), UTC) - timedelta(hours=30)
    minute_by_minute = (start + timedelta(minutes=n) for n in range(60 * 60))
    walk = [moment for moment in minute_by_minute if moment.astimezone(CHICAGO).date() == day]

    def reached(wall: time) -> int:
        return next(n for n, moment in enumerate(walk) if moment.astimezone(CHICAGO).time() >= wall)

    free = [False] * len(walk)
    for begin, end in hours:
        for n in range(reached(begin), reached(end)):
            free[n] = True
    for n, moment in enumerate(walk):
        if any(begin <= moment < end for begin, end in gone):
            free[n] = False
    found, n = [], 0
    while n < len(walk):
        if all(free[n : n + minutes]) and n + minutes <= len(walk):
            found.append(walk[n])
            n += minutes
            continue
        while n < len(walk) and free[n]:
            n += 1
        n += 1
    return found


def opening(day: date, hours: list[tuple[time, time]], gone: list[tuple[datetime, datetime]]) -> Openings:
    schedules = [
        Schedule(
            practitioner=WHO,
            weekday=list(Weekday)[day.weekday()],
            start_time=begin,
            end_time=end,
            effective_from=date(2020, 1, 1),
        )
        for begin, end in hours
    ]
    blocks = [ScheduleException(practitioner=WHO, start_at=a, end_at=b, reason="x") for a, b in gone[::2]]
    return Openings.of(CHICAGO, schedules, blocks, [(WHO.pk, a, b) for a, b in gone[1::2]])


@given(
    day=st.sampled_from(DAYS),
    hours=st.lists(sessions, max_size=3),
    gone=st.lists(st.tuples(st.integers(0, 30 * 12), st.integers(1, 36)), max_size=6),
    minutes=st.sampled_from([10, 15, 20, 40, 50]),
)
@settings(max_examples=150, deadline=None)
def test_equals_the_oracle_over_the_change_of_clocks(
    day: date, hours: list[tuple[time, time]], gone: list[tuple[int, int]], minutes: int
) -> None:
    origin = datetime.combine(day, time(0), UTC)
    spans = [
        (origin + timedelta(minutes=5 * begin), origin + timedelta(minutes=5 * (begin + length)))
        for begin, length in gone
    ]
    slots = opening(day, hours, spans).slots(WHO, minutes, day, after=NEVER)
    assert [slot.start_at for slot in slots] == oracle(day, hours, spans, minutes)
    assert all(slot.end_at - slot.start_at == timedelta(minutes=minutes) for slot in slots)


def test_the_last_slot_that_fits_exactly_is_offered() -> None:
    day = date(2026, 11, 2)
    slots = opening(day, [(time(16), time(17))], []).slots(WHO, 20, day, after=NEVER)
    assert [slot.start_at.astimezone(CHICAGO).strftime("%H:%M") for slot in slots] == ["16:00", "16:20", "16:40"]


def test_the_past_is_not_offered() -> None:
    day = date(2026, 11, 2)
    after = datetime(2026, 11, 2, 16, 21, tzinfo=CHICAGO)
    slots = opening(day, [(time(16), time(17))], []).slots(WHO, 20, day, after=after)
    assert [slot.start_at.astimezone(CHICAGO).strftime("%H:%M") for slot in slots] == ["16:40"]


def test_hours_hold_only_within_their_dates() -> None:
    row = Schedule(
        practitioner=WHO,
        weekday=Weekday.MON,
        start_time=time(9),
        end_time=time(10),
        effective_from=date(2026, 11, 9),
        effective_until=date(2026, 11, 16),
    )
    openings = Openings.of(CHICAGO, [row], [], [])
    mondays = [date(2026, 11, 2) + timedelta(weeks=n) for n in range(4)]
    assert [bool(openings.sessions(WHO.pk, day)) for day in mondays] == [False, True, True, False]


def test_a_closed_clinic_closes_everybody() -> None:
    day = date(2026, 11, 2)
    openings = opening(day, [(time(9), time(10))], [])
    everybody = ScheduleException(
        start_at=datetime(2026, 11, 2, tzinfo=CHICAGO), end_at=datetime(2026, 11, 3, tzinfo=CHICAGO), reason="Holiday"
    )
    closed = Openings(openings.zone, openings.hours, [everybody], {})
    assert closed.open_time(WHO.pk, day) == []
    assert not closed.is_open(WHO.pk, span(day, 9, 10))
    assert openings.is_open(WHO.pk, span(day, 9, 10))
    assert not openings.is_open(WHO.pk, span(day, 9, 11))
    assert openings.is_free(UUID(int=1), span(day, 9, 10))


def span(day: date, begin: int, end: int) -> Span:
    return Span(
        datetime.combine(day, time(begin), CHICAGO).astimezone(UTC),
        datetime.combine(day, time(end), CHICAGO).astimezone(UTC),
    )
