"""What patients are asked to agree to, and what they signed, refused or took back (FHIR Consent)."""

from __future__ import annotations

import secrets

import pgtrigger
from django.db import models
from django.db.models import Q

from clinic.intaking import ConsentKind, ConsentStatus, PublicationStatus, SignatureMethod, SignerRelationship
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.encryption.storage import EncryptedStorage
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, paired

_PUBLISHED = """
    IF OLD.status <> 'draft' AND (
        NEW.status = 'draft' OR
        to_jsonb(NEW) - '{status,retired_at,retired_by_id,updated_at}'::text[]
        IS DISTINCT FROM to_jsonb(OLD) - '{status,retired_at,retired_by_id,updated_at}'::text[]
    ) THEN
        RAISE EXCEPTION 'A form that was in use does not change; make a new version.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
#: Whose it is may change, when two charts of one person are merged.
_SIGNED = """
    IF to_jsonb(NEW) - '{columns}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{columns}'::text[]
       OR (OLD.document_id IS NOT NULL AND NEW.document_id IS DISTINCT FROM OLD.document_id)
       OR (OLD.status <> NEW.status AND OLD.status <> 'active' AND NEW.status <> 'entered-in-error')
       OR (OLD.withdrawn_at IS NOT NULL AND NEW.withdrawn_at IS DISTINCT FROM OLD.withdrawn_at)
    THEN
        RAISE EXCEPTION 'What was signed or refused does not change.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
""".replace(
    "{columns}",
    "{patient_id,status,document_id,withdrawn_at,withdrawn_by_id,withdrawal_reason,"
    "entered_in_error_at,entered_in_error_by_id,entered_in_error_reason,updated_at}",
)


def private_storage() -> EncryptedStorage:
    """The storage, as a callable, so that migrations hold no path."""
    return EncryptedStorage()


def random_name(_instance: models.Model, _name: str) -> str:
    """A path that tells nothing and is never used twice."""
    token = secrets.token_hex(16)
    return f"signatures/{token[:2]}/{token}"


@recorded(patient=None)
class ConsentForm(Recorded):
    """One version of a text to sign. ``key`` names the form through its versions; in use, it never changes."""

    key = models.SlugField(max_length=40)
    version = models.PositiveIntegerField(default=1)
    kind = models.CharField(max_length=9, choices=ConsentKind)
    title = models.CharField(max_length=120)
    text = models.TextField()
    status = models.CharField(max_length=8, choices=PublicationStatus, default=PublicationStatus.DRAFT)
    effective = models.DateField("in force from")
    required = models.BooleanField("asked of everybody", default=True)
    renew_months = models.PositiveSmallIntegerField("to be signed again after months", null=True, blank=True)
    retired_at = models.DateTimeField(null=True, blank=True, editable=False)
    retired_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["kind", "title", "-version"]
        constraints = [
            choices_constraint("clinic_consentform_kind", "kind", ConsentKind),
            choices_constraint("clinic_consentform_status", "status", PublicationStatus),
            paired("clinic_consentform_retired_paired", "retired_at", "retired_by"),
            models.CheckConstraint(
                name="clinic_consentform_retired",
                condition=Q(status=PublicationStatus.RETIRED, retired_at__isnull=False)
                | (~Q(status=PublicationStatus.RETIRED) & Q(retired_at=None)),
            ),
            models.CheckConstraint(
                name="clinic_consentform_told", condition=Q(title__regex=r"\S", text__regex=r"\S", version__gte=1)
            ),
            models.UniqueConstraint(fields=["key", "version"], name="clinic_consentform_version"),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="published_is_final", when=pgtrigger.Before, operation=pgtrigger.Update, func=_PUBLISHED
            ),
        ]

    def __str__(self) -> str:
        return f"{self.title} (version {self.version})"


@recorded(patient="patient_id")
class Consent(Recorded, ErrableMixin):
    """One patient's answer to one version of a form: signed or refused, perhaps withdrawn later.

    ``shown_sha256`` is the hash of the very text that was on the screen. ``document`` is the paper (PDF) with text,
    signature and time, kept sealed. ``taken_by`` is the member of staff who asked for it or saw it signed.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="consents")
    form = models.ForeignKey(ConsentForm, on_delete=models.PROTECT, related_name="consents")
    status = models.CharField(max_length=16, choices=ConsentStatus)
    signer_name = models.CharField("name", max_length=120)
    signer_relationship = models.CharField(
        "who signs", max_length=14, choices=SignerRelationship, default=SignerRelationship.SELF
    )
    method = models.CharField(max_length=5, choices=SignatureMethod)
    signature = models.FileField(storage=private_storage, upload_to=random_name, max_length=60, blank=True)
    signed_at = models.DateTimeField("signed or refused")
    shown_sha256 = models.CharField(max_length=64)
    refusal_reason = models.CharField(max_length=300, blank=True)
    document = models.ForeignKey(
        "clinic.DocumentReference", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    taken_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    withdrawn_at = models.DateTimeField(null=True, blank=True, editable=False)
    withdrawn_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    withdrawal_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-signed_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_consent_status", "status", ConsentStatus),
            choices_constraint("clinic_consent_relationship", "signer_relationship", SignerRelationship),
            choices_constraint("clinic_consent_method", "method", SignatureMethod),
            paired("clinic_consent_withdrawn_paired", "withdrawn_at", "withdrawn_by"),
            models.CheckConstraint(
                name="clinic_consent_signed",
                condition=Q(signer_name__regex=r"\S", shown_sha256__regex=r"^[0-9a-f]{64}$"),
            ),
            models.CheckConstraint(
                name="clinic_consent_drawn",
                condition=(Q(method=SignatureMethod.DRAWN) & ~Q(signature=""))
                | (~Q(method=SignatureMethod.DRAWN) & Q(signature="")),
            ),
            models.CheckConstraint(
                name="clinic_consent_refused",
                condition=(~Q(status=ConsentStatus.REJECTED) | Q(method=SignatureMethod.NONE))
                & (~Q(status=ConsentStatus.ACTIVE) | ~Q(method=SignatureMethod.NONE)),
            ),
            models.CheckConstraint(
                name="clinic_consent_withdrawn",
                condition=Q(withdrawn_at=None, withdrawal_reason="")
                | Q(withdrawn_at__isnull=False, withdrawal_reason__regex=r"\S"),
            ),
            models.CheckConstraint(
                name="clinic_consent_inactive",
                condition=~Q(status=ConsentStatus.INACTIVE) | Q(withdrawn_at__isnull=False),
            ),
            models.CheckConstraint(
                name="clinic_consent_wrong",
                condition=Q(status=ConsentStatus.ENTERED_IN_ERROR, entered_in_error_at__isnull=False)
                | (~Q(status=ConsentStatus.ENTERED_IN_ERROR) & Q(entered_in_error_at=None)),
            ),
        ]
        indexes = [models.Index(fields=["patient", "form", "-signed_at"], name="clinic_consent_patient")]
        triggers = [
            pgtrigger.Trigger(name="signed_is_final", when=pgtrigger.Before, operation=pgtrigger.Update, func=_SIGNED),
        ]

    def __str__(self) -> str:
        return f"{self.form}: {self.get_status_display()}"
