"""How the clinic asks patients for money: one policy for all, one account for each (FHIR Account), plans to pay."""

from __future__ import annotations

from typing import Self

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from billing.choices import PlanStatus
from clinic.models import Patient
from emr.audit.registry import recorded
from emr.shared.records import Identified, Recorded, choices_constraint, paired

#: Tiers of claims.md, section 5: a first statement and four reminders.
TIERS = 5


def default_tiers() -> list[int]:
    """Days after the first statement from which each tier's words are used."""
    return [0, 30, 60, 90, 120]


@recorded(patient=None)
class BillingPolicy(Identified):
    """When and how statements go out; there is one row. Amounts in the clinic's currency.

    ``tier_days`` are days since the first statement, rising; ``tier_messages`` the words of each tier, one for each.
    ``pay_url`` is the page on which a statement is paid; its QR code carries the statement's number and nothing else.
    """

    singleton = models.BooleanField(default=True, editable=False, unique=True)
    minimum_balance = models.DecimalField(max_digits=6, decimal_places=2, default=5)
    due_days = models.PositiveSmallIntegerField(default=21)
    repeat_days = models.PositiveSmallIntegerField("days between statements", default=30)
    tier_days = ArrayField(models.PositiveSmallIntegerField(), default=default_tiers, size=TIERS)
    tier_messages = ArrayField(models.CharField(max_length=300, blank=True), default=list, blank=True, size=TIERS)
    pay_url = models.URLField("pay link", max_length=200, blank=True)
    self_pay_discount = models.DecimalField("discount for paying oneself, %", max_digits=5, decimal_places=2, default=0)

    class Meta:
        constraints = [
            models.CheckConstraint(name="billing_policy_single", condition=Q(singleton=True)),
            models.CheckConstraint(
                name="billing_policy_amounts",
                condition=Q(minimum_balance__gte=0, self_pay_discount__gte=0, self_pay_discount__lte=100),
            ),
            models.CheckConstraint(name="billing_policy_days", condition=Q(due_days__gte=1, repeat_days__gte=1)),
        ]

    def __str__(self) -> str:
        return "How patients are billed"


_PARTICULAR = Q(statements_held=True) | Q(collections_at__isnull=False)


class BillingAccountQuerySet(models.QuerySet["BillingAccount"]):
    """The accounts that one speaks of."""

    def particular(self) -> Self:
        """Those that say something: held, or at collections."""
        return self.filter(_PARTICULAR)


@recorded(patient="patient_id", words=("statements_held_reason", "collections_agency"))
class BillingAccount(Recorded):
    """What is particular in asking one patient for money; a patient without a row is asked as the policy says.

    Statements are held for a reason; what went to a collections agency is asked for there. One row at most says so of a
    patient: of two charts that become one, the row that says nothing more is left as it was.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="billing_accounts")
    statements_held = models.BooleanField(default=False)
    statements_held_reason = models.CharField(max_length=200, blank=True)
    collections_at = models.DateTimeField(null=True, blank=True, editable=False)
    collections_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    collections_agency = models.CharField(max_length=100, blank=True)

    objects = BillingAccountQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["patient"], name="billing_account_one", condition=_PARTICULAR),
            paired("billing_account_collections", "collections_at", "collections_by"),
            models.CheckConstraint(
                name="billing_account_held",
                condition=Q(statements_held=False, statements_held_reason="")
                | (Q(statements_held=True) & ~Q(statements_held_reason="")),
            ),
        ]

    def __str__(self) -> str:
        return f"Account of {self.patient}"


@recorded(patient="patient_id", words=("ended_reason",))
class PaymentPlan(Recorded):
    """An agreement to pay a balance in monthly parts. ``day`` is the day of the month, its last where it has fewer."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="payment_plans")
    status = models.CharField(max_length=9, choices=PlanStatus, default=PlanStatus.ACTIVE)
    total = models.DecimalField(max_digits=10, decimal_places=2)
    part = models.DecimalField("monthly part", max_digits=10, decimal_places=2)
    first_due = models.DateField()
    day = models.PositiveSmallIntegerField("day of the month")
    agreed_on = models.DateField()
    ended_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-agreed_on", "-created_at"]
        constraints = [
            choices_constraint("billing_plan_status", "status", PlanStatus),
            models.CheckConstraint(name="billing_plan_amounts", condition=Q(part__gt=0, total__gte=F("part"))),
            models.CheckConstraint(name="billing_plan_day", condition=Q(day__gte=1, day__lte=31)),
            models.CheckConstraint(
                name="billing_plan_ended",
                condition=Q(status=PlanStatus.ENDED) & ~Q(ended_reason="")
                | ~Q(status=PlanStatus.ENDED) & Q(ended_reason=""),
            ),
            models.UniqueConstraint(fields=["patient"], name="billing_plan_one", condition=Q(status=PlanStatus.ACTIVE)),
        ]

    def __str__(self) -> str:
        return f"Plan over {self.total}"
