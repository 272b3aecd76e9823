"""What came of a task, written into the chart."""

from __future__ import annotations

from django.contrib.contenttypes.models import ContentType
from django.utils import timezone

from clinic.actions.encounters import open_encounter
from clinic.actions.notes import save_note, start_note
from clinic.actions.tasks import complete_task
from clinic.choices import EncounterClass, NoteType, SectionKind
from clinic.models import Note, Task
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError


@action
def write_to_chart(*, by: User, task: Task, text: str) -> Note:
    """Begin a telephone note with the text, of a visit by telephone, and complete the task, which then names the note.

    The note is a draft to be finished and signed like any other. Raises DomainError for a task about nobody, one that
    is over, and somebody who writes no notes.
    """
    row = Task.objects.select_for_update(of=("self",)).select_related("for_patient").get(pk=task.pk)
    if row.for_patient is None:
        raise DomainError("This task is about no patient.")
    if not by.has_perm(Permission.WRITE_NOTES):
        raise DomainError("Only who writes notes writes into the chart.")
    if row.completed_at is not None:
        raise DomainError("This task is over already.")
    visit = open_encounter(
        by=by,
        patient=row.for_patient,
        practitioner=getattr(by, "practitioner", None),
        period_start=timezone.now(),
        reason=row.description[:200],
        type_display="Telephone",
        class_code=EncounterClass.VIRTUAL,
    )
    note = start_note(by=by, encounter=visit, type=NoteType.TELEPHONE)
    note = save_note(by=by, note=note, base_version=note.version, sections={SectionKind.SUBJECTIVE: text})
    complete_task(by=by, task=row, comment="Written to the chart")
    if row.focus_id is None:
        row.refresh_from_db()
        row.focus_type, row.focus_id = ContentType.objects.get_for_model(note), note.pk
        row.save(update_fields=["focus_type", "focus_id", "updated_at"])
    return note
