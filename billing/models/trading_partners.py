"""Whom electronic claims are sent to: clearinghouses and payers that take them themselves."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from billing.choices import IdQualifier, UsageIndicator
from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint


@recorded(patient=None)
class TradingPartner(Recorded):
    """The addresses on the envelope of an 837P: ours (ISA05/06, GS02, 1000A) and theirs (ISA07/08, GS03, 1000B).

    ``usage`` P sends claims, T tests the line (ISA15). The contact is whom they call about a file (PER*IC).
    """

    name = models.CharField(max_length=60, unique=True)
    sender_qualifier = models.CharField(max_length=2, choices=IdQualifier, default=IdQualifier.MUTUAL)
    sender_id = models.CharField(max_length=15)
    receiver_qualifier = models.CharField(max_length=2, choices=IdQualifier, default=IdQualifier.MUTUAL)
    receiver_id = models.CharField(max_length=15)
    usage = models.CharField(max_length=1, choices=UsageIndicator, default=UsageIndicator.TEST)
    contact_name = models.CharField(max_length=60)
    contact_phone = models.CharField(max_length=20)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        constraints = [
            choices_constraint("billing_partner_sender", "sender_qualifier", IdQualifier),
            choices_constraint("billing_partner_receiver", "receiver_qualifier", IdQualifier),
            choices_constraint("billing_partner_usage", "usage", UsageIndicator),
            models.CheckConstraint(
                name="billing_partner_ids",
                condition=Q(sender_id__regex=r"^[A-Z0-9 ]{2,15}$", receiver_id__regex=r"^[A-Z0-9 ]{2,15}$"),
            ),
        ]

    def __str__(self) -> str:
        return self.name
