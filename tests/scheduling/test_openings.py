"""Free times against an oracle that walks through each minute of the day."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from itertools import pairwise
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from emr.accounts.models import Practitioner
from scheduling.choices import ExceptionKind, Weekday
from scheduling.models import AppointmentType, Room, Schedule, ScheduleException
from scheduling.openings import Openings, Span
from tests.scheduling.oracle import CHICAGO, Stand, free_times

pytestmark = pytest.mark.feature("C03")

#: The days on which the clock is moved, and those after them.
DAYS = [date(2026, 3, 8), date(2026, 3, 9), date(2026, 11, 1), date(2026, 11, 2)]
WHO = Practitioner(family_name="Okafor", given_name="Amara", credentials="MD")
NEVER = datetime(2000, 1, 1, tzinfo=UTC)
KINDS = [AppointmentType(name="Follow-up"), AppointmentType(name="Procedure", buffer_minutes=15)]
ROOM = Room(name="Room 1")

clocks = st.integers(0, 24 * 12 - 1).map(lambda n: time(n // 12, n % 12 * 5))
types = st.sampled_from([(), (), (KINDS[0].pk,), (KINDS[1].pk,), tuple(kind.pk for kind in KINDS)])


@dataclass
class Case:
    """A day of somebody."""

    day: date
    rows: list[Schedule]
    exceptions: list[ScheduleException]
    visits: list[Stand]

    @property
    def openings(self) -> Openings:
        taken = [(WHO.pk, one.start, one.end, one.until, one.type_id, None) for one in self.visits]
        return Openings.of(CHICAGO, self.rows, self.exceptions, taken)


@st.composite
def spans(draw: Any, day: date) -> tuple[datetime, datetime]:
    start = datetime.combine(day, time(0), UTC) + timedelta(minutes=5 * draw(st.integers(0, 30 * 12)))
    return start, start + timedelta(minutes=5 * draw(st.integers(1, 60)))


@st.composite
def cases(draw: Any) -> Case:
    day = draw(st.sampled_from(DAYS))
    borders = sorted(draw(st.lists(clocks, min_size=2, max_size=8, unique=True)))
    rows = [session(draw, day, begin, end) for begin, end in pairwise(borders)]
    exceptions = [exception(draw, day) for _ in range(draw(st.integers(0, 4)))]
    return Case(day, rows, exceptions, [visit(draw, day) for _ in range(draw(st.integers(0, 6)))])


def session(draw: Any, day: date, begin: time, end: time) -> Schedule:
    held = draw(st.booleans())
    row = Schedule(
        practitioner=WHO,
        weekday=draw(st.sampled_from([list(Weekday)[day.weekday()]] * 5 + [Weekday.MON])),
        start_time=begin,
        end_time=end,
        effective_from=day - timedelta(days=draw(st.integers(0, 60))),
        effective_until=draw(st.sampled_from([None, None, day, day - timedelta(days=1)])),
        capacity=draw(st.sampled_from([1, 1, 2, 3])),
        room=draw(st.sampled_from([None, ROOM])),
        interval_weeks=draw(st.sampled_from([1, 1, 2, 3])),
        held=held,
        release_hours=draw(st.integers(1, 48)) if held else 0,
    )
    if row.effective_until is not None and row.effective_until < row.effective_from:
        row.effective_until = row.effective_from
    row.type_ids = draw(types)
    return row


def exception(draw: Any, day: date) -> ScheduleException:
    start, end = draw(spans(day))
    kind = draw(st.sampled_from(ExceptionKind))
    whom = WHO if kind in ExceptionKind.personal() else None
    return ScheduleException(practitioner=whom, kind=kind, start_at=start, end_at=end, reason="x")


def visit(draw: Any, day: date) -> Stand:
    start, _ = draw(spans(day))
    end = start + timedelta(minutes=5 * draw(st.integers(1, 12)))
    until = end + timedelta(minutes=5 * draw(st.sampled_from([0, 0, 1, 3])))
    return Stand(start, end, until, draw(st.sampled_from([None, *(kind.pk for kind in KINDS)])))


@given(
    case=cases(),
    minutes=st.sampled_from([10, 15, 20, 40, 50]),
    kind=st.sampled_from([None, *KINDS]),
    ahead=st.integers(-3, 50),
)
@settings(max_examples=150, deadline=None)
def test_equals_the_oracle_over_the_change_of_clocks(
    case: Case, minutes: int, kind: AppointmentType | None, ahead: int
) -> None:
    now = datetime.combine(case.day, time(12), UTC) - timedelta(hours=ahead)
    slots = case.openings.slots(WHO, minutes, case.day, after=NEVER, kind=kind, now=now)
    expected = free_times(case.day, case.rows, case.exceptions, case.visits, minutes, now=now, kind=kind)
    assert [slot.start_at for slot in slots] == expected
    assert all(slot.end_at - slot.start_at == timedelta(minutes=minutes) for slot in slots)


def opening(day: date, *hours: tuple[time, time], taken: list[Any] | None = None, **wanted: Any) -> Openings:
    rows = [
        Schedule(
            practitioner=WHO,
            weekday=list(Weekday)[day.weekday()],
            start_time=begin,
            end_time=end,
            effective_from=date(2020, 1, 1),
            **wanted,
        )
        for begin, end in hours
    ]
    return Openings.of(CHICAGO, rows, [], taken or [])


def starts(openings: Openings, day: date, minutes: int = 20, **asked: Any) -> list[str]:
    slots = openings.slots(WHO, minutes, day, **{"after": NEVER, "now": NEVER, **asked})
    return [slot.start_at.astimezone(CHICAGO).strftime("%H:%M") for slot in slots]


def test_the_last_slot_that_fits_exactly_is_offered() -> None:
    day = date(2026, 11, 2)
    assert starts(opening(day, (time(16), time(17))), day) == ["16:00", "16:20", "16:40"]


def test_the_past_is_not_offered() -> None:
    day = date(2026, 11, 2)
    after = datetime(2026, 11, 2, 16, 21, tzinfo=CHICAGO)
    assert starts(opening(day, (time(16), time(17))), day, after=after) == ["16:40"]


@pytest.mark.parametrize(("day", "expected"), [(date(2026, 3, 8), 2), (date(2026, 11, 1), 4), (date(2026, 11, 2), 3)])
def test_the_night_shift_is_as_long_as_the_night(day: date, expected: int) -> None:
    assert len(starts(opening(day, (time(0), time(3))), day, 60)) == expected


def test_the_skipped_hour_offers_nothing_and_the_doubled_one_twice() -> None:
    spring, autumn = DAYS[0], DAYS[2]
    assert starts(opening(spring, (time(2), time(3))), spring) == []
    assert starts(opening(spring, (time(1, 30), time(3, 30))), spring, 30) == ["01:30", "03:00"]
    assert starts(opening(autumn, (time(1), time(2))), autumn, 30) == ["01:00", "01:30", "01:00", "01:30"]


def test_hours_hold_only_within_their_dates() -> None:
    day = date(2026, 11, 2)
    openings = opening(day, (time(9), time(10)))
    row = openings.hours[WHO.pk][0]
    row.effective_from, row.effective_until = date(2026, 11, 9), date(2026, 11, 16)
    mondays = [day + timedelta(weeks=n) for n in range(4)]
    assert [bool(openings.sessions(WHO.pk, day)) for day in mondays] == [False, True, True, False]


def test_every_other_week_begins_with_the_first() -> None:
    openings = opening(date(2026, 11, 2), (time(9), time(10)), interval_weeks=2)
    openings.hours[WHO.pk][0].effective_from = date(2026, 11, 4)
    mondays = [date(2026, 11, 2) + timedelta(weeks=n) for n in range(5)]
    assert [bool(openings.sessions(WHO.pk, day)) for day in mondays] == [False, True, False, True, False]


def test_a_closed_clinic_closes_everybody() -> None:
    day = date(2026, 11, 2)
    openings = opening(day, (time(9), time(10)))
    everybody = ScheduleException(
        start_at=datetime(2026, 11, 2, tzinfo=CHICAGO), end_at=datetime(2026, 11, 3, tzinfo=CHICAGO), reason="Flood"
    )
    closed = Openings.of(CHICAGO, openings.hours[WHO.pk], [everybody], [])
    assert closed.open_time(WHO.pk, day) == []
    assert not closed.is_open(WHO.pk, span(day, 9, 10))
    assert openings.is_open(WHO.pk, span(day, 9, 10))
    assert not openings.is_open(WHO.pk, span(day, 9, 11))
    assert openings.is_free(UUID(int=1), span(day, 9, 10))


def test_how_many_may_come_is_asked_of_the_time_and_not_of_the_day() -> None:
    day = date(2026, 11, 2)
    taken = [(WHO.pk, *span(day, 9, 10)), (WHO.pk, *span(day, 10, 11)), (WHO.pk, *span(day, 10, 11))]
    openings = opening(day, (time(9), time(12)), taken=taken, capacity=2)
    assert starts(openings, day, 60) == ["09:00", "11:00"]
    assert [openings.is_free(WHO.pk, span(day, hour, hour + 1)) for hour in (9, 10, 11)] == [True, False, True]


def test_a_held_session_opens_hours_before() -> None:
    day = date(2026, 11, 2)
    openings = opening(day, (time(9), time(10)), held=True, release_hours=24)
    early, late = (datetime(2026, 11, 1, 9, tzinfo=CHICAGO) - timedelta(minutes=n) for n in (1, 0))
    assert starts(openings, day, now=early) == []
    assert starts(openings, day, now=late) == ["09:00", "09:20", "09:40"]
    assert openings.sessions(WHO.pk, day) == [span(day, 9, 10)]


def span(day: date, begin: int, end: int) -> Span:
    return Span(
        datetime.combine(day, time(begin), CHICAGO).astimezone(UTC),
        datetime.combine(day, time(end), CHICAGO).astimezone(UTC),
    )
