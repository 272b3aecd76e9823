"""Rooms and equipment, and what the database refuses of sessions."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from emr.accounts.models import Practitioner, User
from emr.audit.actor import acting
from emr.shared.errors import DomainError
from scheduling.actions.resources import add_equipment, add_room, change_equipment, change_room
from scheduling.models import AppointmentEquipment, AppointmentType, EquipmentNeed
from scheduling.queries.availability import next_available
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, RoomFactory, ScheduleFactory, open_week
from tests.scheduling.conftest import at
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C10")]


@pytest.fixture
def boss(person: Any) -> User:
    found: User = person("manager")
    return found


def test_names_are_given_once(boss: User) -> None:
    add_room(by=boss, name="Room  1 ")
    with pytest.raises(DomainError, match="There is a room of that name"):
        add_room(by=boss, name="room 1")
    other = add_room(by=boss, name="Room 2")
    assert change_room(by=boss, room=other, name="Room 3").name == "Room 3"
    add_equipment(by=boss, name="ECG")
    with pytest.raises(DomainError, match="There is equipment of that name"):
        add_equipment(by=boss, name="ecg")


def test_what_is_booked_or_needed_is_not_retired(boss: User, doctor: Practitioner, visit_type: AppointmentType) -> None:
    room = RoomFactory.create()
    AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9), room=room)
    with pytest.raises(DomainError, match="Visits are booked with"):
        change_room(by=boss, room=room, name=room.name, active=False)
    taken = RoomFactory.create()
    ScheduleFactory(practitioner=doctor, weekday="sat", room=taken)
    with pytest.raises(DomainError, match="Give that session another room first"):
        change_room(by=boss, room=taken, name=taken.name, active=False)
    device = add_equipment(by=boss, name="ECG", needed_for=[visit_type])
    with pytest.raises(DomainError, match="needs it"):
        change_equipment(by=boss, equipment=device, name="ECG", active=False, needed_for=[visit_type])
    assert not change_equipment(by=boss, equipment=device, name="ECG", active=False).active
    assert not EquipmentNeed.objects.exists()


def test_a_visit_that_needs_equipment_is_offered_while_it_is_free(
    boss: User, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    device = add_equipment(by=boss, name="ECG", needed_for=[visit_type])
    other = AppointmentFactory.create(
        practitioner=PractitionerFactory.create(), patient=PatientFactory(), type=visit_type, start_at=at(8, 20)
    )
    starts = [slot.start_at for slot in next_available(visit_type, doctor, at(8), limit=3)]
    assert starts == [at(8), at(8, 20), at(8, 40)]
    with transaction.atomic(), acting(boss):
        AppointmentEquipment.objects.create(created_by=boss, appointment=other, equipment=device)
    starts = [slot.start_at for slot in next_available(visit_type, doctor, at(8), limit=3)]
    assert starts == [at(8), at(8, 40), at(9)]


def test_a_visit_has_the_equipment_that_its_type_needs(boss: User, front: Desk) -> None:
    device, other = add_equipment(by=boss, name="ECG", needed_for=[front.type]), PractitionerFactory.create()
    open_week(other)
    visit = front.book()
    assert [use.equipment for use in visit.equipment.all()] == [device]
    with pytest.raises(DomainError, match="ECG is in use then: 09:00 to 09:20") as caught:
        front.book(practitioner=other, start_at=at(9, 10))
    assert caught.value.field == "equipment"


def test_a_room_that_is_asked_for_is_free(doctor: Practitioner, visit_type: AppointmentType) -> None:
    room = RoomFactory.create()
    elsewhere = PractitionerFactory.create()
    AppointmentFactory(practitioner=elsewhere, patient=PatientFactory(), type=visit_type, start_at=at(8), room=room)
    assert next_available(visit_type, doctor, at(8), limit=1, room=room)[0].start_at == at(8, 20)


@pytest.mark.feature("C03")
@pytest.mark.parametrize(
    ("wanted", "refused"),
    [
        ({}, True),
        ({"start_time": time(17)}, False),
        ({"weekday": "tue"}, False),
        ({"effective_until": date(2019, 12, 31), "effective_from": date(2019, 1, 1)}, False),
        ({"effective_from": date(2027, 1, 4), "interval_weeks": 4}, True),
        ({"withdrawn": True}, False),
    ],
)
def test_the_database_refuses_sessions_that_collide(wanted: dict[str, Any], refused: bool) -> None:
    row = ScheduleFactory.create()
    values = {"practitioner": row.practitioner, "start_time": time(16), "end_time": time(18), **wanted}
    if not refused:
        assert ScheduleFactory.create(**values).pk
        return
    with pytest.raises(IntegrityError, match="runs into another one"):
        ScheduleFactory.create(**values)
