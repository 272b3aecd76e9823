"""The lists of a chart as pages show them: every row in words, in a fixed number of queries however long the list."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db.models import Q, QuerySet

from clinic.choices import (
    AllergyClinicalStatus,
    ConditionCategory,
    ConditionClinicalStatus,
    EncounterStatus,
    ImmunizationStatus,
    MedicationStatus,
)
from clinic.models import (
    AllergyIntolerance,
    Condition,
    Encounter,
    Immunization,
    MedicationStatement,
    Patient,
    Procedure,
)
from emr.shared.records import ErrableMixin
from emr.ui import formats

#: Rows of one page of a list; the history of a whole life is paged by time.
PAGE_SIZE = 100


@dataclass(frozen=True)
class ListRow:
    """One row: its key, its cells in words, its state with a tone, and whether it was entered in error and why."""

    key: str
    cells: tuple[str, ...]
    state: str
    tone: str = "neutral"
    active: bool = False
    error: str = ""

    @property
    def title(self) -> str:
        """The first cell: what the row is about."""
        return self.cells[0]


def open_visit(patient: Patient) -> Encounter | None:
    """The visit that is going on, to which what is entered now belongs."""
    return (
        patient.encounters.filter(
            status__in=[EncounterStatus.ARRIVED, EncounterStatus.TRIAGED, EncounterStatus.IN_PROGRESS],
            entered_in_error_at=None,
        )
        .order_by("-period_start")
        .first()
    )


def condition_rows(patient: Patient) -> list[ListRow]:
    """Problems, the active ones first, then by onset, newest first."""
    rows = patient.conditions.filter(category=ConditionCategory.PROBLEM_LIST_ITEM).order_by("-onset_date", "display")
    return _sorted(
        ListRow(
            key=str(row.pk),
            cells=(
                row.display,
                row.code,
                formats.day(row.onset_date),
                formats.day(row.abatement_date),
                row.note,
            ),
            state=_state(row, row.get_clinical_status_display()),
            tone="accent" if _is_active_condition(row) else "neutral",
            active=_is_active_condition(row),
            error=row.entered_in_error_reason,
        )
        for row in rows[:PAGE_SIZE]
    )


def _is_active_condition(row: Condition) -> bool:
    return row.entered_in_error_at is None and row.clinical_status in {
        ConditionClinicalStatus.ACTIVE,
        ConditionClinicalStatus.RECURRENCE,
        ConditionClinicalStatus.RELAPSE,
    }


def allergy_rows(patient: Patient) -> list[ListRow]:
    """Allergies with their past reactions, the active ones first, severe ones before mild ones."""
    rows = patient.allergies.prefetch_related("reactions").order_by("display")
    severity = {"severe": 0, "moderate": 1, "mild": 2}

    def weight(row: AllergyIntolerance) -> int:
        return min((severity.get(reaction.severity, 3) for reaction in row.reactions.all()), default=3)

    return _sorted(
        ListRow(
            key=str(row.pk),
            cells=(
                row.display if row.code or row.none_known else f"{row.display} (not checked by alerts)",
                reaction_words(row),
                row.get_criticality_display(),
                row.get_category_display(),
                formats.day(row.recorded_date),
            ),
            state=_state(row, row.get_clinical_status_display()),
            tone="warning" if _is_active_allergy(row) and not row.none_known else "neutral",
            active=_is_active_allergy(row),
            error=row.entered_in_error_reason,
        )
        for row in sorted(rows, key=weight)
    )


def _is_active_allergy(row: AllergyIntolerance) -> bool:
    return row.entered_in_error_at is None and row.clinical_status == AllergyClinicalStatus.ACTIVE


def reaction_words(allergy: AllergyIntolerance) -> str:
    """Past reactions in words: those of one event joined by +, different events by commas, severity in brackets."""
    events: dict[int, list[str]] = {}
    for reaction in allergy.reactions.all():
        words = f"{reaction.display} ({reaction.severity})" if reaction.severity else reaction.display
        events.setdefault(reaction.occurrence, []).append(words)
    return ", ".join(" + ".join(event) for event in events.values())


def medication_rows(patient: Patient) -> list[ListRow]:
    """The medication list, what is taken now first."""
    rows = patient.medications.select_related("prescriber").order_by("display")
    return _sorted(
        ListRow(
            key=str(row.pk),
            cells=(
                row.display,
                directions(row),
                row.reason,
                formats.day(row.effective_start),
                formats.day(row.effective_end),
                str(row.prescriber or ""),
            ),
            state=_state(row, row.get_status_display()),
            tone="accent" if _is_active_medication(row) else "neutral",
            active=_is_active_medication(row),
            error=row.entered_in_error_reason or row.status_reason,
        )
        for row in rows[: 4 * PAGE_SIZE]
    )


def _is_active_medication(row: MedicationStatement) -> bool:
    return row.entered_in_error_at is None and row.status in {MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD}


def directions(row: MedicationStatement) -> str:
    """Dose, route and frequency in words: ``500 mg · by mouth · twice a day``."""
    dose = f"{formats.number(row.dose_quantity)} {row.dose_unit}".strip() if row.dose_quantity is not None else ""
    parts = [dose, row.route, row.frequency, "as needed" if row.as_needed else "", row.dosage_text]
    return " · ".join(part for part in parts if part)


def immunization_rows(patient: Patient) -> list[ListRow]:
    """Vaccines, newest first."""
    rows = patient.immunizations.select_related("performer").order_by("-occurrence_date", "display")
    return [
        ListRow(
            key=str(row.pk),
            cells=(
                row.display,
                row.code,
                formats.day(row.occurrence_date),
                row.lot_number,
                formats.day(row.expiration_date),
                str(row.performer or ("" if row.primary_source else "elsewhere")),
            ),
            state=_state(row, row.get_status_display()),
            tone="done" if row.status == ImmunizationStatus.COMPLETED else "neutral",
            active=row.entered_in_error_at is None,
            error=row.entered_in_error_reason or row.status_reason,
        )
        for row in rows[: 4 * PAGE_SIZE]
    ]


def procedure_rows(patient: Patient) -> list[ListRow]:
    """Procedures, newest first."""
    rows: QuerySet[Procedure] = patient.procedures.select_related("performer").order_by("-performed_start")
    return [
        ListRow(
            key=str(row.pk),
            cells=(row.display, row.code, formats.day(row.performed_start), str(row.performer or ""), row.note),
            state=_state(row, row.get_status_display()),
            active=row.entered_in_error_at is None,
            error=row.entered_in_error_reason,
        )
        for row in rows[: 4 * PAGE_SIZE]
    ]


def encounter_rows(patient: Patient) -> list[ListRow]:
    """Visits, newest first, with who saw the patient and the diagnoses."""
    rows = patient.encounters.select_related("practitioner").prefetch_related("diagnoses").order_by("-period_start")
    return [
        ListRow(
            key=str(row.pk),
            cells=(
                row.type_display or row.reason or row.get_class_code_display(),
                formats.instant(row.period_start),
                str(row.practitioner or ""),
                row.reason,
                ", ".join(d.code or d.display for d in row.diagnoses.all() if d.entered_in_error_at is None),
            ),
            state=_state(row, row.get_status_display()),
            tone="done" if row.status == EncounterStatus.FINISHED else "draft",
            active=row.status != EncounterStatus.FINISHED,
            error=row.entered_in_error_reason,
        )
        for row in rows[: 4 * PAGE_SIZE]
    ]


def current_conditions(patient: Patient) -> QuerySet[Condition]:
    """The active problems."""
    return patient.conditions.filter(
        Q(category=ConditionCategory.PROBLEM_LIST_ITEM), clinical_status__in=["active", "recurrence", "relapse"]
    ).filter(entered_in_error_at=None)


def current_immunizations(patient: Patient) -> QuerySet[Immunization]:
    """Doses that were given and stand."""
    return patient.immunizations.filter(status=ImmunizationStatus.COMPLETED, entered_in_error_at=None)


def _state(row: ErrableMixin, words: str) -> str:
    return "Entered in error" if row.entered_in_error_at is not None else words


def _sorted(rows: Iterable[ListRow]) -> list[ListRow]:
    """Active rows first, then the others, errors last; otherwise in the order in which they came."""
    listed: Sequence[ListRow] = list(rows)
    return sorted(listed, key=lambda row: (not row.active, row.state == "Entered in error"))
