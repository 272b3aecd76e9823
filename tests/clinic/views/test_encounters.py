"""A visit's page: what it shows to whom, how a visit moves on, its diagnoses in their order."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.choices import NoteType
from clinic.models import Encounter
from tests.factories.billing import DiagnosisFactory, EncounterFactory, SignedNoteFactory
from tests.factories.chart import VisitFactory, blood_pressure
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db

Login = Callable[..., Client]


def _path(visit: Encounter, name: str = "detail", *more: object) -> str:
    return reverse(f"clinic:encounters_{name}", args=[visit.patient_id, visit.pk, *more])


def test_a_clinician_sees_reason_diagnoses_vitals_and_notes(as_role: Login) -> None:
    visit = EncounterFactory(reason="Knee pain")
    DiagnosisFactory(encounter=visit)
    blood_pressure(patient=visit.patient, encounter=visit)
    SignedNoteFactory(encounter=visit, title="Knee note")
    page = as_role("clinician").get(_path(visit)).content.decode()
    for words in ("Knee pain", "I10", "152/88", "Knee note"):
        assert words in page


def test_a_biller_sees_diagnoses_but_neither_vitals_nor_notes(as_role: Login) -> None:
    visit = EncounterFactory()
    DiagnosisFactory(encounter=visit)
    blood_pressure(patient=visit.patient, encounter=visit)
    SignedNoteFactory(encounter=visit, title="Knee note")
    page = as_role("biller").get(_path(visit)).content.decode()
    assert "I10" in page
    assert "152/88" not in page
    assert "Knee note" not in page
    assert _path(visit, "diagnose") not in page


def test_the_front_desk_stays_out(as_role: Login) -> None:
    assert as_role("front_desk").get(_path(VisitFactory())).status_code == 403


@pytest.mark.parametrize("name", ["detail", "diagnose"])
def test_a_visit_of_another_patient_is_not_there(name: str, as_role: Login) -> None:
    visit = VisitFactory()
    path = reverse(f"clinic:encounters_{name}", args=[PatientFactory().pk, visit.pk])
    assert as_role("clinician").get(path).status_code == 404


def test_a_diagnosis_of_another_visit_is_not_there(as_role: Login) -> None:
    visit = VisitFactory()
    other = DiagnosisFactory(encounter=VisitFactory(patient=visit.patient))
    client = as_role("clinician")
    for name in ("undiagnose", "promote"):
        assert client.post(_path(visit, name, other.pk)).status_code == 404


def test_it_moves_on_by_buttons_and_not_out_of_order(as_role: Login) -> None:
    visit, client = VisitFactory(), as_role("nurse")
    client.post(_path(visit, "status"), {"status": "triaged"})
    client.post(_path(visit, "status"), {"status": "in-progress"})
    client.post(_path(visit, "status"), {"status": "cancelled"})
    visit.refresh_from_db()
    assert visit.status == "in-progress"
    finished = EncounterFactory()
    page = client.post(_path(finished, "status"), {"status": "triaged"}, follow=True).content.decode()
    assert "A visit that is finished can&#39;t become roomed." in page


def test_the_status_is_not_moved_by_looking_nor_by_a_biller(as_role: Login) -> None:
    visit = VisitFactory()
    assert as_role("nurse").get(_path(visit, "status")).status_code == 405
    assert as_role("biller").post(_path(visit, "status"), {"status": "triaged"}).status_code == 403


def test_diagnoses_are_put_first_and_taken_off_until_the_note_is_signed(as_role: Login) -> None:
    visit, client = VisitFactory(), as_role("clinician")
    DiagnosisFactory(encounter=visit, rank=1, code="I10")
    second = DiagnosisFactory(encounter=visit, rank=2, code="E11.9", display="Type 2 diabetes")
    client.post(_path(visit, "promote", second.pk))
    assert [d.code for d in visit.diagnoses.filter(entered_in_error_at=None)] == ["E11.9", "I10"]
    client.post(_path(visit, "undiagnose", second.pk))
    assert [(d.code, d.rank) for d in visit.diagnoses.filter(entered_in_error_at=None)] == [("I10", 1)]

    SignedNoteFactory(encounter=visit)
    left = visit.diagnoses.get(entered_in_error_at=None)
    answer = client.post(_path(visit, "undiagnose", left.pk))
    assert answer.status_code == 409
    assert "Write an addendum to the note instead" in answer.content.decode()
    assert visit.diagnoses.filter(entered_in_error_at=None).count() == 1


def test_the_page_costs_the_same_with_one_row_and_with_thirty(as_role: Login) -> None:
    client, counts = as_role("clinician"), []
    for rows in (1, 30):
        visit = VisitFactory()
        for rank in range(1, rows + 1):
            DiagnosisFactory(encounter=visit, rank=rank, code=f"E{rank}")
            SignedNoteFactory(encounter=visit, type=NoteType.NURSE)
            blood_pressure(patient=visit.patient, encounter=visit)
        client.get(_path(visit))
        with CaptureQueriesContext(connection) as caught:
            assert client.get(_path(visit)).status_code == 200
        counts.append(len(caught))
    assert counts == [21, 21]
