"""Prescriptions (FHIR MedicationRequest), their prints, and requests to refill them."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.medications import MedicationStatement
from clinic.models.patients import Patient
from clinic.models.pharmacies import Pharmacy
from emr.audit.registry import append_only, recorded
from emr.shared.fields import ExactDecimalField
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, paired


class PrescriptionStatus(models.TextChoices):
    """FHIR MedicationRequest.status, of those that a clinic's prescription has."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Signed"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Cancelled"
    STOPPED = "stopped", "Stopped"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class DrugSchedule(models.TextChoices):
    """The DEA schedule of a controlled drug (21 CFR 1308); empty for any other."""

    TWO = "2", "Schedule II"
    THREE = "3", "Schedule III"
    FOUR = "4", "Schedule IV"
    FIVE = "5", "Schedule V"


class PrescriptionMethod(models.TextChoices):
    """How a prescription reached the pharmacy."""

    PRINTED = "printed", "Printed"
    PHONED = "phoned", "Phoned"
    FAXED = "faxed", "Faxed"
    SENT = "sent", "Sent electronically"


#: After the signature only where it went, that it ended, and that it was wrong; and whose it is, by a merge.
_LATER = (
    "{patient_id,status,status_reason,method,transmitted_at,transmitted_by_id,updated_at,"
    "entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}"
)
_SIGNED = f"""
    IF OLD.signed_at IS NOT NULL
        AND (to_jsonb(NEW) - '{_LATER}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{_LATER}'::text[]
        OR NEW.status = 'draft')
    THEN
        RAISE EXCEPTION 'A signed prescription does not change: cancel it and write another.'
            USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


@recorded(patient="patient_id")
class MedicationRequest(Recorded, ErrableMixin):
    """A prescription of one medication of the patient's one list, as it was signed.

    ``number`` is printed on it. ``dosage_text`` are the directions as the pharmacy reads them; ``display`` the drug as
    it was prescribed. ``refills`` none for Schedule II, at most five within six months for III and IV (21 CFR 1306).
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="prescriptions")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="prescriptions"
    )
    medication = models.ForeignKey(MedicationStatement, on_delete=models.PROTECT, related_name="prescriptions")
    number = models.CharField(max_length=20, unique=True, editable=False)
    status = models.CharField(max_length=16, choices=PrescriptionStatus, default=PrescriptionStatus.DRAFT)
    status_reason = models.CharField(max_length=300, blank=True)
    system = models.CharField(max_length=200, blank=True)
    code = models.CharField(max_length=64, blank=True)
    display = models.CharField(max_length=500)
    dosage_text = models.CharField("directions", max_length=500)
    quantity = ExactDecimalField()
    quantity_unit = models.CharField(max_length=40)
    days_supply = models.PositiveSmallIntegerField(null=True, blank=True)
    refills = models.PositiveSmallIntegerField(default=0)
    substitution_allowed = models.BooleanField(default=True)
    schedule = models.CharField(max_length=1, choices=DrugSchedule, blank=True)
    reason = models.CharField("for", max_length=300, blank=True)
    note_to_pharmacist = models.CharField(max_length=200, blank=True)
    prescriber = models.ForeignKey("accounts.Practitioner", on_delete=models.PROTECT, related_name="+")
    pharmacy = models.ForeignKey(Pharmacy, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True, editable=False)
    signed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    method = models.CharField(max_length=7, choices=PrescriptionMethod, blank=True)
    transmitted_at = models.DateTimeField(null=True, blank=True, editable=False)
    transmitted_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_prescription_status", "status", PrescriptionStatus),
            paired("clinic_prescription_signed", "signed_at", "signed_by"),
            paired("clinic_prescription_transmitted", "transmitted_at", "transmitted_by"),
            models.CheckConstraint(
                name="clinic_prescription_signed_first",
                condition=Q(signed_at__isnull=False)
                | Q(status__in=["draft", "cancelled", "entered-in-error"], transmitted_at=None),
            ),
            models.CheckConstraint(
                name="clinic_prescription_way",
                condition=Q(transmitted_at=None) | Q(method__in=PrescriptionMethod.values),
            ),
            models.CheckConstraint(
                name="clinic_prescription_words", condition=Q(display__regex=r"\S", dosage_text__regex=r"\S")
            ),
            models.CheckConstraint(name="clinic_prescription_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(
                name="clinic_prescription_schedule",
                condition=Q(schedule="")
                | Q(schedule="2", refills=0)
                | Q(schedule__in=["3", "4"], refills__lte=5)
                | Q(schedule="5"),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-created_at"], name="clinic_prescription_patient")]
        triggers = [
            VISIT_OPEN,
            pgtrigger.Trigger(name="signed_is_final", when=pgtrigger.Before, operation=pgtrigger.Update, func=_SIGNED),
        ]

    def __str__(self) -> str:
        return self.display


@append_only
@recorded(patient="prescription.patient_id")
class PrescriptionPrint(Recorded):
    """That a prescription was printed by ``created_by``. The second copy and each after it says why."""

    prescription = models.ForeignKey(MedicationRequest, on_delete=models.PROTECT, related_name="prints")
    copy = models.PositiveSmallIntegerField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["copy"]
        constraints = [
            models.UniqueConstraint(fields=["prescription", "copy"], name="clinic_prescription_copy"),
            models.CheckConstraint(
                name="clinic_prescription_again", condition=Q(copy=1) | (Q(copy__gt=1) & Q(reason__regex=r"\S"))
            ),
        ]

    def __str__(self) -> str:
        return f"Copy {self.copy}"


class RefillSource(models.TextChoices):
    """Who asked for a refill."""

    PATIENT = "patient", "Patient"
    PHARMACY = "pharmacy", "Pharmacy"
    STAFF = "staff", "Staff"


class RefillStatus(models.TextChoices):
    """Where a request for a refill stands (FHIR Task.status)."""

    REQUESTED = "requested", "Waiting"
    ACCEPTED = "accepted", "Approved"
    REJECTED = "rejected", "Denied"
    CANCELLED = "cancelled", "Taken back"


@recorded(patient="patient_id")
class RefillRequest(Recorded):
    """Somebody asks for more of a medication. Approved, it names the prescription that was written for it.

    ``message_id`` is that of the pharmacy's electronic request, which waits for an electronic answer.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="refill_requests")
    medication = models.ForeignKey(MedicationStatement, on_delete=models.PROTECT, related_name="refill_requests")
    source = models.CharField(max_length=8, choices=RefillSource, default=RefillSource.PATIENT)
    pharmacy = models.ForeignKey(Pharmacy, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    comment = models.CharField(max_length=500, blank=True)
    message_id = models.CharField(max_length=64, blank=True, editable=False)
    status = models.CharField(max_length=9, choices=RefillStatus, default=RefillStatus.REQUESTED)
    decided_at = models.DateTimeField(null=True, blank=True, editable=False)
    decided_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    decision_reason = models.CharField(max_length=300, blank=True, editable=False)
    prescription = models.OneToOneField(
        MedicationRequest, on_delete=models.PROTECT, null=True, blank=True, related_name="refill_of"
    )

    class Meta:
        ordering = ["created_at"]
        constraints = [
            choices_constraint("clinic_refill_status", "status", RefillStatus),
            choices_constraint("clinic_refill_source", "source", RefillSource),
            paired("clinic_refill_decided", "decided_at", "decided_by"),
            models.CheckConstraint(
                name="clinic_refill_whole",
                condition=Q(status="requested", decided_at=None, prescription=None)
                | Q(status="accepted", decided_at__isnull=False, prescription__isnull=False)
                | Q(status="rejected", decided_at__isnull=False, prescription=None, decision_reason__regex=r"\S")
                | Q(status="cancelled", decided_at__isnull=False, prescription=None),
            ),
            models.UniqueConstraint(
                fields=["medication"], name="clinic_refill_one_waiting", condition=Q(status="requested")
            ),
            models.UniqueConstraint(
                fields=["message_id"], name="clinic_refill_one_message", condition=~Q(message_id="")
            ),
        ]
        indexes = [models.Index(fields=["patient", "-created_at"], name="clinic_refill_patient")]

    def __str__(self) -> str:
        return f"Refill of {self.medication}"
