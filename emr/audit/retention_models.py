"""How long the logs are kept, and what must not be purged meanwhile."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from emr.audit.registry import recorded
from emr.audit.seal_models import Log
from emr.shared.records import Identified, Recorded, choices_constraint, paired

#: 45 CFR 164.316(b)(2)(i): documentation is kept six years. The database refuses less.
LEAST_YEARS = 6
MOST_YEARS = 100


@recorded(patient=None)
class RetentionPolicy(Recorded):
    """How many years a log is kept. A log without a policy is kept for good."""

    log = models.CharField(max_length=10, choices=Log)
    years = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["log"], name="audit_retention_log"),
            choices_constraint("audit_retention_log_known", "log", Log),
            models.CheckConstraint(
                name="audit_retention_least", condition=Q(years__gte=LEAST_YEARS, years__lte=MOST_YEARS)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_log_display()}: {self.years} years"


@recorded(patient="patient_id")
class LegalHold(Identified):
    """Nothing of the patient's logs is purged while it stands; without a patient, nothing of any log.

    It is lifted by somebody for a reason, never deleted.
    """

    patient_id = models.UUIDField(null=True)
    reason = models.CharField(max_length=300)
    placed_at = models.DateTimeField(default=timezone.now, editable=False)
    placed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", editable=False)
    lifted_at = models.DateTimeField(null=True, editable=False)
    lifted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )
    lifted_reason = models.CharField(max_length=300, blank=True, editable=False)

    class Meta:
        ordering = ["-id"]
        constraints = [
            paired("audit_hold_lifted", "lifted_at", "lifted_by"),
            models.CheckConstraint(name="audit_hold_reason", condition=~Q(reason="")),
            models.CheckConstraint(name="audit_hold_lifted_reason", condition=Q(lifted_at=None) | ~Q(lifted_reason="")),
        ]

    def __str__(self) -> str:
        return "Legal hold"
