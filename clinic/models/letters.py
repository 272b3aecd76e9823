"""Letters: referrals, notes for work or school, whatever the clinic writes about a patient."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from clinic.models.closing import VISIT_OPEN
from clinic.models.documents import DocumentReference
from clinic.models.encounters import Encounter
from clinic.models.orders import ServiceRequest
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, paired


class LetterKind(models.TextChoices):
    """What a letter is for."""

    REFERRAL = "referral", "Referral"
    WORK = "work", "Note for work"
    SCHOOL = "school", "Note for school"
    RESULTS = "results", "Results to the patient"
    RECALL = "recall", "Recall"
    APPEAL = "appeal", "To a payer"
    OTHER = "other", "Letter"


@recorded(patient=None)
class LetterTemplate(Recorded):
    """The words of a letter, with merge fields such as ``{{ patient.name }}``. One that is not used is retired."""

    name = models.CharField(max_length=80)
    kind = models.CharField(max_length=8, choices=LetterKind, default=LetterKind.OTHER)
    subject = models.CharField(max_length=150, blank=True)
    body = models.TextField()
    language = models.CharField(max_length=10, default="en")
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["kind", "name"]
        constraints = [
            choices_constraint("clinic_letter_template_kind", "kind", LetterKind),
            models.CheckConstraint(name="clinic_letter_template_words", condition=Q(body__regex=r"\S")),
            models.UniqueConstraint(
                fields=["name", "language"], name="clinic_letter_template_once", condition=Q(active=True)
            ),
        ]

    def __str__(self) -> str:
        return self.name


class LetterStatus(models.TextChoices):
    """Where a letter stands (FHIR Composition.status)."""

    PRELIMINARY = "preliminary", "Draft"
    FINAL = "final", "Signed"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


_LATER = "{patient_id,status,updated_at,entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}"
_SIGNED = f"""
    IF OLD.signed_at IS NOT NULL
        AND (to_jsonb(NEW) - '{_LATER}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{_LATER}'::text[]
        OR NEW.status = 'preliminary')
    THEN
        RAISE EXCEPTION 'A signed letter does not change: write another.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


@recorded(patient="patient_id", words=("subject",))
class Letter(Recorded, ErrableMixin):
    """One letter. Signing makes its PDF, which is kept as a document of the patient's and stays as it was sent."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="letters")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="letters")
    order = models.ForeignKey(ServiceRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="letters")
    template = models.ForeignKey(
        LetterTemplate, on_delete=models.PROTECT, null=True, blank=True, related_name="letters"
    )
    kind = models.CharField(max_length=8, choices=LetterKind, default=LetterKind.OTHER)
    status = models.CharField(max_length=16, choices=LetterStatus, default=LetterStatus.PRELIMINARY)
    recipient = models.CharField(max_length=120, blank=True)
    recipient_address = models.CharField(max_length=300, blank=True)
    subject = models.CharField(max_length=150, blank=True)
    body = models.TextField(blank=True)
    version = models.PositiveIntegerField(default=1)
    signed_at = models.DateTimeField(null=True, blank=True, editable=False)
    signed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    document = models.OneToOneField(
        DocumentReference, on_delete=models.PROTECT, null=True, blank=True, related_name="letter", editable=False
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_letter_status", "status", LetterStatus),
            choices_constraint("clinic_letter_kind", "kind", LetterKind),
            paired("clinic_letter_signed", "signed_at", "signed_by"),
            models.CheckConstraint(
                name="clinic_letter_whole",
                condition=Q(signed_at=None, document=None, status__in=["preliminary", "entered-in-error"])
                | (Q(signed_at__isnull=False, document__isnull=False, body__regex=r"\S") & ~Q(status="preliminary")),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-created_at"], name="clinic_letter_patient")]
        triggers = [
            VISIT_OPEN,
            pgtrigger.Trigger(name="signed_is_final", when=pgtrigger.Before, operation=pgtrigger.Update, func=_SIGNED),
        ]

    def __str__(self) -> str:
        return self.subject or str(self.get_kind_display())
