"""Text of an earlier note brought into one that is being written. It stays marked with where it came from."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from uuid import UUID

from clinic.actions.note_texts import append_copy, sections_of
from clinic.actions.notes import NoteConflict, check_writable
from clinic.choices import SectionKind
from clinic.models import Note, NoteSection
from clinic.note_keys import SectionKey, in_order, key_of, texts_of
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError


@action
def copy_forward(*, by: User, note: Note, source: Note, base_version: int, keys: Collection[str] | None = None) -> Note:
    """Add the sections of an earlier signed note of the same patient, or those of ``keys``, to what stands in a note.

    What is thought of a problem goes to the same diagnosis of this visit; where the visit has no such diagnosis, to
    the assessment in general, under the diagnosis's name. Copied twice, it stands there once. Raises NoteConflict for
    a version that the writer has not seen, DomainError for a source that may not be copied.
    """
    row = Note.objects.select_for_update().get(pk=note.pk)
    check_writable(row)
    _check_source(row, source)
    if row.version != base_version:
        raise NoteConflict(row, mine={}, theirs=texts_of(row.sections.all()))
    here = {(one.system, one.code): one.pk for one in row.encounter.diagnoses.filter(entered_in_error_at=None)}
    wanted = [one for one in in_order(sections_of(source)) if keys is None or str(key_of(one)) in keys]
    if [one for one in wanted if one.text.strip() and _copied(by, row, source, one, here)]:
        row.version += 1
        row.save(update_fields=["version", "updated_at"])
    return row


def _copied(by: User, note: Note, source: Note, section: NoteSection, here: Mapping[tuple[str, str], UUID]) -> bool:
    key, text, of = key_of(section), section.text.strip(), section.diagnosis
    if of is not None:
        there = here.get((of.system, of.code))
        key = SectionKey(SectionKind.ASSESSMENT_AND_PLAN, diagnosis=there)
        text = text if there else f"**{of.display}**\n{text}"
    return append_copy(by=by, note=note, key=key, text=text, finding=section.finding, source=source)


def _check_source(note: Note, source: Note) -> None:
    if source.patient_id != note.patient_id or source.pk == note.pk:
        raise DomainError("Text is copied from an earlier note of the same patient only.")
    if source.signed_at is None or source.entered_in_error_at is not None:
        raise DomainError("Only a signed note is copied from.")
    if source.confidential and not note.confidential:
        raise DomainError("That note is confidential: its text stays in it.")
