"""Rooms and equipment, by the manager."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Practitioner
from scheduling.models import AppointmentType, Equipment, Room
from tests.factories.scheduling import EquipmentFactory, EquipmentNeedFactory, RoomFactory, ScheduleFactory
from tests.scheduling.views.pages import errors, text

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C10")]

ROOMS, EQUIPMENT = "/schedule/rooms/", "/schedule/equipment/"


@pytest.fixture
def manager(as_role: Any, doctor: Practitioner) -> Client:
    client: Client = as_role("manager")
    return client


def test_a_room_is_added_renamed_and_retired(manager: Client) -> None:
    assert manager.post(ROOMS, {"name": "Room 1"}).status_code == 303
    row = Room.objects.get()
    edit = reverse("scheduling:rooms_edit", args=[row.pk])
    assert 'value="Room 1"' in text(manager.get(edit))
    manager.post(edit, {"name": "Blue room"})
    row.refresh_from_db()
    assert (row.name, row.active) == ("Blue room", False)
    assert "Retired" in text(manager.get(ROOMS))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("", "Give the room a name."),
        ("  ", "Give the room a name."),
        ("Room 1", "There is a room of that name."),
        ("x" * 41, "Ensure this value has at most 40 characters (it has 41)."),
    ],
    ids=["empty", "blank", "taken", "long"],
)
def test_a_room_with_a_wrong_name(manager: Client, name: str, said: str) -> None:
    RoomFactory(name="Room 1")
    response = manager.post(ROOMS, {"name": name})
    assert (response.status_code, errors(response)) == (422, {"name": said})
    assert f'value="{name}"' in text(response) or not name.strip()
    assert Room.objects.count() == 1


def test_a_room_in_which_somebody_is_to_be_is_not_retired(manager: Client, doctor: Practitioner) -> None:
    room = RoomFactory(name="Room 1")
    ScheduleFactory(practitioner=doctor, room=room, weekday="sat")
    response = manager.post(reverse("scheduling:rooms_edit", args=[room.pk]), {"name": "Room 9"})
    assert response.status_code == 422
    assert 'value="Room 9"' in text(response)
    room.refresh_from_db()
    assert (room.name, room.active) == ("Room 1", True)


def test_equipment_says_what_needs_it(manager: Client, visit_type: AppointmentType) -> None:
    assert manager.post(EQUIPMENT, {"name": "ECG", "needed_for": [str(visit_type.pk)]}).status_code == 303
    row = Equipment.objects.get()
    edit = reverse("scheduling:equipment_edit", args=[row.pk])
    assert f'value="{visit_type.pk}"' in text(manager.get(edit))
    needed = manager.post(edit, {"name": "ECG", "needed_for": [str(visit_type.pk)]})
    assert errors(needed) == {"needed_for": "Follow-up needs it. Take that back first, or it can't be booked."}
    manager.post(edit, {"name": "ECG", "active": "on"})
    assert not row.needs.exists()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [({"name": ""}, "name"), ({"name": "ECG"}, "name"), ({"name": "New", "needed_for": ["none"]}, "needed_for")],
    ids=["empty", "taken", "no type"],
)
def test_wrong_equipment(manager: Client, wrong: dict[str, Any], field: str) -> None:
    EquipmentFactory(name="ECG")
    response = manager.post(EQUIPMENT, wrong)
    assert (response.status_code, list(errors(response))) == (422, [field])
    assert Equipment.objects.count() == 1


@pytest.mark.parametrize("path", [ROOMS, EQUIPMENT])
def test_as_many_queries_for_thirty(manager: Client, queries: Any, path: str) -> None:
    counts = []
    for rows in (1, 29):
        for _ in range(rows):
            RoomFactory()
            EquipmentNeedFactory()
        with queries() as asked:
            assert manager.get(path).status_code == 200
        counts.append(len(asked()))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("role", ["front_desk", "clinician", "biller"])
def test_only_for_the_manager(as_role: Any, doctor: Practitioner, role: str) -> None:
    client = as_role(role)
    paths = [ROOMS, EQUIPMENT, reverse("scheduling:rooms_edit", args=[RoomFactory().pk])]
    assert [client.get(path).status_code for path in paths] == [403] * 3
