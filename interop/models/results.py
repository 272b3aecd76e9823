"""Messages of laboratories after they are read: those of which nobody knows yet whose they are, and those on file.

The message itself is a SourceRecord of the type ``ORU_R01``: kept as it was sent, whatever became of it.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.models import DiagnosticReport, Patient
from emr.audit.registry import recorded
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, paired
from interop.models.sources import SourceRecord

#: SourceRecord.resource_type of a result message.
RESULT_MESSAGE = "ORU_R01"


class WaitingStatus(models.TextChoices):
    """What became of a message of which nobody knew whose it is."""

    WAITING = "waiting", "Waiting"
    MATCHED = "matched", "Matched"
    DISMISSED = "dismissed", "Dismissed"


@recorded(patient=None)
class WaitingMessage(Recorded):
    """A message that waits until a person says whose it is. ``reason`` says why the machine couldn't.

    It belongs to nobody yet: the persons whom it may be about stand in the message alone.
    """

    message = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="waits")
    reason = models.CharField(max_length=300)
    status = models.CharField(max_length=9, choices=WaitingStatus, default=WaitingStatus.WAITING)
    ended_at = models.DateTimeField(null=True, blank=True, editable=False)
    ended_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    ended_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            choices_constraint("interop_waiting_status", "status", WaitingStatus),
            paired("interop_waiting_ended", "ended_at", "ended_by"),
            models.CheckConstraint(
                name="interop_waiting_open",
                condition=Q(status="waiting", ended_at=None) | (~Q(status="waiting") & Q(ended_at__isnull=False)),
            ),
            models.CheckConstraint(
                name="interop_waiting_why", condition=~Q(status="dismissed") | Q(ended_reason__regex=r"\S")
            ),
            models.UniqueConstraint(
                fields=["message"], name="interop_waiting_once", condition=Q(status=WaitingStatus.WAITING)
            ),
        ]
        indexes = [
            models.Index(fields=["created_at"], name="interop_waiting_since", condition=Q(status="waiting")),
        ]

    def __str__(self) -> str:
        return f"Message of {self.created_at:%d-%b-%Y}"


@recorded(patient="patient_id")
class FiledReport(Recorded, ErrableMixin):
    """A report of a message on file in a chart. Filed to the wrong patient, it is *entered in error* with its report.

    ``created_by`` is who matched it: a service where the machine did.
    """

    message = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="filed")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    report = models.ForeignKey(DiagnosticReport, on_delete=models.PROTECT, related_name="filed")

    class Meta:
        ordering = ["created_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            models.UniqueConstraint(
                fields=["message", "report"], name="interop_filed_once", condition=Q(entered_in_error_at=None)
            ),
        ]

    def __str__(self) -> str:
        return f"Filed on {self.created_at:%d-%b-%Y}"
