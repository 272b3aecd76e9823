"""Visits: the list, and one visit with all that belongs to it."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import Prefetch

from clinic.choices import EncounterStatus
from clinic.models import Encounter, EncounterDiagnosis, Note, Patient
from clinic.queries.lists import LIMIT, ListRow, by_state, error_of, of_errors, people, state_of
from clinic.queries.observations import LatestVital, visit_vitals
from clinic.rules import notes_visible_to
from emr.accounts.models import User
from emr.codes.queries.concepts import lookup
from emr.codes.systems import POS
from emr.ui import formats

_OPEN = {EncounterStatus.PLANNED, EncounterStatus.ARRIVED, EncounterStatus.TRIAGED, EncounterStatus.IN_PROGRESS}


def encounter_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """Visits, open ones first, then newest first, with who saw the patient and the diagnoses: two queries."""
    diagnoses = EncounterDiagnosis.objects.only("encounter", "code", "display", "entered_in_error_at")
    rows = (
        patient.encounters.select_related("practitioner")
        .only(
            *("patient", "type_display", "class_code", "period_start", "reason", "status", *people("practitioner")),
            *("entered_in_error_at", "entered_in_error_by", "entered_in_error_reason"),
        )
        .prefetch_related(Prefetch("diagnoses", diagnoses))
        .order_by("-period_start")
    )
    return by_state(_row(row) for row in of_errors(rows, standing)[:LIMIT])


def _row(row: Encounter) -> ListRow:
    diagnoses = (d.code or d.display for d in row.diagnoses.all() if d.entered_in_error_at is None)
    return ListRow(
        key=str(row.pk),
        cells=(
            title(row),
            formats.instant(row.period_start),
            str(row.practitioner or ""),
            row.reason,
            ", ".join(diagnoses),
        ),
        state=state_of(row, row.get_status_display()),
        tone="done" if row.status == EncounterStatus.FINISHED else "draft" if row.status in _OPEN else "neutral",
        active=row.status in _OPEN and row.entered_in_error_at is None,
        errored=row.entered_in_error_at is not None,
        remark=error_of(row),
    )


def title(row: Encounter) -> str:
    """What a visit is called: its kind, else where it took place."""
    return row.type_display or row.get_class_code_display()


@dataclass(frozen=True)
class VisitNote:
    """A note of a visit by its title alone: key, title, state, author and time."""

    key: str
    title: str
    state: str
    status: str
    meta: str


@dataclass(frozen=True)
class Visit:
    """One visit as its page shows it. ``closed`` by a signed note, its diagnoses stay as they are."""

    title: str
    state: str
    status: str
    error: str
    is_open: bool
    facts: tuple[tuple[str, str], ...]
    diagnoses: list[EncounterDiagnosis]
    vitals: list[LatestVital]
    notes: list[VisitNote]
    closed: bool


def visit(encounter: Encounter, *, clinical: bool, notes_for: User | None) -> Visit:
    """The page of a visit, in at most six queries. ``clinical`` adds its vital signs, ``notes_for`` the notes of which
    that person may know; that the visit is closed is said whoever asks, for its diagnoses stay for everybody.
    """
    written = encounter.notes.filter(entered_in_error_at=None).select_related("author", "signed_by")
    return Visit(
        title=title(encounter),
        state=state_of(encounter, encounter.get_status_display()),
        status=encounter.status,
        error=error_of(encounter),
        is_open=encounter.status in _OPEN and encounter.entered_in_error_at is None,
        facts=_facts(encounter),
        diagnoses=list(encounter.diagnoses.filter(entered_in_error_at=None).order_by("rank")),
        vitals=visit_vitals(encounter) if clinical else [],
        notes=[_note(row) for row in notes_visible_to(notes_for, written)] if notes_for else [],
        closed=Note.objects.closing().filter(encounter=encounter).exists(),
    )


def _facts(row: Encounter) -> tuple[tuple[str, str], ...]:
    place = lookup(POS, row.place_of_service)
    return (
        ("Reason", row.reason),
        ("Seen by", str(row.practitioner or "")),
        ("Began", formats.instant(row.period_start)),
        ("Ended", formats.instant(row.period_end) if row.period_end else "Still open" if row.status in _OPEN else ""),
        ("Kind", row.get_class_code_display()),
        ("Place of service", f"{row.place_of_service} {place.display if place else ''}".strip()),
    )


def _note(row: Note) -> VisitNote:
    meta = (
        f"signed {formats.instant(row.signed_at)} by {row.signed_by}"
        if row.signed_at
        else f"begun {formats.instant(row.created_at)} by {row.author}"
    )
    return VisitNote(str(row.pk), str(row), row.get_status_display(), row.status, meta)


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
