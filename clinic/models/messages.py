"""What colleagues write to each other, and who looks after whose work meanwhile (FHIR Communication)."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import RangeOperators
from django.db import models
from django.db.models import F, Q, Value

from clinic.models.coverages import DateRange
from clinic.models.patients import Patient
from emr.audit.registry import append_only, fixed, recorded
from emr.shared.records import ErrableMixin, Recorded, period_constraint


@fixed(but=("patient_id",))
@recorded(patient="patient_id", words=("subject",))
class Communication(Recorded):
    """One message, from ``created_by``, to its recipients. About a patient, it is part of that chart.

    ``thread`` is the first message of the exchange; None for the first one itself.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="communications")
    thread = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="replies")
    subject = models.CharField(max_length=150)
    text = models.TextField()
    urgent = models.BooleanField(default=False)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(name="clinic_message_words", condition=Q(subject__regex=r"\S", text__regex=r"\S")),
        ]
        indexes = [
            models.Index(fields=["created_by", "-created_at"], name="clinic_message_sent"),
            models.Index(fields=["patient", "-created_at"], name="clinic_message_patient"),
        ]

    def __str__(self) -> str:
        return self.subject


@recorded(patient="communication.patient_id")
class CommunicationRecipient(Recorded):
    """Somebody to whom a message goes; when they read it, and when they put it away."""

    communication = models.ForeignKey(Communication, on_delete=models.PROTECT, related_name="recipients")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    read_at = models.DateTimeField(null=True, blank=True)
    archived_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.UniqueConstraint(fields=["communication", "user"], name="clinic_message_once"),
            models.CheckConstraint(
                name="clinic_message_read_first",
                condition=Q(archived_at=None) | Q(archived_at__gte=F("read_at")),
            ),
        ]
        indexes = [
            models.Index(fields=["user", "-created_at"], name="clinic_message_in", condition=Q(archived_at=None)),
        ]

    def __str__(self) -> str:
        return str(self.user)


@append_only
@recorded(patient="task.for_patient_id")
class TaskComment(Recorded):
    """What somebody said about a task. It can be added only."""

    task = models.ForeignKey("clinic.Task", on_delete=models.PROTECT, related_name="comments")
    text = models.CharField(max_length=1000)

    class Meta:
        ordering = ["created_at"]
        constraints = [models.CheckConstraint(name="clinic_task_comment", condition=Q(text__regex=r"\S"))]

    def __str__(self) -> str:
        return self.text


@recorded(patient=None)
class Delegation(Recorded, ErrableMixin):
    """While ``user`` is away (both days included), ``delegate`` sees and does the work of that inbox."""

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="delegations")
    delegate = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="delegated")
    period_start = models.DateField()
    period_end = models.DateField()
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-period_start"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            period_constraint("clinic_delegation_period", "period_start", "period_end"),
            models.CheckConstraint(name="clinic_delegation_two", condition=~Q(user=F("delegate"))),
            ExclusionConstraint(
                name="clinic_delegation_one",
                expressions=[
                    ("user", RangeOperators.EQUAL),
                    (
                        DateRange("period_start", "period_end", Value("[]")),
                        RangeOperators.OVERLAPS,
                    ),
                ],
                condition=Q(entered_in_error_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.delegate} for {self.user}"
