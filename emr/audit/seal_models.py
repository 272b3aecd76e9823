"""The chain of seals over the logs, and what each verification found."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from emr.audit.registry import append_only, exempt
from emr.shared.records import Identified, choices_constraint


class Log(models.TextChoices):
    """The three logs."""

    CHANGES = "changes", "Changes"
    READS = "reads", "Reads"
    SECURITY = "security", "Accounts and rights"


@append_only
@exempt("It is the seal of the log.")
class SealBlock(Identified):
    """One link of a log's chain: rows that can't change any more without being named.

    ``header`` is signed as it stands (JSON): the block before, the rows' range, the columns, the hash of ``leaves``.
    ``leaves`` holds for each row its transaction, its key and the SHA-256 of its canonical bytes.
    """

    log = models.CharField(max_length=10, choices=Log)
    number = models.PositiveIntegerField()
    sealed_at = models.DateTimeField()
    rows = models.PositiveIntegerField()
    header = models.TextField()
    leaves = models.BinaryField()
    signature = models.BinaryField()

    class Meta:
        ordering = ["log", "number"]
        constraints = [
            models.UniqueConstraint(fields=["log", "number"], name="audit_seal_number"),
            choices_constraint("audit_seal_log", "log", Log),
        ]


@append_only
@exempt("It is the result of verifying the logs.")
class Verification(Identified):
    """One run of ``verify_audit``: how far it looked and what it found; ``findings`` name rows by their keys."""

    at = models.DateTimeField(default=timezone.now)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    seconds = models.FloatField()
    complete = models.BooleanField()
    blocks = models.PositiveBigIntegerField()
    rows = models.PositiveBigIntegerField()
    unsealed = models.PositiveBigIntegerField()
    problems = models.PositiveBigIntegerField()
    findings = models.JSONField(default=list)

    class Meta:
        ordering = ["-id"]
        indexes = [models.Index(fields=["-at"], name="audit_verification_time")]
        constraints = [models.CheckConstraint(name="audit_verification_time", condition=Q(seconds__gte=0))]
