"""Hours and blocked time."""

from __future__ import annotations

from datetime import date, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from emr.accounts.models import Practitioner, User
from emr.shared.errors import DomainError
from scheduling.actions.availability import Terms, end_hours, set_hours
from scheduling.actions.exceptions import block_time, withdraw_block
from scheduling.choices import Weekday
from scheduling.models import AppointmentType, Schedule
from tests.factories.accounts import PractitionerFactory
from tests.factories.scheduling import RoomFactory, ScheduleFactory
from tests.scheduling.conftest import MONDAY, at
from tests.scheduling.desk import open_slots

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C03")]


@pytest.fixture
def boss(person: Any) -> User:
    return person("manager")


def hours(boss: User, who: Practitioner, **wanted: Any) -> Schedule:
    values = {
        "weekday": Weekday.MON,
        "start_time": time(8),
        "end_time": time(12),
        "effective_from": date(2026, 1, 1),
        **wanted,
    }
    return set_hours(by=boss, practitioner=who, **values)


def test_the_same_session_again_is_the_same_row(boss: User) -> None:
    who = PractitionerFactory()
    assert hours(boss, who) == hours(boss, who)


def test_sessions_do_not_run_into_each_other(boss: User) -> None:
    who = PractitionerFactory()
    hours(boss, who)
    with pytest.raises(DomainError, match="runs into Monday 08:00–12:00"):
        hours(boss, who, start_time=time(11), end_time=time(15))
    hours(boss, who, start_time=time(12), end_time=time(15))
    hours(boss, who, weekday=Weekday.TUE)
    hours(boss, PractitionerFactory())
    assert Schedule.objects.count() == 4


def test_a_room_has_one_session_at_a_time_in_the_database_too(boss: User) -> None:
    room = RoomFactory()
    mine = hours(boss, PractitionerFactory(), terms=Terms(room=room))
    with pytest.raises(DomainError, match="Choose another room"):
        hours(boss, PractitionerFactory(), terms=Terms(room=room), start_time=time(11), end_time=time(15))
    with pytest.raises(IntegrityError, match="another session"), transaction.atomic():
        ScheduleFactory(room=room, start_time=time(11), end_time=time(15))
    ScheduleFactory(room=room, start_time=time(12), end_time=time(15))
    ScheduleFactory(room=room, weekday=Weekday.TUE)
    ScheduleFactory(room=RoomFactory())
    ScheduleFactory(room=room, withdrawn=True)
    assert mine.room == room


def test_a_session_is_not_prolonged_into_one_that_has_its_room(boss: User) -> None:
    room = RoomFactory()
    first = hours(boss, PractitionerFactory(), terms=Terms(room=room), effective_until=date(2026, 6, 30))
    hours(boss, PractitionerFactory(), terms=Terms(room=room), effective_from=date(2026, 7, 1))
    with pytest.raises(DomainError, match=f"has {room.name} then"):
        end_hours(by=boss, schedule=first, effective_until=date(2026, 8, 31))
    first.refresh_from_db()
    assert first.effective_until == date(2026, 6, 30)


def test_new_hours_follow_ended_ones(boss: User) -> None:
    who = PractitionerFactory()
    old = hours(boss, who)
    end_hours(by=boss, schedule=old, effective_until=date(2026, 6, 30))
    new = hours(boss, who, end_time=time(13), effective_from=date(2026, 7, 1))
    assert new.pk != old.pk


@pytest.mark.parametrize(
    "wanted",
    [
        {"end_time": time(8)},
        {"effective_until": date(2025, 12, 31)},
    ],
)
def test_impossible_hours(boss: User, wanted: dict[str, Any]) -> None:
    with pytest.raises(DomainError):
        hours(boss, PractitionerFactory(), **wanted)


def test_blocked_time_is_not_offered_until_it_is_given_back(
    boss: User, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    whole = open_slots(doctor, visit_type, MONDAY)
    lunch = block_time(by=boss, practitioner=doctor, start_at=at(12), end_at=at(13), reason="Lunch")
    closed = block_time(by=boss, practitioner=None, start_at=at(16), end_at=at(18), reason="Repairs")
    left = open_slots(doctor, visit_type, MONDAY)
    assert [slot for slot in whole if slot not in left] == [
        slot for slot in whole if at(12) <= slot.start_at < at(13) or slot.start_at >= at(16)
    ]
    for block in (lunch, closed):
        withdraw_block(by=boss, exception=block)
    assert open_slots(doctor, visit_type, MONDAY) == whole


def test_a_block_needs_a_reason_and_an_end(boss: User) -> None:
    with pytest.raises(DomainError, match="Say why"):
        block_time(by=boss, practitioner=None, start_at=at(9), end_at=at(10), reason=" ")
    with pytest.raises(DomainError, match="ends after"):
        block_time(by=boss, practitioner=None, start_at=at(9), end_at=at(9) - timedelta(hours=1), reason="x")
