"""What was asked for: laboratory, imaging, procedures, referrals (FHIR ServiceRequest)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from clinic.models.closing import VISIT_OPEN
from clinic.models.conditions import Condition
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint, paired


class OrderCategory(models.TextChoices):
    """What is asked for (FHIR ServiceRequest.category)."""

    LABORATORY = "laboratory", "Laboratory"
    IMAGING = "imaging", "Imaging"
    PROCEDURE = "procedure", "Procedure"
    REFERRAL = "referral", "Referral"
    EQUIPMENT = "equipment", "Equipment"


class OrderStatus(models.TextChoices):
    """FHIR ServiceRequest.status."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Open"
    ON_HOLD = "on-hold", "On hold"
    REVOKED = "revoked", "Cancelled"
    COMPLETED = "completed", "Done"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class OrderPriority(models.TextChoices):
    """FHIR request-priority."""

    ROUTINE = "routine", "Routine"
    URGENT = "urgent", "Urgent"
    ASAP = "asap", "As soon as possible"
    STAT = "stat", "Stat"


class OrderStep(models.TextChoices):
    """How far an open order has come (FHIR Task.businessStatus)."""

    ORDERED = "ordered", "Ordered"
    SENT = "sent", "Sent"
    SCHEDULED = "scheduled", "Scheduled"
    COLLECTED = "collected", "Specimen taken"
    PARTIAL = "partial", "Partly back"
    RECEIVED = "received", "Back"


#: After the signature: how far it has come, that it ended, that it was wrong; and whose it is, by a merge.
_LATER = (
    "{patient_id,status,status_reason,step,scheduled_on,completed_at,completed_by_id,updated_at,"
    "entered_in_error_at,entered_in_error_by_id,entered_in_error_reason}"
)
_SIGNED = f"""
    IF OLD.signed_at IS NOT NULL
        AND (to_jsonb(NEW) - '{_LATER}'::text[] IS DISTINCT FROM to_jsonb(OLD) - '{_LATER}'::text[]
        OR NEW.status = 'draft')
    THEN
        RAISE EXCEPTION 'A signed order does not change: cancel it and order again.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


@recorded(patient="patient_id")
class ServiceRequest(Recorded, CodedMixin, ErrableMixin):
    """One order. ``number`` is printed on the requisition and comes back with the result (HL7 v2 ORC-2, placer).

    ``performer`` is who is to do it: the laboratory, the imaging centre, the colleague to whom is referred.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="orders")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="orders")
    number = models.CharField(max_length=20, unique=True, editable=False)
    category = models.CharField(max_length=10, choices=OrderCategory)
    status = models.CharField(max_length=16, choices=OrderStatus, default=OrderStatus.DRAFT)
    status_reason = models.CharField(max_length=300, blank=True)
    step = models.CharField(max_length=9, choices=OrderStep, default=OrderStep.ORDERED)
    priority = models.CharField(max_length=7, choices=OrderPriority, default=OrderPriority.ROUTINE)
    reason = models.CharField(max_length=500, blank=True)
    instructions = models.CharField(max_length=500, blank=True)
    performer = models.CharField(max_length=120, blank=True)
    performer_contact = models.CharField(max_length=200, blank=True)
    occurrence_date = models.DateField("to be done on", null=True, blank=True)
    scheduled_on = models.DateField(null=True, blank=True)
    requester = models.ForeignKey("accounts.Practitioner", on_delete=models.PROTECT, related_name="+")
    signed_at = models.DateTimeField(null=True, blank=True, editable=False)
    signed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    completed_at = models.DateTimeField(null=True, blank=True, editable=False)
    completed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_order_status", "status", OrderStatus),
            choices_constraint("clinic_order_category", "category", OrderCategory),
            choices_constraint("clinic_order_priority", "priority", OrderPriority),
            choices_constraint("clinic_order_step", "step", OrderStep),
            paired("clinic_order_signed", "signed_at", "signed_by"),
            paired("clinic_order_completed", "completed_at", "completed_by"),
            models.CheckConstraint(
                name="clinic_order_signed_first",
                condition=Q(signed_at__isnull=False) | Q(status__in=["draft", "revoked", "entered-in-error"]),
            ),
            models.CheckConstraint(
                name="clinic_order_done",
                condition=Q(status="completed", completed_at__isnull=False)
                | (~Q(status="completed") & (Q(completed_at=None) | Q(status="entered-in-error"))),
            ),
            models.CheckConstraint(
                name="clinic_order_why_cancelled", condition=~Q(status="revoked") | Q(status_reason__regex=r"\S")
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-created_at"], name="clinic_order_patient"),
            models.Index(
                fields=["requester", "created_at"],
                name="clinic_order_open",
                condition=Q(status__in=["draft", "active"]),
            ),
        ]
        triggers = [
            VISIT_OPEN,
            pgtrigger.Trigger(name="signed_is_final", when=pgtrigger.Before, operation=pgtrigger.Update, func=_SIGNED),
        ]

    def __str__(self) -> str:
        return self.display


@recorded(patient="order.patient_id")
class ServiceRequestReason(Recorded, CodedMixin):
    """A diagnosis for which something is ordered (FHIR ServiceRequest.reasonCode), in the requisition's order."""

    order = models.ForeignKey(ServiceRequest, on_delete=models.PROTECT, related_name="reasons")
    condition = models.ForeignKey(Condition, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    rank = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["rank"]
        constraints = [
            *CodedMixin.Meta.constraints,
            models.UniqueConstraint(fields=["order", "rank"], name="clinic_order_reason_rank"),
            models.UniqueConstraint(
                fields=["order", "system", "code"], name="clinic_order_reason_once", condition=~Q(code="")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.display}".strip()
