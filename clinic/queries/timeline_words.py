"""How the timeline tells each kind of row: a row of the database, and one rebuilt from the log, in the same words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from clinic.choices import MedicationStatus, ObservationStatus, ReportStatus
from clinic.models import (
    AllergyIntolerance,
    CarePlan,
    Communication,
    Condition,
    Device,
    DiagnosticReport,
    DocumentReference,
    Encounter,
    FamilyMemberHistory,
    Goal,
    Immunization,
    Letter,
    MedicationReconciliation,
    MedicationRequest,
    MedicationStatement,
    Note,
    Observation,
    Procedure,
    ServiceRequest,
)
from clinic.queries.allergies import reaction_words
from clinic.queries.encounters import title as visit_title
from clinic.queries.medications import directions
from clinic.queries.observations import Value, latest_vitals
from clinic.queries.results import result_value
from emr.shared.partial_dates import Precision
from emr.ui import formats

_ROUGH = (Precision.MONTH, Precision.YEAR)
#: Values of one report or survey that an entry names; the results page has them all.
MOST_VALUES = 8


@dataclass(frozen=True)
class Told:
    """An entry in words. ``values`` are measured ones with their labels; ``more`` counts those that are left out."""

    title: str
    sub: str = ""
    state: str = ""
    tone: str = "neutral"
    values: tuple[tuple[str, Value], ...] = ()
    more: int = 0


def visit(row: Encounter) -> Told:
    """A visit with its reason and its diagnoses."""
    codes = sorted((d for d in row.diagnoses.all() if d.entered_in_error_at is None), key=lambda one: one.rank)
    return Told(
        visit_title(row),
        _joined(row.reason, ", ".join(f"{one.code} {one.display}".strip() for one in codes)),
        row.get_status_display(),
    )


def note(row: Note) -> Told:
    """A note by its title alone: what it says is read on its page."""
    if row.signed_at is None:
        return Told(str(row), "", row.get_status_display(), "draft")
    return Told(str(row), f"signed {formats.instant(row.signed_at)}", row.get_status_display(), "done")


def report(row: DiagnosticReport) -> Told:
    """A report with its results; one that isn't final says so."""
    results = [one for one in row.results.all() if one.entered_in_error_at is None and one.superseded_by_id is None]
    final = row.status == ReportStatus.FINAL
    told = _values(sorted(results, key=lambda one: (one.display, str(one.pk))))
    state = "" if final else row.get_status_display()
    return Told(row.display, _joined(row.performer, row.conclusion), state, "neutral" if final else "warning", *told)


def vitals(rows: Sequence[Observation], birth_date: date) -> Told:
    """What was measured at one moment."""
    found = latest_vitals(sorted(rows, key=lambda one: (one.display, str(one.pk))), birth_date)
    return Told("Vital signs", values=tuple((one.label, one.value) for one in found))


def measured(rows: Sequence[Observation], birth_date: date) -> Told:
    """Results and answers of one moment that came without a report."""
    ordered = sorted(rows, key=lambda one: (one.display, str(one.pk)))
    unsettled = next((one for one in ordered if one.status != ObservationStatus.FINAL), None)
    state = unsettled.get_status_display() if unsettled else ""
    title = ordered[0].get_category_display()
    return Told(title, "", state, "warning" if state else "neutral", *_values(ordered))


def _values(rows: Sequence[Observation]) -> tuple[tuple[tuple[str, Value], ...], int]:
    values = tuple((row.display, result_value(row)) for row in rows[:MOST_VALUES])
    return values, max(0, len(rows) - MOST_VALUES)


def _roughly(day: date | datetime | None, precision: str) -> str:
    """That an entry stands at the beginning of the month or year in which it happened, and no more is known."""
    return f"some time in {formats.partial(day, precision)}" if day and precision in _ROUGH else ""


def problem(row: Condition) -> Told:
    """That something began to ail the patient."""
    rough = _roughly(row.onset_date, row.onset_precision)
    return Told(f"{row.display} {row.code}".strip(), _joined(rough, row.note), row.get_clinical_status_display())


def problem_over(row: Condition) -> Told:
    """That it ended."""
    rough = _roughly(row.abatement_date, row.abatement_precision)
    return Told(f"{row.display} {row.code}".strip(), rough, "Resolved")


def medication(row: MedicationStatement) -> Told:
    """A drug that was begun."""
    tone = "neutral" if row.status == MedicationStatus.ACTIVE else "warning"
    sub = _joined(_roughly(row.effective_start, row.start_precision), directions(row), row.reason)
    return Told(f"{row.display} begun", sub, row.get_status_display(), tone)


def medication_over(row: MedicationStatement) -> Told:
    """A drug that was stopped, and why, or a course that was finished."""
    end = "finished" if row.status == MedicationStatus.COMPLETED else "stopped"
    return Told(f"{row.display} {end}", row.status_reason, row.get_status_display())


def reconciliation(row: MedicationReconciliation) -> Told:
    """That the list of medications was gone through."""
    return Told("Medications reconciled", _joined(row.get_source_display(), row.comment))


def prescription(row: MedicationRequest) -> Told:
    """A prescription with its directions."""
    amount = f"{formats.number(row.quantity)} {row.quantity_unit}"
    return Told(f"{row.display} prescribed", _joined(row.dosage_text, amount), row.get_status_display())


def allergy(row: AllergyIntolerance) -> Told:
    """An allergy with its reactions, or that there is none known."""
    return Told(row.display, "" if row.none_known else reaction_words(row), row.get_clinical_status_display())


def immunization(row: Immunization) -> Told:
    """A vaccine that was given, or wasn't."""
    reason = row.get_refusal_reason_display() if row.refusal_reason else row.status_reason
    lot = f"lot {row.lot_number}" if row.lot_number else ""
    rough = _roughly(row.occurrence_date, row.occurrence_precision)
    return Told(row.display, _joined(rough, lot, reason), row.get_status_display())


def procedure(row: Procedure) -> Told:
    """What was done."""
    rough = _roughly(row.performed_start, row.performed_precision)
    return Told(row.display, _joined(rough, row.reason, row.note), row.get_status_display())


def device(row: Device) -> Told:
    """A device that was implanted."""
    rough = _roughly(row.implanted_on, row.implanted_precision)
    return Told(row.display, _joined(rough, row.body_site, row.manufacturer), row.get_status_display())


def order(row: ServiceRequest) -> Told:
    """What was ordered, and how far it is."""
    sub = _joined(row.get_category_display(), row.number, row.reason)
    return Told(row.display, sub, row.get_status_display(), "accent" if row.status == "active" else "neutral")


def document(row: DocumentReference) -> Told:
    """A paper or a picture."""
    category = row.get_category_display()
    return Told(str(row), category if row.description else "", row.get_status_display())


def letter(row: Letter) -> Told:
    """A letter, to whom."""
    to = f"to {row.recipient}" if row.recipient else ""
    return Told(str(row), _joined(row.get_kind_display(), to), row.get_status_display())


def message(row: Communication) -> Told:
    """A message of colleagues about the patient, by its subject alone."""
    return Told(row.subject, "", "Urgent" if row.urgent else "", "warning")


def family(row: FamilyMemberHistory) -> Told:
    """What ran in the family."""
    return Told(row.display, _joined(row.get_relationship_display() if row.relationship else "", row.note))


def goal(row: Goal) -> Told:
    """What is to be reached."""
    due = f"by {formats.day(row.due_date)}" if row.due_date else ""
    return Told(row.description, _joined(due, row.get_achievement_display()), row.get_status_display())


def care_plan(row: CarePlan) -> Told:
    """What is done over a time."""
    return Told(row.title, "", row.get_status_display())


def _joined(*parts: str) -> str:
    return " · ".join(_filled(parts))


def _filled(parts: Iterable[str]) -> Iterable[str]:
    return (part for part in parts if part)
