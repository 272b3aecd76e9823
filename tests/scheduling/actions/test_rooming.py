"""The room that a visit has from its session."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import transaction

from emr.audit.actor import acting
from scheduling.actions.appointments import cancel, reschedule
from scheduling.models import Room, Schedule
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, RoomFactory, ScheduleFactory
from tests.scheduling.conftest import at
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C10")]


@pytest.fixture
def room(front: Desk) -> Room:
    """The room of the doctor's Mondays."""
    room: Room = RoomFactory.create(name="Room 1")
    _of_monday(front, room)
    return room


def _of_monday(front: Desk, room: Room, capacity: int = 1) -> None:
    session = Schedule.objects.get(practitioner=front.practitioner, weekday="mon")
    session.room, session.capacity = room, capacity
    with acting(front.by), transaction.atomic():
        session.save(update_fields=["room", "capacity", "updated_at"])


def test_a_visit_that_names_no_room_has_the_sessions(front: Desk, room: Room) -> None:
    other = RoomFactory.create(name="Room 2")
    assert front.book().room == room
    assert front.book(start_at=at(10), room=other).room == other
    assert front.book(start_at=at(18), override_reason="Stays late").room is None


def test_a_room_that_somebody_has_is_left_to_them(front: Desk, room: Room) -> None:
    AppointmentFactory(
        practitioner=PractitionerFactory(), patient=PatientFactory(), type=front.type, start_at=at(9), room=room
    )
    assert front.book().room is None
    assert front.book(start_at=at(9, 20)).room == room


def test_the_patients_of_one_session_share_its_room(front: Desk, room: Room) -> None:
    _of_monday(front, room, capacity=2)
    assert [front.book().room, front.book().room] == [room, room]


def test_a_move_takes_the_room_of_the_other_session(front: Desk, room: Room) -> None:
    other = PractitionerFactory.create(family_name="Brandt")
    theirs = RoomFactory.create(name="Room 2")
    ScheduleFactory(practitioner=other, room=theirs)
    own = RoomFactory.create(name="Procedures")
    visit, chosen = front.book(), front.book(start_at=at(11), room=own)
    assert reschedule(by=front.by, appointment=visit, start_at=at(10), practitioner=other).room == theirs
    assert reschedule(by=front.by, appointment=chosen, start_at=at(14), practitioner=other).room == own


def test_a_move_is_not_refused_for_the_sessions_room(front: Desk, room: Room) -> None:
    visit = front.book()
    taken: Any = AppointmentFactory(
        practitioner=PractitionerFactory(), patient=PatientFactory(), type=front.type, start_at=at(13), room=room
    )
    moved = reschedule(by=front.by, appointment=visit, start_at=at(13))
    assert moved.room is None
    cancel(by=front.by, appointment=taken, reason="Is well", cancelled_for="patient")
    assert reschedule(by=front.by, appointment=moved, start_at=at(13, 5)).room == room
