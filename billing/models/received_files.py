"""X12 files that payers and clearinghouses sent: kept sealed as they came, each read once."""

from __future__ import annotations

import secrets

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.choices import AcknowledgementOutcome, FileKind, FileState
from billing.models.claims import Claim, ClaimBatch
from clinic.models import Patient
from emr.audit.registry import fixed, recorded
from emr.encryption.storage import EncryptedStorage
from emr.shared.records import Recorded, choices_constraint, paired

FOLDER = "x12"


def x12_storage() -> EncryptedStorage:
    """The storage, as a callable, so that migrations hold no path."""
    return EncryptedStorage()


def x12_path(_instance: models.Model, _name: str) -> str:
    """A path that tells nothing and is never used twice."""
    token = secrets.token_hex(16)
    return f"{FOLDER}/{token[:2]}/{token}"


@recorded(patient=None, words=("problem",))
@fixed(but=("kind", "state", "problem", "job_id", "known", "dismissed_at", "dismissed_by_id"))
class ReceivedFile(Recorded):
    """One file as it came. ``sha256`` and ``size`` (bytes) are of the content before it was sealed: the same file twice
    is one row. ``problem`` says why it was refused, with the position of the segment; ``job`` reads it. ``known`` are
    the keys of the remittances that were here when it brought them again. What is told of it is shown until somebody
    dismisses that.
    """

    name = models.CharField(max_length=150)
    content = models.FileField(storage=x12_storage, upload_to=x12_path, max_length=60)
    sha256 = models.CharField(max_length=64, unique=True)
    size = models.PositiveBigIntegerField()
    kind = models.CharField(max_length=5, choices=FileKind, default=FileKind.OTHER)
    state = models.CharField(max_length=7, choices=FileState, default=FileState.NEW)
    problem = models.CharField(max_length=500, blank=True)
    job = models.ForeignKey("jobs.Job", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    known = ArrayField(models.CharField(max_length=36), default=list, blank=True)
    dismissed_at = models.DateTimeField(null=True, blank=True, editable=False)
    dismissed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            paired("billing_file_dismissed", "dismissed_at", "dismissed_by"),
            choices_constraint("billing_file_kind", "kind", FileKind),
            choices_constraint("billing_file_state", "state", FileState),
            models.CheckConstraint(name="billing_file_digest", condition=Q(sha256__regex=r"^[0-9a-f]{64}$")),
            models.CheckConstraint(
                name="billing_file_refused",
                condition=Q(state=FileState.REFUSED) & ~Q(problem="") | ~Q(state=FileState.REFUSED) & Q(problem=""),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.created_at:%Y-%m-%d %H:%M}Z"


@recorded(patient="patient_id", words=("message",))
@fixed(but=("patient_id",))
class ClaimAcknowledgement(Recorded):
    """What a TA1, 999 or 277CA says of a batch or of one claim of it.

    ``position`` counts the file's segments from 1; ``codes`` are as they came (IK304:8, A3:21:IL), ``message`` tells
    them in words. ``payer_control_number`` is the payer's own number of an accepted claim (REF*1K).
    """

    file = models.ForeignKey(ReceivedFile, on_delete=models.PROTECT, related_name="acknowledgements")
    position = models.PositiveIntegerField()
    batch = models.ForeignKey(
        ClaimBatch, on_delete=models.PROTECT, null=True, blank=True, related_name="acknowledgements"
    )
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, blank=True, related_name="acknowledgements")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    kind = models.CharField(max_length=5, choices=FileKind)
    outcome = models.CharField(max_length=11, choices=AcknowledgementOutcome)
    codes = models.JSONField(default=list)
    message = models.CharField(max_length=1000, blank=True)
    payer_control_number = models.CharField(max_length=50, blank=True)

    class Meta:
        ordering = ["created_at", "position"]
        constraints = [
            choices_constraint("billing_ack_kind", "kind", FileKind),
            choices_constraint("billing_ack_outcome", "outcome", AcknowledgementOutcome),
            models.UniqueConstraint(
                fields=["file", "position", "claim"], nulls_distinct=False, name="billing_ack_once"
            ),
            models.CheckConstraint(
                name="billing_ack_whose",
                condition=Q(claim=None, patient=None) | Q(claim__isnull=False, patient__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()}: {self.get_outcome_display()}"
