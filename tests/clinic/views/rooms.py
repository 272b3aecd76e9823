"""The lists of the chart, each with what is recorded, changed and ended in it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

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
from emr.codes.importers.rows import ConceptRow
from emr.codes.systems import CVX
from emr.shared.dates import clinic_today
from emr.ui import formats
from tests.emr.codes.samples import DIAGNOSES, load

VACCINES = {
    "08": "Hep B, adolescent or pediatric",
    "20": "DTaP",
    "110": "DTaP-Hep B-IPV",
    "140": "Influenza, split virus, trivalent, PF",
}
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
        {"criticality": "high"},
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


def load_codes() -> None:
    """The diagnoses and vaccines that the cases name."""
    load(*DIAGNOSES)
    load(*(ConceptRow(code, display) for code, display in VACCINES.items()), system=CVX)
