"""Visits and notes for tests, made through the actions."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

from django.utils import timezone

from clinic.actions.encounters import open_encounter, set_diagnoses
from clinic.actions.notes import save_note, start_note
from clinic.actions.observations import Reading, record_vitals
from clinic.actions.signing import sign_note
from clinic.choices import NoteType, SectionKind
from clinic.models import Encounter, Note, Patient
from emr.accounts.models import User
from emr.codes.coding import Coding
from emr.codes.systems import ICD10CM
from tests.factories.clinic import PatientFactory

S, O, A, P = (  # noqa: E741  as every clinician calls them
    SectionKind.SUBJECTIVE,
    SectionKind.OBJECTIVE,
    SectionKind.ASSESSMENT,
    SectionKind.PLAN,
)
DIABETES = Coding(ICD10CM, "E11.9", "Type 2 diabetes mellitus without complications")
HYPERTENSION = Coding(ICD10CM, "I10", "Essential (primary) hypertension")
TEXT = {S: "Feels well.", P: "Recheck in 3 months."}


def a_visit(by: User, patient: Patient | None = None, *, diagnosed: bool = True, days_ago: int = 0) -> Encounter:
    """A visit that has begun, with a diagnosis."""
    visit = open_encounter(
        by=by,
        patient=patient or PatientFactory(),
        practitioner=by.practitioner,
        period_start=timezone.now() - timedelta(days=days_ago, minutes=30),
        type_display="Diabetes review",
    )
    if diagnosed:
        set_diagnoses(by=by, encounter=visit, diagnoses=[DIABETES])
    return visit


def a_note(by: User, visit: Encounter | None = None, type: str = NoteType.PROGRESS) -> Note:  # noqa: A002
    """A saved note that could be signed."""
    note = start_note(by=by, encounter=visit or a_visit(by), type=type)
    return save_note(by=by, note=note, base_version=note.version, sections=TEXT)


def a_signed_note(by: User, visit: Encounter | None = None) -> Note:
    """A signed note."""
    note = a_note(by, visit)
    return sign_note(by=by, note=note, base_version=note.version)


def measure(by: User, visit: Encounter) -> None:
    """A blood pressure and a weight of the visit."""
    readings = [
        Reading("8480-6", Decimal("152"), "mm[Hg]"),
        Reading("8462-4", Decimal("88"), "mm[Hg]"),
        Reading("29463-7", Decimal("81.4"), "kg"),
    ]
    record_vitals(
        by=by,
        patient=visit.patient,
        encounter=visit,
        effective_at=timezone.now() - timedelta(minutes=5),
        readings=readings,
    )


Person = Callable[..., User]
