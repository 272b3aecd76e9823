"""The history of a row tells who changed what, from what to what, when, from where and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import pytest
import time_machine
from django.db import connection, models, transaction
from django.test import Client
from django.urls import reverse

from clinic.actions.allergies import add_allergy
from clinic.actions.errors import enter_in_error
from clinic.actions.patients import update_patient
from clinic.models import Condition, MedicationStatement, Note, Patient
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.queries.history import history_of
from emr.codes.coding import Coding
from tests.clinic.notes import a_note, a_signed_note, a_visit
from tests.factories.chart import ConditionFactory, MedicationFactory, blood_pressure
from tests.factories.clinic import ContactPointFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("X30")]


def _page(client: Client, name: str, *keys: object) -> str:
    answer = client.get(reverse(name, args=keys))
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def test_a_changed_telephone_is_one_sentence(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    desk = person("front_desk", first_name="Dana", last_name="Frost")
    with time_machine.travel(datetime(2026, 3, 12, 14, 14, tzinfo=UTC), tick=False):
        patient: Patient = PatientFactory.create(preferred_name="Mary")
        ContactPointFactory(patient=patient)
        client = Client(REMOTE_ADDR="10.0.0.4")
        client.force_login(desk, backend="emr.accounts.backends.LoginBackend")
        update_patient(
            by=desk, patient=patient, version_seen=patient.updated_at, phone="217-555-0199", preferred_name=""
        )
    page = _page(as_role("nurse"), "clinic:patients_history", patient.pk)
    assert "Dana Frost" in page
    assert "(front desk)" in page
    assert "12-Mar-2026<br>" in page
    assert "took away preferred name, which was “Mary”" in page
    assert "changed home phone from “+12175550142” to “+12175550199”" in page
    assert "period end" not in page


def test_it_says_from_where_and_why(as_role: Callable[..., Client]) -> None:
    nurse = as_role("nurse")
    row: Condition = ConditionFactory.create(display="Migraine")
    nurse.post(
        reverse("clinic:conditions_error", args=[row.patient_id, row.pk]),
        {"reason": "Belongs to her sister."},
        REMOTE_ADDR="10.0.0.4",
    )
    deed = history_of([row])[0]
    assert deed.sentences == (f"marked condition “{row}” as entered in error",)
    assert (deed.role, deed.place, deed.why) == ("nurse", "from 10.0.0.4", "Belongs to her sister")
    assert deed.head == f"{nurse.user} (nurse, from 10.0.0.4)"  # type: ignore[attr-defined]


def test_choices_keys_and_parts_are_told_in_words(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    row = add_allergy(
        by=nurse, patient=PatientFactory(), coding=Coding("", "", "Latex"), reactions=["Hives"], severity="severe"
    )
    deed = history_of([row, *row.reactions.all()])[0]
    assert deed.sentences[0] == "recorded allergy intolerance “Latex”"
    assert "Recorded" not in " ".join(deed.details)
    assert "severity: Severe" in deed.details
    assert "clinical status: Active" in deed.details
    assert "allergy: Latex" in deed.details


def test_a_signed_note_tells_its_signing(person: Callable[..., User], as_role: Callable[..., Client]) -> None:
    doctor = person("clinician")
    note = a_signed_note(doctor)
    page = _page(as_role("clinician"), "clinic:notes_history", note.patient_id, note.pk)
    assert "as signed" in page
    assert "Feels well." in page


@pytest.mark.parametrize("parts", [1, 20])
def test_a_long_history_costs_as_many_queries(
    parts: int, django_assert_num_queries: object, person: Callable[..., User]
) -> None:
    people = [person("nurse") for _ in range(parts)]
    row: models.Model = MedicationFactory.create()
    for number, nurse in enumerate(people):
        _rename(nurse, row, f"reason {number}")
    history_of([row])
    with django_assert_num_queries(3):  # type: ignore[operator]
        deeds = history_of([row])
    assert len(deeds) == parts + 1


def _rename(by: User, row: models.Model, text: str) -> None:
    with transaction.atomic(), acting(by):
        row.reason = text  # type: ignore[attr-defined]
        row.prescriber = by.practitioner  # type: ignore[attr-defined]
        row.save(update_fields=["reason", "prescriber", "updated_at"])  # type: ignore[attr-defined]
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


@pytest.mark.parametrize("role", ["front_desk", "biller", "manager", "privacy_officer"])
def test_clinical_histories_are_for_those_who_see_the_rows(as_role: Callable[..., Client], role: str) -> None:
    row = ConditionFactory(display="Migraine")
    pressure = blood_pressure(patient=row.patient)
    client = as_role(role)
    for name, key in (("conditions", row.pk), ("vitals", pressure.pk), ("notes", pressure.pk)):
        assert client.get(reverse(f"clinic:{name}_history", args=[row.patient_id, key])).status_code == 403
    assert client.get(reverse("clinic:patients_history", args=[row.patient_id])).status_code == 200


def test_a_confidential_note_has_no_history_for_others(
    person: Callable[..., User], as_role: Callable[..., Client]
) -> None:
    doctor = person("clinician")
    note: Note = a_note(doctor, a_visit(doctor))
    path = reverse("clinic:notes_history", args=[note.patient_id, note.pk])
    other = as_role("clinician")
    assert other.get(path).status_code == 200
    with transaction.atomic(), acting(doctor):
        note.confidential = True
        note.save(update_fields=["confidential", "updated_at"])
    assert other.get(path).status_code == 404


def test_an_error_stays_in_the_history(person: Callable[..., User]) -> None:
    row: MedicationStatement = MedicationFactory.create()
    enter_in_error(by=person("nurse"), row=row, reason="Twice")
    assert [deed.why for deed in history_of([row])] == ["Twice", ""]
