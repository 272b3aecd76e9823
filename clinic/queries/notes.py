"""Reads of notes: what a page shows, in a fixed number of queries."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.db.models import Count, Prefetch, Q, QuerySet

from clinic.actions.note_drafts import Window
from clinic.choices import MedicationStatus
from clinic.models import Encounter, Note, NoteAddendum, NoteDraft, NoteSection, NoteUserGrant, Patient
from clinic.models.access import in_force
from clinic.queries.conditions import current_conditions
from clinic.queries.medications import directions
from clinic.rules import notes_visible_to
from clinic.snapshots import visit_vitals, vital_of
from emr.accounts.models import User
from emr.audit.models import LogEntry


def note_rows(patient: Patient, user: User) -> list[Note]:
    """The notes of a patient of which ``user`` may know, newest visit first, with author, signer, visit and the number
    of addenda. One query."""
    rows = notes_visible_to(user, Note.objects.filter(patient=patient)).select_related(
        "author__practitioner", "signed_by__practitioner", "encounter", "entered_in_error_by"
    )
    return list(rows.annotate(addendum_count=Count("addenda")).order_by("-encounter__period_start", "-created_at"))


def notable_encounters(patient: Patient) -> QuerySet[Encounter]:
    """The visits for which a note can be begun, newest first."""
    closed = Note.objects.closing().filter(patient=patient).values("encounter")
    return (
        patient.encounters.filter(
            status__in=["arrived", "triaged", "in-progress", "finished"], entered_in_error_at=None
        )
        .exclude(pk__in=closed)
        .order_by("-period_start")
    )


def full_note(patient: Patient, note_id: UUID, user: User) -> Note | None:
    """A note of this patient with sections, addenda, visit, people; None for another's, and for one of which ``user``
    may not know. Three queries."""
    addenda = NoteAddendum.objects.select_related("created_by__practitioner")
    sections = NoteSection.objects.select_related("diagnosis", "copied_from__encounter")
    return (
        notes_visible_to(user, Note.objects.filter(patient=patient, pk=note_id))
        .select_related(
            *("encounter__practitioner", "author__practitioner", "signed_by__practitioner"),
            *("entered_in_error_by__practitioner", "cosigner__practitioner"),
            *("cosigned_by__practitioner", "patient", "template"),
        )
        .prefetch_related(Prefetch("sections", queryset=sections), Prefetch("addenda", queryset=addenda))
        .first()
    )


def note_grants(note: Note) -> list[NoteUserGrant]:
    """Who else may read a confidential note, those in force first, the newest first. One query."""
    rows = NoteUserGrant.objects.filter(content_object=note).annotate(holds=Q(in_force()))
    return list(rows.select_related("user__practitioner", "granted_by", "revoked_by").order_by("-holds", "-granted_at"))


def draft_of(note: Note, user: User) -> NoteDraft | None:
    """What this person typed and has not saved: the latest, where it was typed in several windows."""
    return NoteDraft.objects.filter(note=note, user=user).order_by("-saved_at").first()


def other_windows(note: Note, user: User, window: Window) -> list[NoteDraft]:
    """What this person typed in other windows and has not saved, the latest first."""
    here = window.drafts(note, user)
    return list(note.drafts.filter(user=user).exclude(pk__in=here.values("pk")).order_by("-saved_at"))


def others_writing(note: Note, user: User) -> list[NoteDraft]:
    """Colleagues who have unsaved text in this note, the latest first."""
    return list(note.drafts.exclude(user=user).select_related("user__practitioner").order_by("-saved_at"))


def last_saved_by(note: Note) -> str:
    """Who saved the note last, by the log of changes: the practitioner's or the account's name."""
    entry = (
        LogEntry.objects.filter(object_pk=str(note.pk), content_type__app_label="clinic", content_type__model="note")
        .select_related("actor__practitioner")
        .order_by("-timestamp")
        .first()
    )
    return named(entry.actor) if entry else ""


def named(user: User) -> str:
    """A person as notes name them; reads ``user.practitioner``, so select it with the user."""
    return str(getattr(user, "practitioner", None) or user)


def chart_beside(patient: Patient, encounter: Encounter) -> dict[str, Any]:
    """What stands beside the note while it is written. Five queries.

    ``all_diagnoses`` are those that were taken off the list too.
    """
    everything = list(encounter.diagnoses.all())
    diagnoses = [row for row in everything if row.entered_in_error_at is None]
    taken = patient.medications.filter(status=MedicationStatus.ACTIVE, entered_in_error_at=None)
    return {
        "problems": list(current_conditions(patient).order_by("display")),
        "medications": [(row.display, directions(row)) for row in taken],
        "vitals": [vital_of(row) for row in visit_vitals(encounter)],
        "diagnoses": diagnoses,
        "all_diagnoses": everything,
        "diagnosed": {row.code for row in diagnoses},
    }
