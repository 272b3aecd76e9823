"""Time that differs from the week, and the hours of a single day."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest

from emr.accounts.models import Practitioner, User
from emr.shared.errors import DomainError
from scheduling.actions.availability import Terms, change_hours, copy_week, end_hours, set_hours, withdraw_hours
from scheduling.actions.exceptions import add_holidays, block_time, override_day
from scheduling.choices import ExceptionKind, Weekday
from scheduling.models import Schedule, ScheduleException
from scheduling.openings import Openings
from tests.factories.accounts import PractitionerFactory
from tests.factories.scheduling import AppointmentTypeFactory, RoomFactory, ScheduleFactory
from tests.scheduling.conftest import CHICAGO, MONDAY, at

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C03")]


@pytest.fixture
def boss(person: Any) -> User:
    found: User = person("manager")
    return found


def hours_on(who: Practitioner, day: date) -> list[str]:
    spans = Openings.read([who], day, day).open_time(who.pk, day)
    return [f"{a.astimezone(CHICAGO):%H:%M}-{b.astimezone(CHICAGO):%H:%M}" for a, b in spans]


def test_one_day_is_set_anew_and_again(boss: User, doctor: Practitioner) -> None:
    for hours, expected in (
        ([(time(10), time(12)), (time(13), time(19))], ["10:00-12:00", "13:00-19:00"]),
        ([(time(6), time(9))], ["06:00-09:00"]),
        ([], []),
        ([(time(8), time(17))], ["08:00-17:00"]),
    ):
        override_day(by=boss, practitioner=doctor, day=MONDAY, hours=hours, reason="Late clinic")
        assert hours_on(doctor, MONDAY) == expected
    assert not ScheduleException.objects.filter(withdrawn=False).exists()
    assert hours_on(doctor, MONDAY + timedelta(days=1)) == ["08:00-17:00"]


def test_a_day_can_be_opened_on_a_holiday_but_not_in_a_vacation(boss: User, doctor: Practitioner) -> None:
    add_holidays(by=boss, days=[(MONDAY, "Founders' Day")])
    assert hours_on(doctor, MONDAY) == []
    override_day(by=boss, practitioner=doctor, day=MONDAY, hours=[(time(9), time(11))], reason="On call")
    assert hours_on(doctor, MONDAY) == ["09:00-11:00"]
    tuesday = MONDAY + timedelta(days=1)
    block_time(by=boss, practitioner=doctor, start_at=at(0), end_at=at(0) + timedelta(days=5), reason="Vacation")
    with pytest.raises(DomainError, match="Vacation"):
        override_day(by=boss, practitioner=doctor, day=tuesday, hours=[(time(9), time(11))], reason="x")
    assert hours_on(doctor, MONDAY) == []


def test_holidays_are_added_once(boss: User) -> None:
    days = [(MONDAY, "One"), (MONDAY + timedelta(days=7), "Two")]
    assert [len(add_holidays(by=boss, days=days)) for _ in range(2)] == [2, 0]


@pytest.mark.parametrize(
    ("wanted", "field"),
    [
        ({"practitioner": None, "kind": ExceptionKind.EXTRA_HOURS}, "practitioner"),
        ({"practitioner": None, "kind": ExceptionKind.TIME_OFF}, "practitioner"),
        ({"kind": ExceptionKind.HOLIDAY}, "practitioner"),
        ({"reason": " "}, "reason"),
        ({"end_at": at(9)}, "end_at"),
    ],
)
def test_what_no_exception_can_be(boss: User, doctor: Practitioner, wanted: dict[str, Any], field: str) -> None:
    values = {"practitioner": doctor, "start_at": at(9), "end_at": at(10), "reason": "x", **wanted}
    with pytest.raises(DomainError) as refused:
        block_time(by=boss, **values)
    assert refused.value.field == field


def test_the_same_block_twice_is_a_slip(boss: User, doctor: Practitioner) -> None:
    values = {"practitioner": doctor, "start_at": at(9), "end_at": at(10), "reason": "Lunch"}
    block_time(by=boss, **values)
    with pytest.raises(DomainError, match="stands there already: Lunch"):
        block_time(by=boss, **values)


def test_a_change_ends_the_old_session_and_begins_the_new_one(boss: User, doctor: Practitioner) -> None:
    old = Schedule.objects.get(practitioner=doctor, weekday=Weekday.MON)
    kind = AppointmentTypeFactory.create()
    new = change_hours(
        by=boss,
        schedule=old,
        start_time=time(9),
        end_time=time(15),
        effective_from=date(2026, 12, 1),
        terms=Terms(appointment_types=[kind], capacity=2),
    )
    old.refresh_from_db()
    assert (old.effective_until, new.effective_from) == (date(2026, 11, 30), date(2026, 12, 1))
    assert list(new.appointment_types.all()) == [kind]
    mondays = [MONDAY, MONDAY + timedelta(days=7), MONDAY + timedelta(days=14)]
    assert [hours_on(doctor, day) for day in mondays] == [["08:00-17:00"], ["08:00-17:00"], ["09:00-15:00"]]


def test_a_refused_change_leaves_the_old_session_as_it_was(boss: User, doctor: Practitioner) -> None:
    old = Schedule.objects.get(practitioner=doctor, weekday=Weekday.MON)
    ScheduleFactory(practitioner=doctor, start_time=time(18), end_time=time(20))
    with pytest.raises(DomainError, match="runs into Monday 18:00–20:00"):
        change_hours(
            by=boss,
            schedule=old,
            start_time=time(8),
            end_time=time(19),
            effective_from=date(2026, 12, 1),
            terms=Terms(),
        )
    old.refresh_from_db()
    assert old.effective_until is None


def test_only_a_session_that_was_never_held_is_taken_back(boss: User, doctor: Practitioner) -> None:
    held = Schedule.objects.get(practitioner=doctor, weekday=Weekday.MON)
    coming = ScheduleFactory.create(practitioner=doctor, weekday=Weekday.SAT, effective_from=date(2027, 1, 1))
    withdraw_hours(by=boss, schedule=coming)
    assert hours_on(doctor, date(2027, 1, 2)) == []
    with pytest.raises(DomainError, match="End it instead"):
        withdraw_hours(by=boss, schedule=held)


def test_every_other_week_makes_room_for_the_other(boss: User, monday: None) -> None:
    who = PractitionerFactory.create()
    values: dict[str, Any] = {
        "by": boss,
        "practitioner": who,
        "weekday": Weekday.MON,
        "start_time": time(9),
        "end_time": time(12),
    }
    set_hours(**values, effective_from=MONDAY, terms=Terms(interval_weeks=2))
    set_hours(**values, effective_from=MONDAY + timedelta(days=7), terms=Terms(interval_weeks=2, capacity=3))
    with pytest.raises(DomainError, match="runs into"):
        set_hours(**values, effective_from=MONDAY + timedelta(days=14), terms=Terms(interval_weeks=3))
    weeks = [MONDAY + timedelta(days=7 * n) for n in range(4)]
    assert [hours_on(who, day) for day in weeks] == [["09:00-12:00"]] * 4


def test_two_are_not_put_into_one_room(boss: User, doctor: Practitioner) -> None:
    room, other = RoomFactory.create(), PractitionerFactory.create()
    values: dict[str, Any] = {
        "by": boss,
        "weekday": Weekday.SAT,
        "start_time": time(9),
        "end_time": time(12),
        "effective_from": MONDAY,
        "terms": Terms(room=room),
    }
    set_hours(**values, practitioner=doctor)
    with pytest.raises(DomainError, match="Choose another room") as refused:
        set_hours(**values, practitioner=other)
    assert refused.value.field == "room"


def test_a_week_is_copied_as_it_is_that_day(boss: User, doctor: Practitioner) -> None:
    friday = Schedule.objects.get(practitioner=doctor, weekday=Weekday.FRI)
    end_hours(by=boss, schedule=friday, effective_until=MONDAY)
    other = PractitionerFactory.create()
    made = copy_week(by=boss, source=doctor, to=other, effective_from=MONDAY + timedelta(days=7))
    assert sorted(row.weekday for row in made) == ["mon", "thu", "tue", "wed"]
    with pytest.raises(DomainError, match="has no hours"):
        copy_week(by=boss, source=PractitionerFactory.create(), to=other, effective_from=MONDAY)
    with pytest.raises(DomainError, match="Choose somebody else"):
        copy_week(by=boss, source=other, to=other, effective_from=MONDAY)
