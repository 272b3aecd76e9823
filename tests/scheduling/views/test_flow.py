"""The flow board: who is where, moved by one click, asked about without end."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from io import BytesIO
from typing import Any

import pdfplumber
import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from billing.actions.payments import reverse_payment, take_payment
from emr.accounts.models import Practitioner, User
from emr.audit.actor import acting
from emr.audit.models import AccessEvent
from scheduling.actions.flow import mark_arrived, move
from scheduling.models import Appointment, AppointmentStage
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import CoverageFactory, PatientFactory
from tests.factories.intake import signed, text
from tests.factories.scheduling import AppointmentFactory, RoomFactory
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
def test_costs_the_same_with_one_visit_and_with_a_hundred(
    doctor: Practitioner, as_role: Callable[..., Any], queries: Any
) -> None:
    client = as_role("nurse")

    def statements() -> int:
        with queries() as asked:
            assert client.get(reverse("scheduling:flow_board")).status_code == 200
        return len(asked())

    checked_in(by=client.user, appointment=_booked(doctor))
    statements()
    one = statements()
    for number in range(99):
        start = timezone.now() + timedelta(minutes=5 * number)
        mark_arrived(by=client.user, appointment=_booked(doctor, start_at=start))
    assert statements() == one
    version = _shown(client, r'data-version="([^"]+)"')[0]
    with queries() as asked:
        assert client.get(reverse("scheduling:flow_rows"), {"version": version}).status_code == 204
    assert len([sql for sql in asked() if "scheduling_appointment" in sql]) == 1


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
def test_a_room_is_cleared_and_the_booked_one_does_not_come_back(
    doctor: Practitioner, as_role: Callable[..., Any]
) -> None:
    client: Client = as_role("nurse")
    row, booked, other = _booked(doctor), RoomFactory.create(name="Booked"), RoomFactory.create(name="Other")
    with acting(client.user):  # type: ignore[attr-defined]
        row.room = booked
        row.save(update_fields=["room"])
    checked_in(by=client.user, appointment=row)  # type: ignore[attr-defined]
    address = reverse("scheduling:flow_move", args=[row.patient_id, row.pk])

    def told() -> tuple[str, ...]:
        page = client.get(reverse("scheduling:flow_board")).content.decode()
        return tuple(name for name in ("Booked", "Other") if f">{name}</td>" in page)

    shown = [told()]
    for step in ({"room": other.pk}, {}, {"room": "none"}, {"room": other.pk}, {"stage": "ready", "room": "none"}):
        assert client.post(address, {"stage": "roomed", **step}).status_code == 303
        shown.append(told())
    assert shown == [("Booked",), ("Other",), ("Other",), (), ("Other",), ()]


@pytest.mark.feature("D02")
def test_one_list_says_the_room_none_and_as_before(doctor: Practitioner, as_role: Callable[..., Any]) -> None:
    client: Client = as_role("nurse")
    row, used = _booked(doctor), RoomFactory.create(name="Room 1")
    RoomFactory.create(name="Room 2", active=False)
    page = client.get(reverse("scheduling:flow_move", args=[row.patient_id, row.pk])).content.decode()
    select = page.split('<select name="room"', 1)[1].split("</select>", 1)[0]
    options = re.findall(r'<option value="([^"]*)"[^>]*>([^<]+)</option>', select)
    assert options == [("", "As before"), ("none", "In no room"), (str(used.pk), "Room 1")]
    assert 'name="no_room"' not in page
    refused = client.post(reverse("scheduling:flow_move", args=[row.patient_id, row.pk]), {"room": "elsewhere"})
    assert refused.status_code == 422


def _alerts(client: Client) -> list[str]:
    return _shown(client, r"(Interpreter|Copay due|Intake missing|Allergies not recorded|Note not signed)</span>")


@pytest.mark.feature("D02")
@pytest.mark.feature("D05")
def test_that_a_copay_is_due_goes_when_it_is_paid_and_comes_back_with_the_money(
    doctor: Practitioner, as_role: Callable[..., Any]
) -> None:
    client = as_role("front_desk")
    row = _booked(doctor)
    CoverageFactory(patient=row.patient, copay="25.00")
    checked_in(by=client.user, appointment=row)
    assert _alerts(client) == ["Copay due"]
    rows, version = reverse("scheduling:flow_rows"), _shown(client, r'data-version="([^"]+)"')[0]
    paid = take_payment(
        by=client.user, patient=row.patient, kind="copay", method="cash", amount=Decimal(25), appointment=row
    )
    assert "Copay due" not in client.get(rows, {"version": version}).content.decode()
    assert _alerts(client) == []
    reverse_payment(by=client.user, payment=paid, reason="Counted wrong")
    assert _alerts(client) == ["Copay due"]


@pytest.mark.feature("D02")
@pytest.mark.feature("D03")
def test_that_intake_lacks_goes_with_the_signature(doctor: Practitioner, as_role: Callable[..., Any]) -> None:
    client = as_role("front_desk")
    row = _booked(doctor)
    form = text()
    row.type.takes_copay = False
    with acting(client.user):
        row.type.save(update_fields=["takes_copay"])
    assert _alerts(client) == []
    checked_in(by=client.user, appointment=row)
    assert _alerts(client) == ["Intake missing"]
    rows, version = reverse("scheduling:flow_rows"), _shown(client, r'data-version="([^"]+)"')[0]
    signed(row.patient, form)
    assert "Intake missing" not in client.get(rows, {"version": version}).content.decode()
    assert _alerts(client) == []


@pytest.mark.feature("D02")
def test_only_clinical_roles_see_that_allergies_are_missing(doctor: Practitioner, as_role: Callable[..., Any]) -> None:
    desk, nurse = as_role("front_desk"), as_role("nurse")
    row = _booked(doctor, interpreter_needed=True)
    CoverageFactory(patient=row.patient, copay="25.00")
    checked_in(by=desk.user, appointment=row)
    assert _alerts(desk) == ["Interpreter", "Copay due"]
    assert _alerts(nurse) == ["Interpreter", "Copay due", "Allergies not recorded"]


@pytest.mark.feature("D02")
def test_the_sheet_says_when_and_by_whom_it_was_printed_on_each_page(
    doctor: Practitioner, as_role: Callable[..., Any]
) -> None:
    client = as_role("front_desk")
    rows = [_booked(doctor, start_at=timezone.now() + timedelta(minutes=5 * number)) for number in range(40)]
    hidden = _booked(doctor, restricted=True, start_at=timezone.now() - timedelta(hours=2))
    answer = client.get(reverse("scheduling:flow_sheet"))
    assert answer.headers["Content-Type"] == "application/pdf"
    with pdfplumber.open(BytesIO(answer.content)) as pdf:
        pages = [page.extract_text() for page in pdf.pages]
    assert len(pages) > 1
    for number, page in enumerate(pages, 1):
        assert f"Printed 23-Nov-2026 07:58 by {client.user.get_full_name()}" in page
        assert f"Page {number} of {len(pages)}" in page
    text = "".join(pages)
    assert [row.patient.family_name.upper() in text.upper() for row in (*rows, hidden)] == [True] * 40 + [False]
    printed = AccessEvent.objects.filter(user=client.user, action="print", section="flow")
    assert set(printed.values_list("patient_id", flat=True)) == {row.patient_id for row in rows}


@pytest.mark.feature("D02")
@pytest.mark.feature("D03")
def test_who_checks_in_from_the_board_comes_back_to_it_and_nowhere_else(
    doctor: Practitioner, as_role: Callable[..., Any]
) -> None:
    client = as_role("front_desk")
    row = _booked(doctor)
    address = reverse("scheduling:appointments_check_in", args=[row.patient_id, row.pk])
    assert f'href="{address}?back=flow"' in client.get(reverse("scheduling:flow_board")).content.decode()
    assert 'name="back" value="flow"' in client.get(f"{address}?back=flow").content.decode()
    filled = {"done": ["identity"], "reason_demographics": "Later", "reason_insurance": "Later"}
    answer = client.post(address, filled | {"back": "flow"})
    assert answer.headers["Location"] == reverse("scheduling:flow_board")
    elsewhere = client.post(address, filled | {"back": "https://evil.example/"})
    assert elsewhere.headers["Location"] == reverse("scheduling:appointments_detail", args=[row.patient_id, row.pk])


@pytest.mark.feature("D02")
def test_buttons_are_told_as_what_they_do(doctor: Practitioner, as_role: Callable[..., Any]) -> None:
    client = as_role("front_desk")
    by, row = client.user, _booked(doctor)
    said = [_buttons(client)]
    checked_in(by=by, appointment=row)
    said.append(_buttons(client))
    move(by=by, appointment=row, stage="with_clinician")
    said.append(_buttons(client))
    assert said == [
        ["Mark arrived", "Check in", "Mark no-show", "Other"],
        ["Room", "Mark ready", "Start visit", "Send to checkout", "Check out", "Mark left", "Other"],
        ["Send to checkout", "Check out", "Other"],
    ]
    head = client.get(reverse("scheduling:flow_board")).content.decode()
    walk_in = f"{reverse('scheduling:appointments_book')}?here=1&amp;back=flow"
    assert f'href="{walk_in}"' in head
    assert re.search(r'name="here"[^>]*checked', client.get(walk_in.replace("&amp;", "&")).content.decode())


def _buttons(client: Client) -> list[str]:
    steps = _shown(client, r'(?s)<span class="flow-steps">(.*?)</td>')
    return [" ".join(one.split()) for one in re.findall(r"(?s)<(?:a|button)[^>]*>(?:<span>)?([^<]+)<", steps[0])]


@pytest.mark.feature("D02")
def test_a_patient_of_whom_one_may_not_know_is_not_there(
    doctor: Practitioner, as_role: Callable[..., Any], person: Callable[..., User]
) -> None:
    client = as_role("front_desk")
    _booked(doctor, restricted=True)
    seen = _booked(doctor, start_at=timezone.now() + timedelta(minutes=30))
    assert _shown(client, r'id="flow-row-([^"]+)"') == [str(seen.pk)]


@pytest.mark.feature("D02")
def test_what_happens_to_a_hidden_patient_is_no_change_of_the_board(
    doctor: Practitioner, as_role: Callable[..., Any], person: Callable[..., User]
) -> None:
    client = as_role("front_desk")
    _booked(doctor, start_at=timezone.now() + timedelta(minutes=30))
    other = PractitionerFactory.create(family_name="Hiddendoctor")
    version = _shown(client, r'data-version="([^"]+)"')[0]
    hidden = _booked(other, restricted=True)
    mark_arrived(by=person("front_desk"), appointment=hidden)
    assert client.get(reverse("scheduling:flow_rows"), {"version": version}).status_code == 204
    assert "Hiddendoctor" not in client.get(reverse("scheduling:flow_board")).content.decode()
