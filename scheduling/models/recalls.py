"""Patients to be called back, and the attempts to reach them."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.models import Encounter, Patient
from emr.audit.registry import append_only, recorded
from emr.shared.records import Identified, Recorded, choices_constraint, paired
from scheduling.choices import RecallMethod, RecallOutcome
from scheduling.models.appointments import Appointment
from scheduling.models.types import AppointmentType


@recorded(patient="patient_id", words=["reason", "close_reason"])
class Recall(Recorded):
    """A patient who should come again about a day. ``appointment`` is the visit that was booked for it: while that
    stands, the recall is done with. ``closed_at`` ends it without a visit, for a reason.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="recalls")
    practitioner = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    due_on = models.DateField()
    reason = models.CharField(max_length=200)
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="recalls", editable=False
    )
    closed_at = models.DateTimeField(null=True, blank=True, editable=False)
    closed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    close_reason = models.CharField(max_length=200, blank=True, editable=False)

    class Meta:
        ordering = ["due_on", "id"]
        constraints = [
            paired("scheduling_recall_closed", "closed_at", "closed_by"),
            models.CheckConstraint(name="scheduling_recall_reason", condition=Q(reason__regex=r"\S")),
            models.CheckConstraint(
                name="scheduling_recall_close_reason",
                condition=Q(closed_at=None, close_reason="") | (Q(closed_at__isnull=False) & ~Q(close_reason="")),
            ),
        ]
        indexes = [models.Index(fields=["due_on"], name="scheduling_recall_due", condition=Q(closed_at=None))]

    def __str__(self) -> str:
        return f"Recall {self.due_on:%Y-%m-%d}"


@append_only
@recorded(patient="recall.patient_id", words=["note"])
class RecallAttempt(Identified):
    """One try to reach a patient, and what came of it."""

    recall = models.ForeignKey(Recall, on_delete=models.PROTECT, related_name="attempts")
    method = models.CharField(max_length=6, choices=RecallMethod)
    outcome = models.CharField(max_length=12, choices=RecallOutcome)
    note = models.CharField(max_length=200, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            choices_constraint("scheduling_attempt_method", "method", RecallMethod),
            choices_constraint("scheduling_attempt_outcome", "outcome", RecallOutcome),
        ]

    def __str__(self) -> str:
        return f"{self.get_method_display()}: {self.get_outcome_display().lower()}"
