"""The other claims of a claim's visit: what it replaced or voided, what took its place, the payers before and after."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billing.choices import ClaimFrequency
from billing.models import Claim


@dataclass(frozen=True)
class Relative:
    """Another claim of the same visit, and in ``words`` what it is to this one."""

    claim: Claim
    words: str


def relatives(claim: Claim) -> Sequence[Relative]:
    """The other claims of a claim's visit, in the order in which they were made. One query."""
    rows = Claim.objects.filter(patient=claim.patient_id, encounter=claim.encounter_id).exclude(pk=claim.pk)
    return [Relative(row, _words(claim, row)) for row in rows.select_related("payer").order_by("created_at", "pk")]


def _words(claim: Claim, other: Claim) -> str:
    if claim.replaces_id == other.pk:
        return "voided by this one" if claim.frequency == ClaimFrequency.VOID else "replaced by this one"
    if other.replaces_id == claim.pk:
        return "voids this one" if other.frequency == ClaimFrequency.VOID else "replaces this one"
    if claim.follows_id == other.pk:
        return "to the payer before"
    if other.follows_id == claim.pk:
        return "to the payer after"
    return "of the same visit"
