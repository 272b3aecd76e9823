"""Leave of a payer, asked for beforehand (FHIR ClaimResponse of use preauthorization)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.choices import AuthorizationKind
from clinic.models import Coverage, Patient
from emr.audit.registry import recorded
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, period_constraint


@recorded(patient="patient_id", words=("comment",))
class Authorization(Recorded, ErrableMixin):
    """The number of a prior authorization, referral or certificate for box 23, for whom, for what and how often.

    ``codes`` are the services it covers, none meaning all. ``visits_allowed`` None sets no limit; how many are used is
    counted from the claims that carry the number.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="authorizations")
    coverage = models.ForeignKey(Coverage, on_delete=models.PROTECT, related_name="authorizations")
    kind = models.CharField(max_length=2, choices=AuthorizationKind, default=AuthorizationKind.PRIOR_AUTHORIZATION)
    number = models.CharField(max_length=29)
    codes = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    period_start = models.DateField("from", null=True, blank=True)
    period_end = models.DateField("until", null=True, blank=True)
    visits_allowed = models.PositiveSmallIntegerField(null=True, blank=True)
    comment = models.CharField(max_length=200, blank=True)

    class Meta(ErrableMixin.Meta):
        ordering = ["-period_start", "-created_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("billing_authorization_kind", "kind", AuthorizationKind),
            period_constraint("billing_authorization_period", "period_start", "period_end"),
            models.CheckConstraint(name="billing_authorization_number", condition=Q(number__regex=r"^[A-Z0-9]{1,29}$")),
            models.CheckConstraint(
                name="billing_authorization_visits", condition=Q(visits_allowed=None) | Q(visits_allowed__gt=0)
            ),
            models.UniqueConstraint(
                fields=["coverage", "kind", "number"],
                name="billing_authorization_once",
                condition=Q(entered_in_error_at=None),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.number}"
