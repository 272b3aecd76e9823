"""The clinic's own rules for claims, beside those that every claim is held to."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from billing.choices import RuleKind, RuleSeverity
from clinic.models import Payer
from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint, period_constraint


@recorded(patient=None)
class ClaimRule(Recorded):
    """What a payer (none: every payer) wants of some services, as data.

    ``codes`` are the services it is about, a * at the end standing for the rest. ``values`` mean what the kind says:
    modifiers, diagnoses (also with a *), places, other services, or one or two numbers (units; ages in years).
    ``message`` is what the biller reads, ``source`` where the rule comes from. A claim that breaks it is held, or the
    biller is warned and the claim may go out all the same: ``severity``. It counts for services from
    ``period_start`` to ``period_end``.
    """

    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, null=True, blank=True, related_name="claim_rules")
    kind = models.CharField(max_length=20, choices=RuleKind)
    codes = ArrayField(models.CharField(max_length=10))
    values = ArrayField(models.CharField(max_length=12), default=list, blank=True)
    message = models.CharField(max_length=300)
    source = models.CharField(max_length=200, blank=True)
    severity = models.CharField(max_length=7, choices=RuleSeverity, default=RuleSeverity.HOLD)
    active = models.BooleanField(default=True)
    period_start = models.DateField("from", null=True, blank=True)
    period_end = models.DateField("until", null=True, blank=True)

    class Meta:
        ordering = ["kind", "created_at"]
        constraints = [
            choices_constraint("billing_rule_kind", "kind", RuleKind),
            choices_constraint("billing_rule_severity", "severity", RuleSeverity),
            period_constraint("billing_rule_period", "period_start", "period_end"),
            models.CheckConstraint(name="billing_rule_codes", condition=Q(codes__len__gt=0)),
            models.CheckConstraint(name="billing_rule_message", condition=~Q(message="")),
        ]

    def __str__(self) -> str:
        return self.message
