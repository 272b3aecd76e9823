"""The histories of those rows of the chart that stand in no list (`clinic.views.rooms` makes those of lists)."""

from __future__ import annotations

from uuid import UUID

from clinic.access import notes_visible_to
from clinic.models import (
    ContactPoint,
    Coverage,
    Encounter,
    EncounterDiagnosis,
    Note,
    NoteAddendum,
    NoteSection,
    Observation,
    ObservationComponent,
    Patient,
    PatientAddress,
    PatientName,
    RelatedPerson,
)
from clinic.views.history import Kind, history_page, owned
from emr.access.permissions import Permission
from emr.accounts.models import User


def _itself(user: User, patient: Patient, key: UUID) -> Patient:
    return patient


def _note(user: User, patient: Patient, key: UUID) -> Note | None:
    """A note that the user may read: a confidential one has no history for others."""
    return notes_visible_to(user, Note.objects.filter(patient=patient)).filter(pk=key).first()


_CHART = Permission.VIEW_CHART
_PERSON = ((ContactPoint, "patient"), (PatientAddress, "patient"), (PatientName, "patient"), (RelatedPerson, "patient"))
_COMPONENTS = ((ObservationComponent, "observation"),)

vitals = history_page(
    Kind("History of a reading", "vitals", _CHART, "clinic:vitals_list", owned(Observation), _COMPONENTS)
)
results = history_page(
    Kind("History of a result", "results", _CHART, "clinic:results_list", owned(Observation), _COMPONENTS)
)
encounters = history_page(
    Kind(
        *("History of a visit", "encounters", Permission.VIEW_ENCOUNTERS, "clinic:encounters_detail", owned(Encounter)),
        parts=((EncounterDiagnosis, "encounter"),),
        key="encounter_id",
        back_by=("pk",),
    )
)
notes = history_page(
    Kind(
        *("History of a note", "notes", Permission.VIEW_NOTES, "clinic:notes_detail", _note),
        parts=((NoteSection, "note"), (NoteAddendum, "note")),
        key="note_id",
        back_by=("pk",),
    )
)
coverages = history_page(
    Kind(
        *("History of a policy", "coverages", Permission.VIEW_COVERAGE, "clinic:coverages_list", owned(Coverage)),
        key="coverage_id",
    )
)
patients = history_page(
    Kind("History of the details", "details", Permission.VIEW_DEMOGRAPHICS, "clinic:patients_detail", _itself, _PERSON)
)
