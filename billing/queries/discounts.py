"""What the clinic offers those who pay themselves."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal

from billing.choices import AdjustmentReason, TransactionKind
from billing.models import BillingPolicy, Claim, LedgerTransaction
from billing.queries.claim_money import owed_by
from emr.shared.money import CENT


@dataclass(frozen=True)
class Offer:
    """A discount: the percentage of the clinic's policy, and what it comes to on one claim."""

    share: Decimal
    amount: Decimal


def self_pay_share() -> Decimal:
    """The percentage that the clinic takes off for those who pay themselves; zero where it gives none. One query."""
    return BillingPolicy.objects.values_list("self_pay_discount", flat=True).first() or Decimal(0)


def discount_on(amount: Decimal, share: Decimal) -> Decimal:
    """The percentage of an amount, to the cent, never more than it is."""
    return (amount * share / 100).quantize(CENT, rounding=ROUND_FLOOR)


def self_pay_offer(claim: Claim) -> Offer | None:
    """The discount on the charges of a claim without insurance, as far as the patient still owes as much; None where
    the clinic gives none, and where it was given. Three queries at most.
    """
    if claim.coverage_id is not None or not (share := self_pay_share()):
        return None
    given = LedgerTransaction.objects.filter(
        claim=claim, kind=TransactionKind.ADJUSTMENT, reason_code=AdjustmentReason.SELF_PAY, reversed_by=None
    )
    amount = min(discount_on(claim.total, share), owed_by(claim).patient)
    return Offer(share, amount) if amount and not given.exists() else None
