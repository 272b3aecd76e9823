"""Letters: begun, changed, signed, entered in error. A signed one stays, as the paper that was made of it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from uuid import UUID

from clinic.actions.documents import add_document
from clinic.actions.errors import enter_in_error
from clinic.letters import BLANK, has_blanks
from clinic.models import Letter, LetterTemplate, Patient, ServiceRequest
from clinic.models.letters import LetterStatus
from clinic.papers import DocumentCategory
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from emr.uploads.incoming import Incoming

_WORDS = ("kind", "recipient", "recipient_address", "subject", "body")


@action
def write_letter(
    *,
    by: User,
    patient: Patient,
    words: Mapping[str, str],
    template: LetterTemplate | None = None,
    order: ServiceRequest | None = None,
    request_token: UUID | None = None,
) -> Letter:
    """Begin a letter: ``kind``, ``recipient``, ``recipient_address``, ``subject``, ``body``. The same form sent twice
    begins one. Raises DomainError for an order of somebody else."""
    known = Letter.objects.filter(pk=request_token, patient=patient).first() if request_token else None
    if known is not None:
        return known
    if order is not None and order.patient_id != patient.pk:
        raise DomainError("Choose an order of this patient.", field="order")
    given = {name: words.get(name, "").strip() for name in _WORDS}
    return Letter.objects.create(
        id=request_token or uuid7(), created_by=by, patient=patient, template=template, order=order, **given
    )


@action
def change_letter(*, by: User, letter: Letter, base_version: int, words: Mapping[str, str]) -> Letter:
    """Save a draft. Raises Conflict where somebody saved it since, DomainError for one that is signed."""
    row = _draft(letter)
    if row.version != base_version:
        raise Conflict("Somebody saved this letter meanwhile. What you typed is kept here; open it anew to see theirs.")
    for name in _WORDS:
        setattr(row, name, words.get(name, "").strip())
    row.version += 1
    row.save(update_fields=[*_WORDS, "version", "updated_at"])
    return row


@action
def sign_letter(*, by: User, letter: Letter, base_version: int, paper: Incoming, signed_at: datetime) -> Letter:
    """Sign a letter, as its paper shows it: that is kept among the patient's documents. Signed twice, once counts.

    Raises Conflict for a version that the signer has not seen, DomainError for blanks that nobody has filled.
    """
    if not by.has_perm(Permission.SIGN_NOTES):
        raise DomainError("Only a clinician signs letters.")
    present = Letter.objects.select_for_update().get(pk=letter.pk)
    if present.signed_at is not None and present.signed_by_id == by.pk:
        return present
    row = _draft(letter)
    if row.version != base_version:
        raise Conflict("Somebody saved this letter meanwhile. Read it anew, then sign.")
    if not row.body.strip():
        raise DomainError("The letter says nothing yet.")
    if has_blanks(row.subject, row.body):
        raise DomainError(f"Fill what is left blank ({BLANK}) first.")
    document = add_document(
        by=by, patient=row.patient, category=DocumentCategory.LETTER, file=paper, description=str(row)[:200]
    )
    row.signed_at, row.signed_by, row.document, row.status = signed_at, by, document, LetterStatus.FINAL
    row.save(update_fields=["signed_at", "signed_by", "document", "status", "updated_at"])
    return row


@action
def letter_in_error(*, by: User, letter: Letter, reason: str) -> Letter:
    """Say that a letter was wrong, and the document that was made of it."""
    row = enter_in_error(by=by, row=letter, reason=reason)
    if row.document is not None:
        enter_in_error(by=by, row=row.document, reason=reason)
    return row


def _draft(letter: Letter) -> Letter:
    row = Letter.objects.select_for_update(of=("self",)).select_related("patient").get(pk=letter.pk)
    if row.status != LetterStatus.PRELIMINARY:
        raise DomainError("A signed letter does not change: write another.")
    return row
