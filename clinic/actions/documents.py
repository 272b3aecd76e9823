"""Documents: taken in whole and checked (emr.uploads), kept sealed, replaced but never changed."""

from __future__ import annotations

from datetime import date
from uuid import UUID

from django.core.files.base import ContentFile
from django.utils import timezone

from clinic.actions.errors import refuse_errored
from clinic.models import Coverage, DocumentReference, Encounter, Patient
from clinic.papers import DocumentCategory, DocumentStatus
from clinic.queries.delegations import covered
from clinic.queries.documents import NEEDED
from clinic.rules import can
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from emr.uploads.incoming import Incoming
from emr.uploads.kinds import Kind
from emr.uploads.pictures import shrink

#: Of these a patient has one at a time (of a card, one for each policy): a new one replaces it.
ONE_AT_A_TIME = frozenset(
    {
        DocumentCategory.PHOTO,
        DocumentCategory.IDENTITY_CARD,
        DocumentCategory.INSURANCE_CARD_FRONT,
        DocumentCategory.INSURANCE_CARD_BACK,
    }
)
CARDS = frozenset({DocumentCategory.INSURANCE_CARD_FRONT, DocumentCategory.INSURANCE_CARD_BACK})
_PICTURES = frozenset({Kind.PNG, Kind.JPEG})


@action
def add_document(
    *,
    by: User,
    patient: Patient,
    category: str,
    file: Incoming,
    coverage: Coverage | None = None,
    description: str = "",
    encounter: Encounter | None = None,
    document_date: date | None = None,
    reviewer: User | None = None,
    replace: bool = True,
    request_token: UUID | None = None,
) -> DocumentReference:
    """Keep a file that ``UploadField`` or ``check`` has taken.

    A photo, an ID and the sides of a policy's card are there once: the one before is kept as replaced, unless
    ``replace`` is off (a photo is replaced in any case). Of other categories each is a document of its own. The
    ``request_token`` becomes its key: the same form sent twice keeps one. It waits in the inbox of ``reviewer``.
    Raises DomainError for a photo that is no picture, for a policy of somebody else, a date to come, and for a reviewer
    who may not read it.
    """
    kind = DocumentCategory(category)
    if document_date is not None and document_date > clinic_today():
        raise DomainError("The date on the paper lies ahead. Look at it again.", field="document_date")
    _refuse_misfits(patient, kind, file, coverage)
    _check_reviewer(reviewer, patient, kind)
    # Two at the same moment: the second waits for the first and replaces it.
    Patient.objects.select_for_update().only("pk").get(pk=patient.pk)
    known = DocumentReference.objects.filter(pk=request_token, patient=patient).first() if request_token else None
    if known is not None:
        return known
    if kind == DocumentCategory.PHOTO or (replace and kind in ONE_AT_A_TIME):
        _supersede(patient, kind, coverage)
    document = DocumentReference(
        id=request_token or uuid7(),
        created_by=by,
        patient=patient,
        coverage=coverage,
        category=kind,
        description=description.strip(),
        content_type=file.kind,
        name=file.name,
        sha256=file.sha256,
        size=len(file.content),
        pages=file.pages,
        encounter=encounter,
        document_date=document_date,
        reviewer=reviewer,
    )
    document.content.save(file.name, ContentFile(file.content), save=False)
    if file.kind in _PICTURES:
        document.thumbnail.save("thumbnail", ContentFile(shrink(file.content)), save=False)
    document.save(force_insert=True)
    return document


@action
def file_document(
    *, by: User, document: DocumentReference, category: str, description: str = "", coverage: Coverage | None = None
) -> DocumentReference:
    """Say anew what a document is, and of a card to which policy it belongs: it may have been taken before the policy
    was on file. The card that the policy had is kept as replaced. Raises DomainError as :func:`add_document` does.
    """
    Patient.objects.select_for_update().only("pk").get(pk=document.patient_id)
    row = _current(document)
    kind = DocumentCategory(category)
    if kind == DocumentCategory.PHOTO and not row.is_picture:
        raise DomainError("A photo of the patient is a picture: PNG or JPEG.", field="category")
    if coverage is not None and (coverage.patient_id != row.patient_id or kind not in CARDS):
        raise DomainError("Choose a policy of this patient, for an insurance card.", field="coverage")
    moved = (kind, coverage.pk if coverage else None) != (row.category, row.coverage_id)
    if moved and kind in ONE_AT_A_TIME:
        _supersede(row.patient, kind, coverage)
    row.category, row.description, row.coverage = kind, description.strip()[:200], coverage
    row.save(update_fields=["category", "description", "coverage", "updated_at"])
    return row


@action
def assign_document(*, by: User, document: DocumentReference, reviewer: User) -> DocumentReference:
    """Have somebody read a document. Raises DomainError where it was read, or where they may not read it."""
    row = _current(document)
    if row.reviewed_at is not None:
        raise DomainError("This document has been reviewed already.")
    _check_reviewer(reviewer, row.patient, DocumentCategory(row.category))
    if row.reviewer_id != reviewer.pk:
        row.reviewer = reviewer
        row.save(update_fields=["reviewer", "updated_at"])
    return row


@action
def review_document(*, by: User, document: DocumentReference, comment: str = "") -> DocumentReference:
    """Say that one has read a document. Said twice, the first answer stays. Raises DomainError for who neither is to
    read it, nor stands in for who is, nor is a clinician."""
    row = _current(document)
    if row.reviewed_at is not None:
        return row
    if not may_review(by, row):
        raise DomainError(f"{row.reviewer or 'Nobody'} is to read this document.")
    row.reviewed_at, row.reviewed_by, row.review_comment = timezone.now(), by, comment.strip()[:500]
    row.save(update_fields=["reviewed_at", "reviewed_by", "review_comment", "updated_at"])
    return row


def may_review(user: User, document: DocumentReference) -> bool:
    """Whether a person may review a document: who was asked, who stands in for them, a clinician."""
    if document.reviewer_id == user.pk or user.has_perm(Permission.SIGN_NOTES):
        return True
    return document.reviewer_id is not None and document.reviewer_id in covered(user.pk, clinic_today())


def _current(document: DocumentReference) -> DocumentReference:
    row = DocumentReference.objects.select_for_update().get(pk=document.pk)
    refuse_errored(row)
    if row.status != DocumentStatus.CURRENT:
        raise DomainError("This document was replaced by another.")
    return row


def _check_reviewer(reviewer: User | None, patient: Patient, kind: DocumentCategory) -> None:
    needed = NEEDED.get(kind, Permission.VIEW_DEMOGRAPHICS)
    if reviewer is not None and not can(reviewer, needed, patient).allowed:
        raise DomainError(f"{reviewer} may not read this document. Choose somebody else.", field="reviewer")


def _refuse_misfits(patient: Patient, kind: DocumentCategory, file: Incoming, coverage: Coverage | None) -> None:
    if kind == DocumentCategory.PHOTO and file.kind not in _PICTURES:
        raise DomainError("A photo of the patient is a picture: PNG or JPEG.", field="file")
    if coverage is not None and (coverage.patient_id != patient.pk or kind not in CARDS):
        raise DomainError("Choose a policy of this patient, for an insurance card.", field="coverage")


def _supersede(patient: Patient, kind: DocumentCategory, coverage: Coverage | None) -> None:
    present = DocumentReference.objects.current().filter(patient=patient, category=kind, coverage=coverage)
    for document in present.select_for_update():
        document.status = DocumentStatus.SUPERSEDED
        document.save(update_fields=["status", "updated_at"])
