"""Documents: taken in whole and checked (emr.uploads), kept sealed, replaced but never changed."""

from __future__ import annotations

from uuid import UUID

from django.core.files.base import ContentFile

from clinic.models import Coverage, DocumentReference, Patient
from clinic.papers import DocumentCategory, DocumentStatus
from emr.accounts.models import User
from emr.audit.action import action
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
    replace: bool = True,
    request_token: UUID | None = None,
) -> DocumentReference:
    """Keep a file that ``UploadField`` or ``check`` has taken.

    A photo, an ID and the sides of a policy's card are there once: the one before is kept as replaced, unless
    ``replace`` is off (a photo is replaced in any case). Of other categories each is a document of its own. The
    ``request_token`` becomes its key: the same form sent twice keeps one. Raises DomainError for a photo that is no
    picture, and for a policy of somebody else.
    """
    kind = DocumentCategory(category)
    _refuse_misfits(patient, kind, file, coverage)
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
    )
    document.content.save(file.name, ContentFile(file.content), save=False)
    if file.kind in _PICTURES:
        document.thumbnail.save("thumbnail", ContentFile(shrink(file.content)), save=False)
    document.save(force_insert=True)
    return document


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
