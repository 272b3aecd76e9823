"""What the clinic gives those who pay themselves: offered, given once, by somebody."""

from __future__ import annotations

from decimal import Decimal

from billing.actions.adjusting import write_off
from billing.actions.ledger import lock_patient
from billing.choices import AdjustmentReason, Side
from billing.models import Claim, LedgerTransaction
from billing.queries.discounts import self_pay_offer
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict
from emr.ui import formats


@action
def give_self_pay_discount(*, by: User, claim: Claim, share: Decimal) -> LedgerTransaction:
    """Take the clinic's discount off what a patient without insurance is charged. ``share`` is the percentage that was
    offered.

    Raises Conflict when nothing is offered any more, or something else: the claim was given it, was paid, or got a
    payer meanwhile, or the clinic's policy changed.
    """
    lock_patient(claim.patient)
    offer = self_pay_offer(claim)
    if offer is None or offer.share != share:
        raise Conflict(f"This discount isn't offered for claim {claim.number} any more. Open the claim again.")
    return write_off(
        by=by,
        claim=claim,
        side=Side.PATIENT,
        amount=offer.amount,
        reason_code=AdjustmentReason.SELF_PAY,
        reason=f"{formats.dose(offer.share)} % for who pays themselves",
    )
