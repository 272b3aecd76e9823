"""What billers write down about a claim while they work on it."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from billing.models.claims import Claim
from emr.audit.registry import append_only, recorded
from emr.shared.records import Recorded


@recorded(patient="claim.patient_id", words=("text",))
@append_only
class ClaimNote(Recorded):
    """A remark on a claim: whom one spoke to, what the payer said. It stays as it was written."""

    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, related_name="notes")
    text = models.CharField(max_length=1000)

    class Meta:
        ordering = ["created_at"]
        constraints = [models.CheckConstraint(name="billing_claimnote_text", condition=~Q(text=""))]

    def __str__(self) -> str:
        return f"Note on {self.claim}"
