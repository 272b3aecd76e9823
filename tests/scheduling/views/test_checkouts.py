"""The checkout: what is open before the patient leaves, the recall, and the sheet that they take home."""

from __future__ import annotations

from datetime import date
from io import BytesIO
from typing import Any
from urllib.parse import urlencode

import pdfplumber
import pytest
from django.urls import reverse

from clinic.actions.encounters import set_diagnoses
from clinic.actions.notes import save_note, start_note
from clinic.actions.signing import sign_note
from clinic.choices import SectionKind
from emr.accounts.models import Practitioner
from scheduling.actions.flow import complete
from scheduling.models import Appointment, AppointmentType, Recall
from tests.clinic.notes import DIABETES, TEXT
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.scheduling.conftest import at
from tests.scheduling.desk import checked_in

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D08")]


@pytest.fixture
def visit(doctor: Practitioner, visit_type: AppointmentType) -> Appointment:
    return AppointmentFactory.create(patient=PatientFactory(), practitioner=doctor, type=visit_type, start_at=at(9))


def path(visit: Appointment, name: str = "checkout") -> str:
    return reverse(f"scheduling:appointments_{name}", args=[visit.patient_id, visit.pk])


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_lists_what_is_open_and_completes(as_role: Any, visit: Appointment) -> None:
    client = as_role("front_desk")
    assert "nothing to check out yet" in text(client.get(path(visit)))
    checked_in(by=client.user, appointment=visit)
    page = text(client.get(path(visit)))
    assert "The note of this visit is not signed yet." in page
    assert "No visit to come. Book one:" in page
    asked = {"patient": visit.patient_id, "practitioner": visit.practitioner_id, "type": visit.type_id}
    assert urlencode(asked | {"day": "2026-12-07"}).replace("&", "&amp;") in page
    assert client.post(path(visit, "complete")).status_code == 303
    visit.refresh_from_db()
    assert visit.stage == "completed"
    assert "This visit is completed." in text(client.get(path(visit)))


def test_makes_one_recall_however_often_it_is_sent(as_role: Any, visit: Appointment) -> None:
    client = as_role("front_desk")
    checked_in(by=client.user, appointment=visit)
    for _ in range(2):
        sent = client.post(path(visit), {"number": "6", "unit": "months", "reason": "Blood pressure check"})
        assert sent.status_code == 303
    made = Recall.objects.get()
    visit.refresh_from_db()
    assert (made.due_on, made.practitioner, made.type) == (date(2027, 5, 23), visit.practitioner, visit.type)
    assert (made.encounter, made.created_by) == (visit.encounter, client.user)
    assert "About 23-May-2027: Blood pressure check" in text(client.get(path(visit)))


@pytest.mark.parametrize(
    ("number", "said"),
    [
        ("six", "Enter a whole number, like 6."),
        ("", "Enter in how many weeks or months."),
        ("0", "greater than or equal"),
    ],
    ids=["words", "empty", "nought"],
)
def test_keeps_what_was_typed(as_role: Any, visit: Appointment, number: str, said: str) -> None:
    answer = as_role("front_desk").post(path(visit), {"number": number, "unit": "weeks", "reason": "Foot check"})
    assert answer.status_code == 422
    assert said in text(answer)
    assert 'value="Foot check"' in text(answer)
    assert not Recall.objects.exists()


def test_costs_the_same_with_many_visits_to_come(as_role: Any, visit: Appointment, queries: Any) -> None:
    client = as_role("front_desk")
    AppointmentFactory(patient=visit.patient, practitioner=visit.practitioner, type=visit.type, start_at=at(10))
    client.get(path(visit))
    with queries() as asked:
        client.get(path(visit))
    few = len(asked())
    for hour in range(11, 17):
        AppointmentFactory(patient=visit.patient, practitioner=visit.practitioner, type=visit.type, start_at=at(hour))
    with queries() as asked:
        client.get(path(visit))
    assert len(asked()) == few


def test_the_sheet_has_what_was_signed_for_the_patient(as_role: Any, person: Any, visit: Appointment) -> None:
    client = as_role("front_desk")
    checked_in(by=client.user, appointment=visit)
    complete(by=client.user, appointment=visit)
    visit.refresh_from_db()
    words = _paper(client.get(path(visit, "summary")))
    assert "has not finished the written instructions" in words
    clinician, told = person("clinician"), {SectionKind.INSTRUCTIONS: "Walk **half an hour** each day."}
    set_diagnoses(by=clinician, encounter=visit.encounter, diagnoses=[DIABETES])
    note = start_note(by=clinician, encounter=visit.encounter)
    note = save_note(by=clinician, note=note, base_version=note.version, sections=TEXT | told)
    assert "Walk" not in _paper(client.get(path(visit, "summary")))
    sign_note(by=clinician, note=note, base_version=note.version)
    words = _paper(client.get(path(visit, "summary")))
    assert "Walk half an hour each day." in words
    assert "Your visit on Monday, 23 November 2026" in words
    assert f"by {client.user}" in words
    assert path(visit, "summary") in client.get(path(visit)).content.decode()
    whole = reverse("clinic:encounters_summary", args=[visit.patient_id, visit.encounter_id])
    assert whole in as_role("nurse").get(path(visit)).content.decode(), "who reads the chart prints the one with it"


def _paper(response: Any) -> str:
    assert response.headers["Content-Type"] == "application/pdf"
    with pdfplumber.open(BytesIO(response.content)) as pdf:
        return " ".join(" ".join(page.extract_text() or "" for page in pdf.pages).split())
