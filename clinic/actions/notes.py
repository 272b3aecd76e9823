"""Notes: begun, saved, added to. A signed note, and the visit that it closes, stay as they are."""

from __future__ import annotations

from collections.abc import Mapping
from uuid import UUID

from clinic.actions import errors
from clinic.actions.encounters import check_open, set_status
from clinic.actions.note_drafts import NOWHERE, Window, settle_drafts
from clinic.actions.note_texts import changes, completed, write_texts
from clinic.choices import AddendumKind, EncounterStatus, NoteStatus, NoteType
from clinic.models import Encounter, Note, NoteAddendum, NoteTemplate
from clinic.note_keys import SectionKey, texts_of
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7

_CLOSED = frozenset({EncounterStatus.CANCELLED, EncounterStatus.ENTERED_IN_ERROR})
_NOT_BEGUN = frozenset({EncounterStatus.PLANNED, EncounterStatus.UNKNOWN})


class NoteConflict(Conflict):
    """Somebody saved the note since this writer opened it. Both texts are here, by kind of section; none is lost."""

    def __init__(self, note: Note, mine: Mapping[str, str], theirs: Mapping[str, str]) -> None:
        super().__init__("Somebody saved a newer version of this note. Compare the two, then save again.")
        self.note, self.mine, self.theirs = note, dict(mine), dict(theirs)


@action
def start_note(
    *,
    by: User,
    encounter: Encounter,
    type: str = NoteType.PROGRESS,  # noqa: A002
    title: str = "",
    template: NoteTemplate | None = None,
) -> Note:
    """Begin a note of a visit, which is then in progress. One's own open note of the same type is opened again instead.

    A ``template`` says the type, and what stands in the note at first. Raises DomainError for a visit that has not
    begun, was cancelled, or is closed by a signed note.
    """
    visit = Encounter.objects.select_for_update().get(pk=encounter.pk)
    kind = template.type if template else type
    found = Note.objects.open().filter(encounter=visit, author=by, type=kind).first()
    if found is not None:
        return found
    _check_open(visit)
    if visit.status in {EncounterStatus.ARRIVED, EncounterStatus.TRIAGED}:
        set_status(by=by, encounter=visit, status=EncounterStatus.IN_PROGRESS)
    note = Note.objects.create(
        created_by=by,
        patient_id=visit.patient_id,
        encounter=visit,
        type=kind,
        title=title.strip() or (template.name if template else ""),
        author=by,
        template=template,
    )
    if template:
        texts = {str(SectionKey(one.kind, one.item)): one.text for one in template.sections.filter(retired=False)}
        write_texts(by=by, note=note, given=completed(texts, note, by))
    return note


@action
def save_note(
    *, by: User, note: Note, base_version: int, sections: Mapping[str, str], window: Window = NOWHERE
) -> Note:
    """Save the text of a note by the keys of its parts; parts that are not given stay as they are.

    Words such as ``.bp`` get their value. The draft of the writer's window is done with. Raises NoteConflict where
    ``base_version``, the version that the writer had before them, is no longer the newest, and DomainError for a note
    that is signed.
    """
    row = Note.objects.select_for_update().get(pk=note.pk)
    check_writable(row)
    current = texts_of(row.sections.all())
    given = completed(sections, row, by)
    if changes(current, given):
        if row.version != base_version:
            raise NoteConflict(row, mine=given, theirs=current)
        write_texts(by=by, note=row, given=given)
        row.version += 1
        row.save(update_fields=["version", "updated_at"])
    settle_drafts(by=by, note=row, window=window)
    return row


@action
def add_addendum(
    *,
    by: User,
    note: Note,
    text: str,
    kind: str = AddendumKind.ADDENDUM,
    request_token: UUID | None = None,
    window: Window = NOWHERE,
) -> NoteAddendum:
    """Add text to a signed note; the only way in which it grows. A token seen before gives what it made then."""
    row = Note.objects.select_for_update().get(pk=note.pk)
    if request_token and (seen := NoteAddendum.objects.filter(pk=request_token, note=row).first()):
        return seen
    if row.signed_at is None or row.entered_in_error_at is not None:
        raise DomainError("Only a signed note takes an addendum. Write in the note itself.")
    if not text.strip():
        raise DomainError("Write what is to be added.", field="text")
    if row.status != NoteStatus.AMENDED:
        row.status = NoteStatus.AMENDED
        row.save(update_fields=["status", "updated_at"])
    window.drafts(row, by).delete()
    return NoteAddendum.objects.create(
        id=request_token or uuid7(), created_by=by, note=row, kind=kind, text=text.strip()
    )


@action
def enter_in_error(*, by: User, note: Note, reason: str) -> Note:
    """Mark a note as entered in error. It stays readable, struck out, with who, when and why.

    A draft by its author or by somebody who may sign; a signed note by who signed, wrote or cosigns it, or by somebody
    who may unlock notes. What colleagues have typed into it and not saved stays theirs.
    """
    Encounter.objects.select_for_update().get(pk=note.encounter_id)
    row = Note.objects.select_for_update().get(pk=note.pk)
    _check_marker(by, row)
    row = errors.enter_in_error(by=by, row=row, reason=reason)
    row.drafts.filter(user=by).delete()
    return row


@action
def set_confidential(*, by: User, note: Note, confidential: bool) -> Note:
    """Keep a note between its author, its cosigner and those to whom it is granted; or, before it is signed, undo that.

    A signed note may become confidential, and then stays so. Raises DomainError for anybody else than the two.
    """
    row = Note.objects.select_for_update().get(pk=note.pk)
    _check_keeper(by, row)
    if row.signed_at is not None and not confidential:
        raise DomainError("A signed note stays confidential. Grant it to the colleague who needs it.")
    row.confidential = confidential
    row.save(update_fields=["confidential", "updated_at"])
    return row


@action
def set_cosigner(*, by: User, note: Note, cosigner: User | None) -> Note:
    """Say who answers for a note beside its author, until it is signed."""
    row = Note.objects.select_for_update().get(pk=note.pk)
    _check_keeper(by, row)
    check_writable(row)
    if cosigner is not None and (cosigner.pk == row.author_id or not cosigner.has_perm(Permission.SIGN_NOTES)):
        raise DomainError("Choose a colleague who signs notes.", field="cosigner")
    if cosigner is not None and getattr(cosigner, "practitioner", None) and cosigner.practitioner.supervisor_id:
        raise DomainError(f"{cosigner} is in training. Choose a colleague who cosigns.", field="cosigner")
    row.cosigner = cosigner
    row.save(update_fields=["cosigner", "updated_at"])
    return row


def keeps(user: User, note: Note) -> bool:
    """Whether a person decides who reads a note: its author and its cosigner do."""
    return user.pk in {note.author_id, note.cosigner_id}


def _check_keeper(by: User, note: Note) -> None:
    if not keeps(by, note):
        raise DomainError("The author and the cosigner of a note decide who reads it.")


def _check_marker(by: User, note: Note) -> None:
    signs, own = by.has_perm(Permission.SIGN_NOTES), by.pk in {note.author_id, note.signed_by_id, note.cosigner_id}
    if note.signed_at is None:
        if not signs and not own:
            raise DomainError("This note is somebody else's: its author or a clinician has to mark it.")
    elif not (signs and own) and not by.has_perm(Permission.UNLOCK_NOTES):
        raise DomainError("The note is signed: who signed it has to mark it, or the medical director.")


def _check_open(visit: Encounter) -> None:
    check_open(visit)
    if visit.status in _CLOSED or visit.entered_in_error_at is not None:
        raise DomainError(f"The visit is {visit.get_status_display().lower()}: it takes no note.")
    if visit.status in _NOT_BEGUN:
        raise DomainError("The visit has not begun. Check the patient in first.")


def check_writable(note: Note) -> None:
    """Raise DomainError for a note that is signed or in error."""
    if note.signed_at is not None:
        raise DomainError("The note is signed and does not change. Write an addendum instead.")
    if note.entered_in_error_at is not None:
        raise DomainError("The note was entered in error and does not change.")
