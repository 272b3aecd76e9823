"""A visit, and the whole chart, as they are printed: every list, every visit, every note that the reader may know."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Prefetch

from clinic.models import Encounter, EncounterDiagnosis, Note, NoteAddendum, Patient
from clinic.queries.allergies import allergy_rows
from clinic.queries.care import goal_rows, plan_rows, team_rows
from clinic.queries.conditions import condition_rows
from clinic.queries.devices import device_rows
from clinic.queries.encounters import title
from clinic.queries.family_histories import family_rows
from clinic.queries.immunizations import immunization_rows
from clinic.queries.lists import ListRow
from clinic.queries.medications import medication_rows
from clinic.queries.observations import LatestVital, latest_vitals, visit_vitals, vital_signs
from clinic.queries.orders import order_rows
from clinic.queries.procedures import procedure_rows
from clinic.queries.results import LatestResult, latest_results
from clinic.queries.social_history import social_rows
from clinic.rules import notes_visible_to
from emr.accounts.models import User
from emr.ui import formats

#: The lists of a chart in the order of its sections.
LISTS: tuple[tuple[str, Callable[[Patient], list[ListRow]]], ...] = (
    ("Allergies", allergy_rows),
    ("Problems", condition_rows),
    ("Medications", medication_rows),
    ("Immunizations", immunization_rows),
    ("Procedures", procedure_rows),
    ("Family history", family_rows),
    ("Social history", social_rows),
    ("Implanted devices", device_rows),
    ("Orders", order_rows),
    ("Goals", goal_rows),
    ("Care plans", plan_rows),
    ("Care team", team_rows),
)


@dataclass(frozen=True)
class PrintedVisit:
    """A visit in words with its notes, the oldest first."""

    encounter: Encounter
    title: str
    when: str
    facts: tuple[tuple[str, str], ...]
    diagnoses: list[EncounterDiagnosis]
    notes: list[Note]


@dataclass(frozen=True)
class PrintedChart:
    """The whole chart."""

    lists: list[tuple[str, list[ListRow]]]
    vitals: list[LatestVital]
    results: list[LatestResult]
    visits: list[PrintedVisit]


def printed_chart(patient: Patient, user: User) -> PrintedChart:
    """All of a chart that ``user`` may read, errors struck out, visits newest first. A fixed number of queries."""
    return PrintedChart(
        lists=[(label, rows(patient)) for label, rows in LISTS],
        vitals=latest_vitals(vital_signs(patient), patient.birth_date),
        results=latest_results(patient),
        visits=_visits(patient.encounters.order_by("-period_start"), user),
    )


def printed_visit(encounter: Encounter, user: User) -> tuple[PrintedVisit, list[LatestVital], list[str]]:
    """One visit, its vital signs, and what was ordered at it."""
    orders = encounter.orders.filter(entered_in_error_at=None).order_by("created_at")
    ordered = [f"{row.number} {row.display}, {row.get_status_display().lower()}" for row in orders]
    done = [row.display for row in encounter.procedures.filter(entered_in_error_at=None).order_by("created_at")]
    visit = next(iter(_visits(Encounter.objects.filter(pk=encounter.pk), user)))
    return visit, visit_vitals(encounter), [*ordered, *done]


def _visits(rows: Iterable[Encounter], user: User) -> list[PrintedVisit]:
    found = list(
        rows.select_related("practitioner", "patient").prefetch_related(  # type: ignore[attr-defined]
            Prefetch("diagnoses", EncounterDiagnosis.objects.filter(entered_in_error_at=None).order_by("rank"))
        )
    )
    notes = _notes(found, user)
    return [_visit(row, notes[row.pk]) for row in found]


def _notes(visits: list[Encounter], user: User) -> dict[UUID, list[Note]]:
    people = ("author", "signed_by", "cosigner", "cosigned_by", "entered_in_error_by")
    rows = (
        notes_visible_to(user, Note.objects.filter(encounter__in=visits))
        .select_related("encounter", *(f"{role}__practitioner" for role in people))
        .prefetch_related(Prefetch("addenda", NoteAddendum.objects.select_related("created_by__practitioner")))
        .order_by("created_at")
    )
    found: dict[UUID, list[Note]] = defaultdict(list)
    for row in rows:
        found[row.encounter_id].append(row)
    return found


def _visit(row: Encounter, notes: list[Note]) -> PrintedVisit:
    facts = (
        ("Seen by", str(row.practitioner or "")),
        ("Reason", row.reason),
        ("State", row.get_status_display()),
    )
    return PrintedVisit(
        encounter=row,
        title=title(row),
        when=formats.instant(row.period_start),
        facts=tuple(pair for pair in facts if pair[1]),
        diagnoses=list(row.diagnoses.all()),
        notes=notes,
    )
