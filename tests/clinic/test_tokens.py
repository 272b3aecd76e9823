"""Words that stand for longer texts: values with unit and date, lists of the chart, and what is said of nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.utils import timezone

from clinic.actions.conditions import add_problem
from clinic.actions.observations import Reading, record_vitals
from clinic.choices import ObservationCategory
from clinic.models import Patient
from clinic.tokens import RESERVED, expand
from emr.audit.actor import acting
from emr.codes.systems import LOINC
from emr.ui import formats
from tests.clinic.notes import DIABETES, Person, a_visit, measure
from tests.factories import care, chart, intake
from tests.factories.clinic import PatientFactory


@pytest.fixture(autouse=True)
def _noon() -> Iterator[None]:
    """What was measured five minutes ago was measured today."""
    with time_machine.travel(datetime(2026, 3, 9, 17, tzinfo=UTC)):
        yield


def said(word: str, patient: Patient) -> str:
    return expand({"x": f".{word}"}, patient)["x"]


@pytest.mark.feature("E07")
def test_values_come_with_their_unit_and_their_day(db: None, person: Person) -> None:
    doctor, patient = person("clinician"), PatientFactory()
    visit = a_visit(doctor, patient)
    measure(doctor, visit)
    earlier = timezone.now() - timedelta(days=200)
    a1c = chart.ObservationFactory(
        patient=patient,
        system=LOINC,
        code="4548-4",
        display="Hemoglobin A1c",
        category=ObservationCategory.LABORATORY,
        value_quantity=Decimal("7.40"),
        value_unit="%",
        effective_at=earlier,
    )
    record_vitals(
        by=doctor,
        patient=patient,
        encounter=visit,
        effective_at=timezone.now() - timedelta(minutes=4),
        readings=[Reading("8302-2", Decimal(163), "cm")],
    )
    texts = {"a": "Today .bp, .WT.", "b": "(.a1c) and .hr; mail a.bp@x .bpm .nothing", "c": ".bmi"}
    assert expand(texts, patient) == {
        "a": "Today BP 152/88 mmHg, weight 81.4 kg.",
        "b": f"(A1c {a1c.value_quantity:f} % ({formats.day(earlier)})) and heart rate not on file; "
        "mail a.bp@x .bpm .nothing",
        "c": "BMI 30.6 kg/m²",
    }
    newer = {"code": "17856-6", "display": "Hemoglobin A1c by HPLC", "value_quantity": Decimal("6.9")}
    chart.ObservationFactory(
        **newer,
        patient=patient,
        system=LOINC,
        category=ObservationCategory.LABORATORY,
        value_unit="%",
        effective_at=earlier + timedelta(days=90),
    )
    assert said("a1c", patient).startswith("A1c 6.9 %"), "as another laboratory names it"


@pytest.mark.feature("E07")
@pytest.mark.feature("E13")
def test_lists_and_answers_come_as_they_are_on_file(db: None, person: Person) -> None:
    doctor, patient = person("clinician"), PatientFactory()
    assert {word: said(word, patient) for word in ("problems", "meds", "allergies", "psh", "fh", "sh", "intake")} == {
        "problems": "No active problem on file.",
        "meds": "No active medication on file.",
        "allergies": "Allergies not recorded.",
        "psh": "No procedure on file.",
        "fh": "No family history on file.",
        "sh": "No social history on file.",
        "intake": "No answers before this visit.",
    }
    add_problem(by=doctor, patient=patient, coding=DIABETES, onset_date=date(2014, 5, 1))
    with acting(doctor):
        chart.MedicationFactory(patient=patient, display="metformin 500 mg", dosage_text="twice a day")
        care.FamilyFactory(patient=patient, display="Stroke", relationship="NFTH", onset_age=70)
    intake.answered(patient, "phq-9", {str(number): ["LA6570-1"] for number in range(1, 10)})
    assert said("problems", patient) == "- Type 2 diabetes mellitus without complications since 2014"
    assert said("meds", patient).startswith("- metformin 500 mg")
    assert "Stroke" in said("fh", patient)
    told = said("intake", patient)
    assert told.startswith(f"PHQ-9 total score 18, moderately severe ({formats.day(timezone.now())}).")
    assert "**Thoughts of being better off dead" in told
    assert all(said(word, patient) != f".{word}" for word in RESERVED)
