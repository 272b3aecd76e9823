"""Papers and pictures of a patient (FHIR DocumentReference): kept sealed, never changed, only replaced."""

from __future__ import annotations

import secrets

import pgtrigger
from django.db import models
from django.db.models import Q

from clinic.models.closing import VISIT_OPEN
from clinic.models.coverages import Coverage
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from clinic.papers import DocumentCategory, DocumentStatus
from emr.audit.registry import recorded
from emr.encryption.storage import EncryptedStorage
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, paired

FOLDER = "documents"

#: What was taken in stays as it was taken. The status may change, the words and the sort beside it, who is to read it
#: and has, and, when two charts of one person are merged, whose it is.
_LATER = (
    "{status,description,category,patient_id,coverage_id,updated_at,reviewer_id,reviewed_at,reviewed_by_id,"
    "review_comment,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}"
)
_FIXED = f"""
    IF to_jsonb(NEW) - '{_LATER}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{_LATER}'::text[] THEN
        RAISE EXCEPTION 'The content of a document does not change; it is replaced.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


def document_storage() -> EncryptedStorage:
    """The storage, as a callable, so that migrations hold no path."""
    return EncryptedStorage()


def document_path(_instance: models.Model, _name: str) -> str:
    """A path that tells nothing and is never used twice."""
    token = secrets.token_hex(16)
    return f"{FOLDER}/{token[:2]}/{token}"


class DocumentQuerySet(models.QuerySet["DocumentReference"]):
    """Documents by whether they count."""

    def current(self) -> DocumentQuerySet:
        """Neither replaced nor entered in error."""
        return self.filter(status=DocumentStatus.CURRENT)


@recorded(patient="patient_id")
class DocumentReference(Recorded, ErrableMixin):
    """One file of a patient's. ``sha256`` and ``size`` (bytes) are of the content before it was sealed.

    ``pages`` is 0 for a picture, ``thumbnail`` a small JPEG of one, made once so that pages needn't unpack the whole.
    A card belongs to a ``coverage``. Of photos there is one current one. ``document_date`` is the paper's own date.
    What somebody has to read names the ``reviewer``, and, once read, by whom and when.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="documents")
    coverage = models.ForeignKey(Coverage, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")
    status = models.CharField(max_length=16, choices=DocumentStatus, default=DocumentStatus.CURRENT)
    category = models.CharField(max_length=20, choices=DocumentCategory)
    description = models.CharField(max_length=200, blank=True)
    content = models.FileField(storage=document_storage, upload_to=document_path, max_length=60)
    thumbnail = models.FileField(storage=document_storage, upload_to=document_path, max_length=60, blank=True)
    content_type = models.CharField(max_length=100)
    name = models.CharField(max_length=150)
    sha256 = models.CharField(max_length=64)
    size = models.PositiveBigIntegerField()
    pages = models.PositiveSmallIntegerField(default=0)
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="documents")
    document_date = models.DateField("dated", null=True, blank=True)
    reviewer = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    review_comment = models.CharField(max_length=500, blank=True, editable=False)

    objects = DocumentQuerySet.as_manager()

    class Meta(ErrableMixin.Meta):
        ordering = ["-created_at", "-id"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_document_status", "status", DocumentStatus),
            choices_constraint("clinic_document_category", "category", DocumentCategory),
            models.CheckConstraint(
                name="clinic_document_error",
                condition=Q(status=DocumentStatus.ENTERED_IN_ERROR, entered_in_error_at__isnull=False)
                | (~Q(status=DocumentStatus.ENTERED_IN_ERROR) & Q(entered_in_error_at=None)),
            ),
            paired("clinic_document_reviewed", "reviewed_at", "reviewed_by"),
            models.CheckConstraint(name="clinic_document_digest", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.UniqueConstraint(
                fields=["patient"],
                name="clinic_document_one_photo",
                condition=Q(category=DocumentCategory.PHOTO, status=DocumentStatus.CURRENT),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "category"], name="clinic_document_patient"),
            models.Index(
                fields=["reviewer", "created_at"],
                name="clinic_document_to_review",
                condition=Q(reviewer__isnull=False, reviewed_at=None, status="current"),
            ),
        ]
        triggers = [
            VISIT_OPEN,
            pgtrigger.Trigger(name="fixed", when=pgtrigger.Before, operation=pgtrigger.Update, func=_FIXED),
        ]

    def __str__(self) -> str:
        return self.description or str(self.get_category_display())

    @property
    def is_picture(self) -> bool:
        """Whether a browser shows it by itself."""
        return self.content_type.startswith("image/")
