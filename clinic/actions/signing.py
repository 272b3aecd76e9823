"""Signatures: a note signed, cosigned, unlocked. What was signed once stays retrievable, whatever follows."""

from __future__ import annotations

from collections.abc import Callable

from django.utils import timezone

from clinic.actions.encounters import finish_encounter
from clinic.actions.notes import NoteConflict, add_addendum, check_writable
from clinic.choices import NoteStatus, NoteType
from clinic.letters import BLANK
from clinic.models import Encounter, Note, NoteDraft, NoteVersion
from clinic.note_keys import differ, known, parse, texts_of
from clinic.snapshots import digest, fingerprint, signed_texts, snapshot_of
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError

_SIGNATURE = ("signed_at", "signed_by", "status", "snapshot", "content_hash", "cosign_required", "cosigner")

#: Told of each visit whose note was signed, in the same transaction, its row locked. Upper floors add themselves when
#: they start.
FOLLOWERS: list[Callable[[User, Encounter], None]] = []


@action
def sign_note(*, by: User, note: Note, base_version: int, seen: str = "") -> Note:
    """Sign a note: from now on neither its text nor what it says of the visit changes. The visit is finished with it.

    Signed by its author, or, where the author may not sign, by somebody who may. Signing twice is signing once. Who is
    in training needs a cosignature, by their supervisor unless the note names somebody else; nothing is billed before.
    ``seen`` is the fingerprint of what the signer has read: text, diagnoses, vital signs. Raises NoteConflict where
    something else would be locked, or the version is not the one they have seen; DomainError for what is missing.
    """
    visit = Encounter.objects.select_for_update().get(pk=note.encounter_id)
    row = Note.objects.select_for_update(of=("self",)).select_related("author__practitioner").get(pk=note.pk)
    if row.signed_at is not None and row.signed_by_id == by.pk:
        return row
    check_writable(row)
    _check_signer(by, row)
    if row.version != base_version:
        raise NoteConflict(row, mine={}, theirs=texts_of(row.sections.all()))
    _check_complete(by, row, visit)
    if row.type != NoteType.NURSE:
        finish_encounter(by=by, encounter=visit)
    supervisor = supervisor_of(by)
    added = row.addenda.exists()
    row.cosign_required = supervisor is not None
    if supervisor is not None and row.cosigner_id is None:
        row.cosigner = supervisor.user
    now = timezone.now()
    snapshot = snapshot_of(row, by=by, at=now)
    if seen and seen != fingerprint(snapshot):
        raise NoteConflict(row, mine={}, theirs=texts_of(row.sections.all()))
    row.signed_at, row.signed_by, row.status = now, by, NoteStatus.AMENDED if added else NoteStatus.FINAL
    row.snapshot, row.content_hash = dict(snapshot), digest(snapshot)
    row.save(update_fields=[*_SIGNATURE, "updated_at"])
    _drop_settled_drafts(row)
    for follow in FOLLOWERS:
        follow(by, visit)
    return row


@action
def cosign_note(*, by: User, note: Note, content_hash: str, statement: str = "") -> Note:
    """Answer for the signed note of somebody in training. ``statement``, if any, is added as an addendum.

    ``content_hash`` is that of what the cosigner has read. Cosigning twice is cosigning once. Raises Conflict where the
    note was unlocked or signed anew meanwhile, DomainError for who may not.
    """
    row = Note.objects.select_for_update().get(pk=note.pk)
    if row.cosigned_at is not None and row.cosigned_by_id == by.pk:
        return row
    if row.signed_at is None or row.content_hash != content_hash:
        raise Conflict("The note was unlocked or signed anew since you opened it. Read it as it is now.")
    refusal = obstacle_to_cosigning(by=by, note=row)
    if refusal is not None:
        raise refusal
    if statement.strip():
        add_addendum(by=by, note=row, text=statement)
        row.refresh_from_db(fields=["status"])
    row.cosigned_at, row.cosigned_by = timezone.now(), by
    row.save(update_fields=["cosigned_at", "cosigned_by", "updated_at"])
    return row


@action
def unlock_note(*, by: User, note: Note, reason: str) -> Note:
    """Open a signed note again. What was signed is kept whole as a version, with who unlocked it and why.

    Its author writes and signs it anew; the visit is open until then. Raises DomainError without a reason, and for who
    may not.
    """
    Encounter.objects.select_for_update().get(pk=note.encounter_id)
    row = Note.objects.select_for_update().get(pk=note.pk)
    _check_unlockable(by, row)
    if not reason.strip():
        raise DomainError("Say why the note is unlocked.", field="reason")
    assert row.signed_at is not None  # noqa: S101  checked above
    assert row.signed_by_id is not None  # noqa: S101
    NoteVersion.objects.create(
        created_by=by,
        note=row,
        number=row.versions.count() + 1,
        signed_at=row.signed_at,
        signed_by_id=row.signed_by_id,
        cosigned_at=row.cosigned_at,
        cosigned_by_id=row.cosigned_by_id,
        snapshot=row.snapshot,
        content_hash=row.content_hash,
        reason=reason.strip()[:300],
    )
    row.signed_at = row.signed_by = row.cosigned_at = row.cosigned_by = row.snapshot = None
    row.content_hash, row.status, row.version = "", NoteStatus.PRELIMINARY, row.version + 1
    cleared = ["signed_at", "signed_by", "cosigned_at", "cosigned_by", "snapshot", "content_hash", "status", "version"]
    row.save(update_fields=[*cleared, "updated_at"])
    return row


def obstacle_to_signing(*, by: User, note: Note) -> DomainError | None:
    """What would refuse this signature now, for the page to say before a password is asked for; None if nothing."""
    try:
        check_writable(note)
        _check_signer(by, note)
        _check_complete(by, note, note.encounter)
    except DomainError as refusal:
        return refusal
    return None


def obstacle_to_cosigning(*, by: User, note: Note) -> DomainError | None:
    """What would refuse this cosignature now; None if nothing."""
    if not note.cosign_required or note.signed_at is None or note.entered_in_error_at is not None:
        return DomainError("The note waits for no cosignature.")
    if note.cosigned_at is not None:
        return Conflict("A colleague has cosigned the note.")
    if by.pk in {note.signed_by_id, note.author_id}:
        return DomainError("Nobody cosigns their own note.")
    if not by.has_perm(Permission.SIGN_NOTES) or supervisor_of(by) is not None:
        return DomainError("Only a clinician who is not in training cosigns.")
    return None


def supervisor_of(user: User) -> Practitioner | None:
    """Who answers for the notes of somebody in training; None for everybody else."""
    practitioner = getattr(user, "practitioner", None)
    return practitioner.supervisor if practitioner is not None else None


def _check_signer(by: User, note: Note) -> None:
    if not by.has_perm(Permission.SIGN_NOTES):
        raise DomainError("Your role does not sign notes. Ask a clinician to sign it.")
    if note.author_id != by.pk and note.author.has_perm(Permission.SIGN_NOTES):
        raise DomainError(f"{note.author} wrote this note and signs it. You may write a note of your own.")


def _check_complete(by: User, note: Note, visit: Encounter) -> None:
    saved = texts_of(note.sections.all())
    if not any(text.strip() for text in saved.values()):
        raise DomainError("The note is empty. Write at least one section before you sign.", field="sections")
    if blank := next((key for key, text in saved.items() if BLANK in text), None):
        where = of.label if (of := parse(blank)) else ""
        raise DomainError(f"{where} still has a blank ({BLANK}). Fill it or take it out, then sign.", field="sections")
    if note.type != NoteType.NURSE and not visit.diagnoses.filter(entered_in_error_at=None).exists():
        raise DomainError(
            "The visit has no diagnosis. Add one under Diagnoses: the note and the claim need it.", field="diagnosis"
        )
    if any(differ(known(draft.sections), saved) for draft in NoteDraft.objects.filter(note=note, user=by)):
        raise DomainError("You have text that is not saved yet. Go back to the note, save it, then sign.")


def _check_unlockable(by: User, note: Note) -> None:
    if not by.has_perm(Permission.UNLOCK_NOTES):
        raise DomainError("Your role does not unlock notes. Write an addendum, or ask the medical director.")
    if note.signed_at is None:
        raise Conflict("The note is not signed, so there is nothing to unlock.")
    if note.entered_in_error_at is not None:
        raise DomainError("The note was entered in error and stays as it is.")


def _drop_settled_drafts(note: Note) -> None:
    """Delete the drafts that say nothing new. A colleague's unsaved text stays, and is offered as an addendum."""
    signed = signed_texts(note)
    for draft in NoteDraft.objects.filter(note=note):
        if not differ(draft.sections, signed):
            draft.delete()
