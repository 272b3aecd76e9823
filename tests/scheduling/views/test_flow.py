"""The flow board: who is where, moved by one click, asked about without end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from emr.accounts.models import Practitioner, User
from scheduling.actions.flow import move
from scheduling.models import Appointment, AppointmentStage
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.scheduling.desk import checked_in

pytestmark = pytest.mark.django_db


def _booked(doctor: Practitioner, **given: Any) -> Appointment:
    start = given.pop("start_at", timezone.now() - timedelta(minutes=10))
    made: Appointment = AppointmentFactory(
        patient=PatientFactory(**given), practitioner=doctor, start_at=start, end_at=start + timedelta(minutes=5)
    )
    return made


def _shown(client: Client, pattern: str) -> list[str]:
    return re.findall(pattern, client.get(reverse("scheduling:flow_board")).content.decode())


@pytest.mark.feature("D02")
def test_an_unchanged_board_answers_nothing_and_one_question(doctor: Practitioner, as_role: Callable[..., Any]) -> None:
    client = as_role("front_desk")
    row = _booked(doctor)
    rows = reverse("scheduling:flow_rows")
    version = _shown(client, r'data-version="([^"]+)"')[0]
    assert client.get(rows, {"version": version}).status_code == 204
    move(by=client.user, appointment=row, stage="arrived")
    answer = client.get(rows, {"version": version})
    assert answer.status_code == 200
    assert b'data-stage="arrived"' in answer.content


@pytest.mark.feature("D02")
def test_costs_the_same_with_one_visit_and_with_thirty(doctor: Practitioner, as_role: Callable[..., Any]) -> None:
    client = as_role("nurse")

    def statements() -> int:
        with CaptureQueriesContext(
            connection,
        ) as found:
            assert client.get(reverse("scheduling:flow_board")).status_code == 200
        return len(found)

    _booked(doctor)
    statements()
    one = statements()
    for number in range(29):
        _booked(doctor, start_at=timezone.now() + timedelta(minutes=10 * number))
    assert statements() == one


@pytest.mark.feature("D02")
def test_moves_by_one_click_and_refuses_what_somebody_else_did(
    doctor: Practitioner, as_role: Callable[..., Any]
) -> None:
    client: Client = as_role("front_desk")
    row = _booked(doctor)
    address = reverse("scheduling:flow_move", args=[row.patient_id, row.pk])
    assert client.post(address, {"stage": "arrived", "seen": "scheduled"}).status_code == 303
    assert client.post(address, {"stage": "checked_in", "seen": "scheduled"}).status_code == 409
    assert client.post(address, {"stage": "scheduled", "seen": "arrived"}).status_code == 422
    assert client.post(address, {"stage": "scheduled", "seen": "arrived", "reason": "Wrong"}).status_code == 303
    told = AppointmentStage.objects.filter(appointment=row).values_list("previous", "stage", "reason")
    assert list(told) == [("scheduled", "arrived", ""), ("arrived", "scheduled", "Wrong")]


@pytest.mark.feature("D02")
def test_only_clinical_roles_see_that_allergies_are_missing(doctor: Practitioner, as_role: Callable[..., Any]) -> None:
    desk, nurse = as_role("front_desk"), as_role("nurse")
    checked_in(by=desk.user, appointment=_booked(doctor, interpreter_needed=True))
    alerts = r"(Interpreter|Copay due|Intake missing|Allergies not recorded|Note not signed)</span>"
    assert _shown(desk, alerts) == ["Interpreter", "Copay due"]
    assert _shown(nurse, alerts) == ["Interpreter", "Copay due", "Allergies not recorded"]


@pytest.mark.feature("D02")
def test_a_patient_of_whom_one_may_not_know_is_not_there(
    doctor: Practitioner, as_role: Callable[..., Any], person: Callable[..., User]
) -> None:
    client = as_role("front_desk")
    _booked(doctor, restricted=True)
    seen = _booked(doctor, start_at=timezone.now() + timedelta(minutes=30))
    assert _shown(client, r'id="flow-row-([^"]+)"') == [str(seen.pk)]
