"""Answers to a payer's refusal."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q

from billing.choices import AppealStatus
from billing.models.claims import Claim
from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint

#: What was sent stays as it was read; what became of it is all that is said later.
_SENT = """
    IF OLD.status <> 'draft' AND (
        to_jsonb(NEW) - '{status,decided_on,outcome,updated_at}'::text[]
        IS DISTINCT FROM to_jsonb(OLD) - '{status,decided_on,outcome,updated_at}'::text[]
        OR NEW.status = 'draft'
    ) THEN
        RAISE EXCEPTION 'An appeal that was sent does not change.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""
LEVELS = (1, 2, 3)


@recorded(patient="claim.patient_id", words=("outcome",))
class Appeal(Recorded):
    """A letter to the payer about a claim: ``level`` counts from 1; ``due_on`` is the payer's last day for it.

    Once sent, its text stays. ``reason_codes`` are what the payer gave (CO-50, N115).
    """

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="appeals")
    level = models.PositiveSmallIntegerField(default=1)
    status = models.CharField(max_length=5, choices=AppealStatus, default=AppealStatus.DRAFT)
    reason_codes = models.JSONField(default=list)
    text = models.TextField()
    due_on = models.DateField(null=True, blank=True)
    sent_on = models.DateField(null=True, blank=True)
    decided_on = models.DateField(null=True, blank=True)
    outcome = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["claim", "level"]
        constraints = [
            choices_constraint("billing_appeal_status", "status", AppealStatus),
            models.UniqueConstraint(fields=["claim", "level"], name="billing_appeal_level"),
            models.CheckConstraint(name="billing_appeal_levels", condition=Q(level__in=LEVELS)),
            models.CheckConstraint(
                name="billing_appeal_dated",
                condition=Q(status=AppealStatus.DRAFT, sent_on=None, decided_on=None)
                | Q(status=AppealStatus.SENT, sent_on__isnull=False, decided_on=None)
                | Q(status__in=[AppealStatus.WON, AppealStatus.LOST], sent_on__isnull=False, decided_on__isnull=False),
            ),
            models.CheckConstraint(
                name="billing_appeal_decided",
                condition=~Q(status__in=[AppealStatus.WON, AppealStatus.LOST], outcome=""),
            ),
        ]
        triggers = [pgtrigger.Trigger(name="sent_stays", when=pgtrigger.Before, operation=pgtrigger.Update, func=_SENT)]

    def __str__(self) -> str:
        return f"Appeal {self.level} of {self.claim}"
