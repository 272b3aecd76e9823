"""What a patient takes home from a visit: what USCDI names, in plain words, and nothing that is not for them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Q

from clinic.choices import NoteStatus, ObservationCategory, SectionKind
from clinic.models import Encounter, Note, NoteSection, Observation, Patient
from clinic.note_keys import in_order
from clinic.queries.allergies import allergy_rows
from clinic.queries.banner import allergies as banner_allergies
from clinic.queries.care import goal_rows, plan_rows, team_rows
from clinic.queries.conditions import condition_rows
from clinic.queries.details import Pairs, patient_details
from clinic.queries.devices import device_rows
from clinic.queries.encounters import title
from clinic.queries.immunizations import immunization_rows
from clinic.queries.lists import ListRow
from clinic.queries.medications import medication_rows
from clinic.queries.observations import LatestVital, visit_vitals
from clinic.queries.results import LatestResult, latest_of_each
from clinic.queries.social_history import social_rows
from emr.ui import formats
from emr.ui.banner import AllergyState

#: What comes next for a patient, in words, from the floors above; each adds itself when it starts.
AHEAD: list[Callable[[Patient], list[str]]] = []
_PLANS = (SectionKind.ASSESSMENT, SectionKind.PLAN, SectionKind.ASSESSMENT_AND_PLAN)
_MOST_RESULTS = 40


@dataclass(frozen=True)
class Told:
    """A text of a signed note: what it is about, and what it says."""

    label: str
    text: str


@dataclass(frozen=True)
class VisitSummary:
    """One visit and the chart around it. ``no_allergies`` says why the list of them is empty."""

    person: Pairs
    visit: Pairs
    signed: bool
    diagnoses: list[str]
    instructions: list[str]
    plan: list[Told]
    ahead: list[str]
    ordered: list[str]
    vitals: list[LatestVital]
    results: list[LatestResult]
    procedures: list[str]
    allergies: list[ListRow]
    no_allergies: str
    lists: tuple[tuple[str, list[ListRow]], ...]


def visit_summary(encounter: Encounter) -> VisitSummary:
    """The summary of a visit. What is written comes from signed notes alone, none of a confidential one; results only
    where they were released to the patient. A fixed number of queries.
    """
    patient = encounter.patient
    notes = Note.objects.closing().filter(encounter=encounter, confidential=False)
    written = NoteSection.objects.filter(note__in=notes).exclude(text="").select_related("diagnosis")
    told = in_order(written)
    return VisitSummary(
        person=_person(patient),
        visit=_visit(encounter),
        signed=notes.exclude(status=NoteStatus.ENTERED_IN_ERROR).exists(),
        diagnoses=[row.display for row in encounter.diagnoses.filter(entered_in_error_at=None)],
        instructions=[row.text for row in told if row.kind == SectionKind.INSTRUCTIONS],
        plan=[_told(row) for row in told if row.kind in _PLANS],
        ahead=[line for ask in AHEAD for line in ask(patient)],
        ordered=_ordered(encounter),
        vitals=visit_vitals(encounter),
        results=_released(patient),
        procedures=[row.display for row in encounter.procedures.filter(entered_in_error_at=None)],
        allergies=[row for row in _current(allergy_rows(patient, standing=True)) if not _is_none(row)],
        no_allergies=_no_allergies(patient),
        lists=(
            ("Medications", _current(medication_rows(patient, standing=True))),
            ("Health problems", _current(condition_rows(patient, standing=True))),
            ("Immunizations", _current(immunization_rows(patient, standing=True))),
            ("Smoking and living", _current(social_rows(patient, standing=True))),
            ("Implanted devices", _current(device_rows(patient, standing=True))),
            ("Goals", _current(goal_rows(patient, standing=True))),
            ("Care plans", _current(plan_rows(patient, standing=True))),
            ("Care team", _current(team_rows(patient, standing=True))),
        ),
    )


def instructions_of(encounter_id: UUID | None) -> str:
    """What was written for the patient in a visit's signed notes, none of a confidential one. One query; without a
    visit nothing was written.
    """
    sections = NoteSection.objects.filter(
        note__in=Note.objects.closing().filter(encounter=encounter_id, confidential=False),
        kind=SectionKind.INSTRUCTIONS,
    )
    texts = sections.order_by("note__signed_at", "id").values_list("text", flat=True)
    return "\n\n".join(text.strip() for text in texts if text.strip()) if encounter_id else ""


def _person(patient: Patient) -> Pairs:
    details = patient_details(patient)
    wanted = {"Preferred language", "Race", "Ethnicity"}
    background = ((label, text or "Not recorded") for label, text in details.background if label in wanted)
    return (*details.identity, *background)


def _visit(encounter: Encounter) -> Pairs:
    return (
        ("Visit", title(encounter)),
        ("When", formats.instant(encounter.period_start)),
        ("Seen by", str(encounter.practitioner or "")),
        ("Why", encounter.reason),
    )


def _told(row: NoteSection) -> Told:
    return Told(row.diagnosis.display if row.diagnosis else SectionKind(row.kind).label, row.text)


def _ordered(encounter: Encounter) -> list[str]:
    rows = encounter.orders.filter(entered_in_error_at=None, status__in=["active", "on-hold"])
    return [f"{row.display} ({row.get_category_display().lower()})" for row in rows.order_by("created_at")]


def _released(patient: Patient) -> list[LatestResult]:
    tests = (ObservationCategory.LABORATORY, ObservationCategory.IMAGING, ObservationCategory.PROCEDURE)
    rows = (
        Observation.objects.standing()
        .filter(Q(report=None) | Q(report__released_at__isnull=False), patient=patient, category__in=tests)
        .prefetch_related("components")
        .order_by("-effective_at", "display", "id")
    )
    return latest_of_each(rows[:400])[:_MOST_RESULTS]


def _current(rows: list[ListRow]) -> list[ListRow]:
    return [row for row in rows if row.active and not row.errored]


def _is_none(row: ListRow) -> bool:
    return row.title.casefold().startswith("no known")


def _no_allergies(patient: Patient) -> str:
    known = banner_allergies(patient)
    if known.state == AllergyState.NONE_KNOWN:
        return f"No known allergies, as {known.confirmed_by} was told {formats.day(known.confirmed_at)}."
    return "" if known.state == AllergyState.KNOWN else "Allergies were not asked about yet."
