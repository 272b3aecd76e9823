"""A visit and a chart on paper: all that belongs there, nothing that doesn't, and whose it is on every page."""

from __future__ import annotations

import io
from typing import Any

import pdfplumber
import pytest
from django.db import transaction
from django.utils import timezone

from clinic.actions import notes as actions
from clinic.actions.signing import sign_note, unlock_note
from clinic.choices import SectionKind
from clinic.models import Encounter, NoteSection
from clinic.printouts.charts import chart_pdf
from clinic.printouts.visits import summary_pdf, visit_pdf
from emr.accounts.models import User
from emr.audit.actor import acting
from tests.clinic.notes import Person, S, a_note, a_signed_note, a_visit, measure
from tests.factories.accounts import ClinicFactory
from tests.factories.care import CareTeamFactory, DeviceFactory, GoalFactory, OrderFactory
from tests.factories.chart import (
    ConditionFactory,
    ImmunizationFactory,
    MedicationFactory,
    ObservationFactory,
    ProcedureFactory,
    ReportFactory,
)
from tests.factories.clinic import AllergyIntoleranceFactory, PatientFactory

INSTRUCTIONS, AP = SectionKind.INSTRUCTIONS, SectionKind.ASSESSMENT_AND_PLAN


def words(pdf: bytes) -> list[str]:
    with pdfplumber.open(io.BytesIO(pdf)) as read:
        return [page.extract_text() for page in read.pages]


def headed(pages: list[str], patient: Any) -> None:
    """Whose it is, the clinic, and page x of y stand on every page."""
    for number, text in enumerate(pages, start=1):
        assert patient.sort_name in text
        assert "born 14-Mar-1962 · MRN" in text
        assert "Riverside Clinic" in text
        assert f"Page {number} of {len(pages)}" in text
        assert "Printed " in text


def a_full_visit(doctor: User) -> Encounter:
    """A signed visit of a patient of whom every kind of thing is known."""
    ClinicFactory()
    visit = a_visit(doctor)
    patient = visit.patient
    measure(doctor, visit)
    AllergyIntoleranceFactory(patient=patient, display="Penicillin")
    MedicationFactory(patient=patient, display="metformin 500 mg tablet")
    ConditionFactory(patient=patient, display="Essential (primary) hypertension")
    ImmunizationFactory(patient=patient, display="Influenza, seasonal")
    ProcedureFactory(patient=patient, encounter=visit, display="Wound care")
    DeviceFactory(patient=patient)
    GoalFactory(patient=patient)
    CareTeamFactory(patient=patient)
    now = timezone.now()
    signed = {"signed_at": now, "signed_by": doctor}
    OrderFactory(patient=patient, encounter=visit, status="active", display="Metabolic panel", **signed)
    seen = {"released_at": now, "released_by": doctor}
    for name, more in (("Potassium", seen), ("Secret lab", {})):
        report = ReportFactory(patient=patient, **more)
        ObservationFactory(patient=patient, report=report, category="laboratory", display=name, code=name)
    note = a_note(doctor, visit)
    with transaction.atomic(), acting(doctor):
        whole = {"note": note, "rank": 1, "created_by": doctor}
        NoteSection.objects.create(**whole, kind=INSTRUCTIONS, text="Walk **daily**.")
        NoteSection.objects.create(**whole, kind=AP, diagnosis=visit.diagnoses.get(), text="Stay on metformin.")
    sign_note(by=doctor, note=note, base_version=note.version)
    return visit


@pytest.mark.feature("E12")
def test_the_visit_summary_holds_what_uscdi_names_and_no_more(db: None, person: Person) -> None:
    doctor = person("clinician")
    visit = a_full_visit(doctor)
    pages = words(summary_pdf(visit, by=doctor, printed=timezone.now()))
    headed(pages, visit.patient)
    whole = "\n".join(pages)
    for said in (
        *("Diabetes review", str(doctor.practitioner), "Riverside Clinic"),
        *("What to do", "Walk daily.", "Assessment and plan", "Stay on metformin."),
        *("Type 2 diabetes mellitus", "152/88", "81.4", "Wound care", "Ordered: Metabolic panel"),
        *("Penicillin", "metformin 500 mg tablet", "Essential (primary) hypertension", "Influenza, seasonal"),
        *("Implanted devices", "Goals", "Care team", "Potassium"),
        *("Preferred language", "Race", "Ethnicity", "Sex", "Date of birth"),
    ):
        assert said in whole, said
    assert "Secret lab" not in whole
    assert "Feels well." not in whole
    assert "not signed yet" not in whole


@pytest.mark.feature("E12")
def test_before_the_signature_the_summary_says_so(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_note(doctor)
    actions.save_note(by=doctor, note=note, base_version=note.version, sections={INSTRUCTIONS: "Not yet."})
    whole = "\n".join(words(summary_pdf(note.encounter, by=doctor, printed=timezone.now())))
    assert "not signed yet" in whole
    assert "Not yet." not in whole
    assert "Allergies were not asked about yet." in whole


@pytest.mark.feature("E14")
@pytest.mark.feature("E04")
def test_a_printed_visit_holds_each_note_with_all_that_came_after(db: None, person: Person) -> None:
    doctor, nurse = person("clinician"), person("nurse")
    visit = a_full_visit(doctor)
    note = visit.notes.get()
    actions.add_addendum(by=nurse, note=note, text="A1c came back: 8.1 %.", kind="late-entry")
    wrong = a_signed_note(doctor, a_visit(doctor, visit.patient))
    actions.enter_in_error(by=doctor, note=wrong, reason="Wrong patient")
    pages = words(visit_pdf(visit, by=nurse, printed=timezone.now()))
    headed(pages, visit.patient)
    whole = "\n".join(pages)
    for said in (
        *("Feels well.", "Walk daily.", "Type 2 diabetes", f"Signed by {doctor.practitioner}", "SHA-256"),
        *("Late entry", "A1c came back: 8.1 %.", str(nurse.practitioner), "Wound care", "152/88"),
    ):
        assert said in whole, said
    told = "\n".join(words(visit_pdf(wrong.encounter, by=nurse, printed=timezone.now())))
    assert f"Entered in error, {doctor.practitioner}" in told
    assert "Wrong patient" in told
    unlock_note(by=person("medical_director"), note=note, reason="Wrong side")
    assert "Draft, not signed" in "\n".join(words(visit_pdf(visit, by=nurse, printed=timezone.now())))


@pytest.mark.feature("E14")
def test_a_printed_chart_holds_every_list_and_visit_that_the_reader_may_know(db: None, person: Person) -> None:
    doctor, colleague = person("clinician"), person("clinician")
    visit = a_full_visit(doctor)
    secret = a_note(doctor, a_visit(doctor, visit.patient))
    actions.save_note(by=doctor, note=secret, base_version=secret.version, sections={S: "Told in confidence."})
    actions.set_confidential(by=doctor, note=secret, confidential=True)
    a_signed_note(doctor, a_visit(doctor, PatientFactory()))
    pages = words(chart_pdf(visit.patient, by=colleague, printed=timezone.now()))
    headed(pages, visit.patient)
    whole = "\n".join(pages)
    for said in (
        *("Penicillin", "metformin 500 mg tablet", "Essential (primary) hypertension", "Influenza, seasonal"),
        *("Family history", "Secret lab", "Wound care", "Visits", "Walk daily.", "Feels well."),
    ):
        assert said in whole, said
    assert "Told in confidence." not in whole
    assert "Told in confidence." in "\n".join(words(chart_pdf(visit.patient, by=doctor, printed=timezone.now())))
