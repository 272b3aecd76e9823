"""The lists of a chart as pages show them: every row in words, in a fixed number of queries however long the list."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import TypeVar

from django.db.models import BooleanField, ExpressionWrapper, Prefetch, Q, QuerySet

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
    AllergyReaction,
    Condition,
    Encounter,
    MedicationStatement,
    Patient,
    Procedure,
)
from emr.shared.records import ErrableMixin
from emr.ui import formats

#: The longest list that a page shows. What is current comes first, so that only old history can lie beyond it.
LIMIT = 400

_ACTIVE_PROBLEM = Q(
    entered_in_error_at=None,
    clinical_status__in=[
        ConditionClinicalStatus.ACTIVE,
        ConditionClinicalStatus.RECURRENCE,
        ConditionClinicalStatus.RELAPSE,
    ],
)
_TAKEN_NOW = Q(entered_in_error_at=None, status__in=[MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD])
_ACTIVE_ALLERGY = Q(entered_in_error_at=None, clinical_status=AllergyClinicalStatus.ACTIVE)
#: The columns that every row of a list is told from; a list adds its own. Who marked an error is read where one is.
_SHOWN = ("patient", "display", "code", "entered_in_error_at", "entered_in_error_by", "entered_in_error_reason")
_NAMES = ("family_name", "given_name", "credentials")
_USER_NAMES = ("first_name", "last_name", "email")
E = TypeVar("E", bound=ErrableMixin)
_SEVERITY = {"severe": 0, "moderate": 1, "mild": 2}


@dataclass(frozen=True)
class ListRow:
    """One row in words.

    ``mark`` is what has to be said beside the first cell, ``remark`` the reason of its state: why a drug was stopped,
    and for a row entered in error who marked it, when and why.
    """

    key: str
    cells: tuple[str, ...]
    state: str
    tone: str = "neutral"
    active: bool = False
    errored: bool = False
    mark: str = ""
    remark: str = ""

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


def condition_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Problems, the active ones first, then by onset, newest first: one query.

    Here as in every list a second one tells who marked errors, where there are any; ``standing`` leaves errors out.
    """
    problems = patient.conditions.filter(category=ConditionCategory.PROBLEM_LIST_ITEM)
    rows = (
        problems.alias(current=ExpressionWrapper(_ACTIVE_PROBLEM, output_field=BooleanField()))
        .only(*_SHOWN, "onset_date", "abatement_date", "note", "clinical_status")
        .order_by("-current", "-onset_date", "display")
    )
    return by_state(condition_row(row) for row in of_errors(rows, standing)[:LIMIT])


def condition_row(row: Condition) -> ListRow:
    """A problem in words."""
    active = row.entered_in_error_at is None and row.clinical_status in {"active", "recurrence", "relapse"}
    return ListRow(
        key=str(row.pk),
        cells=(row.display, row.code, formats.day(row.onset_date), formats.day(row.abatement_date), row.note),
        state=state_of(row, row.get_clinical_status_display()),
        tone="accent" if active else "neutral",
        active=active,
        errored=row.entered_in_error_at is not None,
        remark=error_of(row),
    )


def allergy_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Allergies with their past reactions, the active ones first, severe ones before mild ones: two queries."""
    reactions = AllergyReaction.objects.only("allergy", "display", "occurrence", "severity")
    rows = (
        patient.allergies.alias(current=ExpressionWrapper(_ACTIVE_ALLERGY, output_field=BooleanField()))
        .select_related("created_by")
        .only(
            *(*_SHOWN, "none_known", "criticality", "category", "recorded_date", "clinical_status"),
            *people("created_by", _USER_NAMES),
        )
        .prefetch_related(Prefetch("reactions", reactions))
        .order_by("-current", "display")
    )
    return by_state(allergy_row(row) for row in sorted(of_errors(rows, standing)[:LIMIT], key=_weight))


def _weight(row: AllergyIntolerance) -> int:
    return min((_SEVERITY.get(reaction.severity, 3) for reaction in row.reactions.all()), default=3)


def allergy_row(row: AllergyIntolerance) -> ListRow:
    """An allergy in words. Asks for the row's reactions and its author."""
    active = row.entered_in_error_at is None and row.clinical_status == AllergyClinicalStatus.ACTIVE
    return ListRow(
        key=str(row.pk),
        cells=(
            row.display,
            f"asked by {row.created_by}" if row.none_known else reaction_words(row),
            row.get_criticality_display(),
            row.get_category_display(),
            formats.day(row.recorded_date),
        ),
        state=state_of(row, row.get_clinical_status_display()),
        tone="warning" if active and not row.none_known else "neutral",
        active=active,
        errored=row.entered_in_error_at is not None,
        mark="" if row.code or row.none_known else "not checked by alerts",
        remark=error_of(row),
    )


def reaction_words(allergy: AllergyIntolerance) -> str:
    """Past reactions in words: those of one event joined by +, different events by commas, severity in brackets."""
    events: dict[int, list[str]] = {}
    for reaction in allergy.reactions.all():
        words = f"{reaction.display} ({reaction.severity})" if reaction.severity else reaction.display
        events.setdefault(reaction.occurrence, []).append(words)
    return ", ".join(" + ".join(event) for event in events.values())


def medication_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """The medication list, what is taken now first, the others by the day on which they were started: one query."""
    rows = (
        patient.medications.alias(current=ExpressionWrapper(_TAKEN_NOW, output_field=BooleanField()))
        .only(
            *(*_SHOWN, "reason", "status", "status_reason", "effective_start", "effective_end"),
            *("dose_quantity", "dose_unit", "route", "frequency", "as_needed", "dosage_text"),
            *people("prescriber"),
        )
        .select_related("prescriber")
        .order_by("-current", "-effective_start", "display")
    )
    return by_state(medication_row(row) for row in of_errors(rows, standing)[:LIMIT])


def medication_row(row: MedicationStatement) -> ListRow:
    """A medication in words. Asks for the row's prescriber."""
    active = row.entered_in_error_at is None and row.status in {MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD}
    return ListRow(
        key=str(row.pk),
        cells=(
            row.display,
            directions(row),
            row.reason,
            formats.day(row.effective_start),
            formats.day(row.effective_end),
            str(row.prescriber or ""),
        ),
        state=state_of(row, row.get_status_display()),
        tone="accent" if row.status == MedicationStatus.ACTIVE and active else "neutral",
        active=active,
        errored=row.entered_in_error_at is not None,
        remark=error_of(row) or row.status_reason,
    )


#: Units that are misread for others when written as they are coded: told in letters that can't be.
_SAFE_UNITS = {"ug": "mcg", "µg": "mcg", "μg": "mcg", "U": "units", "IU": "units", "[iU]": "units", "cc": "mL"}


def directions(row: MedicationStatement) -> str:
    """Dose, route and frequency in words: ``500 mg · by mouth · twice a day``."""
    dose = formats.number(row.dose_quantity)
    if dose:
        unit = _SAFE_UNITS.get(row.dose_unit, row.dose_unit)
        dose = f"{dose} {unit}" if unit else f"dose {dose}"
    parts = [dose, row.route, row.frequency, "as needed" if row.as_needed else "", row.dosage_text]
    return " · ".join(part for part in parts if part)


def immunization_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Vaccines, newest first: one query."""
    rows = (
        patient.immunizations.only(
            *(*_SHOWN, "occurrence_date", "lot_number", "expiration_date", "primary_source"),
            *("status", "status_reason"),
            *people("performer"),
        )
        .select_related("performer")
        .order_by("-occurrence_date", "display")
    )
    return by_state(
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
            state=state_of(row, row.get_status_display()),
            tone="done" if row.status == ImmunizationStatus.COMPLETED else "neutral",
            active=row.entered_in_error_at is None,
            errored=row.entered_in_error_at is not None,
            remark=error_of(row) or row.status_reason,
        )
        for row in of_errors(rows, standing)[:LIMIT]
    )


def procedure_rows(patient: Patient) -> list[ListRow]:
    """Procedures, newest first: one query."""
    rows: QuerySet[Procedure] = patient.procedures.select_related("performer", "entered_in_error_by").order_by(
        "-performed_start", "display"
    )
    return by_state(
        ListRow(
            key=str(row.pk),
            cells=(row.display, row.code, formats.day(row.performed_start), str(row.performer or ""), row.note),
            state=state_of(row, row.get_status_display()),
            tone="done" if row.status == "completed" else "neutral",
            active=row.entered_in_error_at is None,
            errored=row.entered_in_error_at is not None,
            remark=error_of(row),
        )
        for row in rows[:LIMIT]
    )


def current_conditions(patient: Patient) -> QuerySet[Condition]:
    """The active problems."""
    return patient.conditions.filter(_ACTIVE_PROBLEM, category=ConditionCategory.PROBLEM_LIST_ITEM)


def of_errors(rows: QuerySet[E], standing: bool) -> QuerySet[E]:
    """With ``standing`` none that was entered in error; else all, and who marked one, read only where one was."""
    return rows.filter(entered_in_error_at=None) if standing else rows.prefetch_related("entered_in_error_by")


def people(role: str, names: Sequence[str] = _NAMES) -> Iterator[str]:
    """The columns of which the name of someone consists, for ``only()`` of a query that joins them."""
    return (f"{role}__{name}" for name in names)


def state_of(row: ErrableMixin, words: str) -> str:
    """The state in words; that it was an error outweighs all else."""
    return "Entered in error" if row.entered_in_error_at is not None else words


def error_of(row: ErrableMixin) -> str:
    """Who marked a row as entered in error, when, and why; empty for a row that stands."""
    if row.entered_in_error_at is None:
        return ""
    return f"{row.entered_in_error_reason} ({row.entered_in_error_by}, {formats.instant(row.entered_in_error_at)})"


def by_state(rows: Iterable[ListRow]) -> list[ListRow]:
    """Active rows first, then the others, errors last; otherwise in the order in which they came."""
    listed: Sequence[ListRow] = list(rows)
    return sorted(listed, key=lambda row: (not row.active, row.errored))
