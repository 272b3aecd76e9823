"""Every list of the chart keeps one contract: record, change, end, take back, enter in error, print, history."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pdfplumber
import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import (
    AllergyIntolerance,
    CarePlan,
    CareTeamMember,
    Condition,
    Device,
    FamilyMemberHistory,
    Goal,
    Immunization,
    MedicationStatement,
    Observation,
    Patient,
    Procedure,
)
from emr.audit.models import AccessEvent
from emr.codes.importers.rows import ConceptRow
from emr.codes.systems import CVX
from emr.shared.dates import clinic_today
from emr.ui import formats
from tests.emr.codes.samples import DIAGNOSES, load
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db

_TODAY = formats.day(clinic_today())


@dataclass(frozen=True)
class Case:
    """A list: what is added, changed and ended in it, and where a second one like it is refused."""

    model: Any
    add: dict[str, Any]
    edit: dict[str, Any] = field(default_factory=dict)
    changed: tuple[str, Any] | None = None
    end: tuple[str, dict[str, Any]] | None = None
    refused: str = "coding"


CASES = {
    "conditions": Case(
        Condition,
        {"coding": "E11.9", "onset_date": "14-Mar-2019"},
        {"coding": "E11.65", "onset_date": "14-Mar-2019", "clinical_status": "active", "note": "worse"},
        ("code", "E11.65"),
        ("resolve", {}),
    ),
    "medications": Case(
        MedicationStatement,
        {"coding": "lisinopril 10 mg", "dose_quantity": "10", "dose_unit": "mg", "frequency": "once a day"},
        {"status": "active", "dose_quantity": "20", "dose_unit": "mg", "frequency": "once a day"},
        ("dose_quantity", 20),
        ("stop", {"reason": "Cough"}),
    ),
    "allergies": Case(
        AllergyIntolerance,
        {"coding": "Latex", "reactions": "hives, wheeze", "severity": "moderate", "criticality": "low"},
        {"reactions": "shock", "severity": "severe", "criticality": "high"},
        ("criticality", "high"),
        ("resolve", {}),
    ),
    "immunizations": Case(
        Immunization,
        {
            **{"coding": "140", "status": "completed", "primary_source": "on", "occurrence_date": _TODAY},
            **{"lot_number": "UT8123AA", "expiration_date": "30-Jun-2199", "ndc": "49281-425-50"},
            **{"vis_edition": "31-Jan-2025", "vis_given_on": _TODAY, "funding": "V01"},
        },
        {
            **{"status": "completed", "primary_source": "on", "occurrence_date": _TODAY, "site": "left deltoid"},
            **{"lot_number": "UT8123AB", "expiration_date": "30-Jun-2199"},
        },
        ("lot_number", "UT8123AB"),
    ),
    "procedures": Case(
        Procedure,
        {"coding": "Appendectomy", "performed_start": "3-May-1999"},
        {"coding": "Appendectomy", "performed_start": "4-May-1999", "status": "completed", "note": "St. Mary"},
        ("note", "St. Mary"),
    ),
    "family_history": Case(
        FamilyMemberHistory,
        {"relationship": "NMTH", "coding": "breast cancer of mother", "coding_choice": "text", "onset_age": "48"},
        {"relationship": "NMTH", "coding": "breast cancer of mother", "death_age": "61", "contributed_to_death": "on"},
        ("deceased", True),
        refused="",
    ),
    "social_history": Case(Observation, {"smoking": "8517006"}, refused=""),
    "devices": Case(
        Device,
        {
            "display": "Pacemaker",
            "udi": "(01)00844588003288(17)300731(10)A213B1(21)1234",
            "implanted_on": "4-May-2020",
        },
        {"display": "Pacemaker", "udi": "(01)00844588003288(17)300731(10)A213B1(21)1234", "body_site": "chest"},
        ("body_site", "chest"),
        ("remove", {"reason": "Battery"}),
        refused="udi",
    ),
    "care_team": Case(
        CareTeamMember,
        {"name": "Dr. Outside", "role": "Cardiologist", "phone": "217-555-0199"},
        {"name": "Dr. Outside", "role": "Cardiologist", "organization": "Heart Center"},
        ("organization", "Heart Center"),
        ("end", {}),
        refused="who",
    ),
    "goals": Case(
        Goal,
        {"description": "Walk every day", "measure_code": "29463-7", "target_high": "80", "expressed_by_patient": "on"},
        {"description": "Walk every day", "status": "active", "achievement": "achieved"},
        ("status", "completed"),
        refused="description",
    ),
    "care_plans": Case(
        CarePlan,
        {"title": "Blood pressure at home", "description": "Measure twice a day."},
        {"title": "Blood pressure at home", "status": "on-hold"},
        ("status", "on-hold"),
        ("end", {"status": "revoked", "reason": "Moved away"}),
        refused="title",
    ),
}
_MARKS = pytest.mark.parametrize(
    "section",
    [
        pytest.param(name, marks=pytest.mark.feature(feature))
        for name, feature in {
            **{"conditions": "F03", "medications": "F04", "allergies": "F05", "immunizations": "F08"},
            **{"procedures": "F15", "family_history": "F15", "social_history": "F15", "devices": "F15"},
            **{"care_team": "F18", "goals": "F18", "care_plans": "F18"},
        }.items()
    ],
)


@pytest.fixture(autouse=True)
def _codes() -> None:
    load(*DIAGNOSES)
    load(ConceptRow("140", "Influenza, split virus, trivalent, PF"), system=CVX)


@dataclass
class Desk:
    """A nurse at one list of one chart."""

    client: Client
    section: str
    patient: Patient

    def path(self, verb: str, *row: object) -> str:
        return reverse(f"clinic:{self.section}_{verb}", args=[self.patient.pk, *row])

    def page(self, verb: str = "list", *row: object) -> str:
        answer = self.client.get(self.path(verb, *row))
        assert answer.status_code == 200
        return " ".join(answer.content.decode().split())

    def send(self, verb: str, data: dict[str, Any], *row: object, status: int = 303) -> str:
        answer = self.client.post(self.path(verb, *row), data)
        body = answer.content.decode()
        assert answer.status_code == status, body[body.find("error-summary") :][:600]
        return answer["Location"] if status == 303 else " ".join(body.split())


@_MARKS
def test_a_row_is_recorded_changed_ended_taken_back_and_printed(section: str, as_role: Callable[..., Client]) -> None:
    case = CASES[section]
    desk = Desk(as_role("clinician"), section, PatientFactory())
    desk.send("add", case.add)
    row = case.model.objects.get(patient=desk.patient)
    title = row.display if hasattr(row, "display") else str(case.add.get("name") or row)
    assert title in desk.page()
    assert (row.created_by, row.entered_in_error_at) == (desk.client.user, None)  # type: ignore[attr-defined]

    if case.refused:
        assert "already" in desk.send("add", case.add, status=422)
        assert case.model.objects.filter(patient=desk.patient).count() == 1

    if case.changed:
        name, value = case.changed
        before = getattr(row, name)
        seen = row.updated_at.isoformat()
        assert seen in desk.page("edit", row.pk)
        back = desk.send("edit", {**case.edit, "seen": seen}, row.pk)
        row.refresh_from_db()
        assert getattr(row, name) == value
        assert "Somebody else changed" in desk.send(
            "edit", {**case.edit, "note": "x", "seen": seen}, row.pk, status=409
        )
        assert ">Undo<" in desk.client.get(back).content.decode()
        desk.send("undo", {"seen": row.updated_at.isoformat()}, row.pk)
        row.refresh_from_db()
        assert getattr(row, name) == before

    if case.end:
        verb, data = case.end
        desk.send(verb, data, row.pk)
        assert "Show 1 past" in desk.page()
        desk.send("undo", {}, row.pk)
        assert "Show 1 past" not in desk.page()

    desk.send("error", {"reason": "Wrong patient"}, row.pk)
    errored = desk.page()
    assert "Wrong patient" in errored
    assert desk.path("undo", row.pk) in errored
    desk.send("undo", {}, row.pk)
    row.refresh_from_db()
    assert (row.entered_in_error_at, row.entered_in_error_by, row.entered_in_error_reason) == (None, None, "")
    assert "entered in error" in desk.page("history", row.pk)

    paper = desk.client.get(desk.path("print"))
    with pdfplumber.open(io.BytesIO(paper.content)) as pdf:
        text = " ".join((pdf.pages[0].extract_text() or "").split())
    assert f"MRN {formats.mrn(desk.patient.mrn)}" in text
    assert title.split()[0] in text
    assert "Page 1 of 1" in text
    assert AccessEvent.objects.filter(patient_id=desk.patient.pk, section=section, action="print").exists()


@pytest.mark.feature("F05")
def test_taking_back_never_brings_a_contradiction(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "allergies", PatientFactory())
    desk.send("add", {"coding": "Latex"})
    row = AllergyIntolerance.objects.get()
    desk.send("error", {"reason": "His brother's"}, row.pk)
    desk.send("none_known", {})
    assert "contradicts what was recorded since" in desk.send("undo", {}, row.pk, status=422)
    row.refresh_from_db()
    assert row.entered_in_error_at is not None


@pytest.mark.feature("F05")
def test_reactions_of_one_more_event_are_added_and_none_is_lost(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "allergies", PatientFactory())
    desk.send("add", {"coding": "Latex", "reactions": "hives, wheeze", "severity": "mild"})
    row = AllergyIntolerance.objects.get()
    desk.send("edit", {"reactions": "shock", "severity": "severe"}, row.pk)
    assert "hives (mild) + wheeze (mild), shock (severe)" in desk.page()


def test_what_was_never_changed_has_nothing_to_take_back(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "conditions", PatientFactory())
    desk.send("add", {"coding": "E11.9"})
    assert "Nothing was changed" in desk.send("undo", {}, Condition.objects.get().pk, status=422)


@pytest.mark.feature("F08")
def test_a_dose_given_here_names_its_lot_and_a_refusal_its_reason(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "immunizations", PatientFactory())
    dose = {**CASES["immunizations"].add}
    without = {**dose, "lot_number": "", "expiration_date": ""}
    assert "Enter the lot" in desk.send("add", without, status=422)
    assert "expired on" in desk.send("add", {**dose, "expiration_date": "30-Jun-2020"}, status=422)
    assert "ten digits with hyphens" in desk.send("add", {**dose, "ndc": "123"}, status=422)
    assert "Say why" in desk.send("add", {**without, "status": "not-done"}, status=422)
    desk.send("add", {**without, "status": "not-done", "refusal_reason": "PATOBJ", "status_reason": "fears pain"})
    desk.send("add", dose)
    page = desk.page()
    assert "The patient objects: fears pain" in page
    kept = Immunization.objects.get(status="completed")
    assert (kept.ndc, formats.day(kept.vis_edition), kept.funding) == ("49281-0425-50", "31-Jan-2025", "V01")
    assert kept.performer == desk.client.user.practitioner  # type: ignore[attr-defined]


@pytest.mark.feature("F15")
def test_social_answers_are_coded_and_the_last_one_counts(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "social_history", PatientFactory(gender="male"))
    assert "Answer at least one question" in desk.send("add", {}, status=422)
    desk.send("add", {"smoking": "449868002", "pack_years": "12.5", "on": "1-Feb-2020"})
    desk.send("add", {"smoking": "8517006", "food_worry": "LA6729-3", "occupation": "Baker"})
    desk.send("add", {"smoking": "8517006"})
    page = desk.page("add")
    assert "Last: Smoked formerly" in page
    assert "Pregnancy" not in page
    kept = {
        (row.code, row.value_code or str(row.value_quantity or row.value_text)) for row in Observation.objects.all()
    }
    assert kept == {
        ("72166-2", "449868002"),
        ("72166-2", "8517006"),
        ("8664-5", "12.5"),
        ("88122-7", "LA6729-3"),
        ("11341-5", "Baker"),
    }
    assert "Show 1 past answers" in page


@pytest.mark.feature("F15")
def test_the_label_of_a_device_is_read_into_its_parts(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "devices", PatientFactory())
    case = CASES["devices"].add
    assert "does not begin like a device identifier" in desk.send("add", {**case, "udi": "12345"}, status=422)
    desk.send("add", case)
    row = Device.objects.get()
    parts = (row.issuer, row.device_identifier, row.lot_number, row.serial_number, formats.day(row.expiration_date))
    assert parts == ("GS1", "00844588003288", "A213B1", "1234", "31-Jul-2030")


@pytest.mark.feature("F15")
def test_nothing_known_in_the_family_is_a_word_of_its_own(as_role: Callable[..., Client]) -> None:
    desk = Desk(as_role("nurse"), "family_history", PatientFactory())
    assert "Nobody has asked yet" in desk.page()
    desk.send("none_known", {})
    assert f"asked by {desk.client.user}" in desk.page()  # type: ignore[attr-defined]
    desk.send("add", CASES["family_history"].add)
    page = desk.page()
    assert "Show 1 past entries" in page
    assert "Mother" in page
