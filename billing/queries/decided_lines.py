"""The lines of a claim that went out, as a payer's decision is put to them."""

from __future__ import annotations

from billing.adjudication.matching import OpenLine
from billing.choices import LedgerAccount
from billing.models import Claim
from billing.queries.claim_money import cents_of_claims


def open_lines(claim: Claim) -> list[OpenLine]:
    """Each service line with what its payer still owes of it. Two queries."""
    account = LedgerAccount.INSURANCE_RECEIVABLE
    owed = cents_of_claims([claim.pk], [account]).get((claim.pk, account), {})
    return [
        OpenLine(
            charge_item=item.charge_item_id,
            control_number=f"{claim.number}L{item.sequence}",
            code=item.product_or_service,
            modifiers=tuple(item.modifiers),
            first_day=item.serviced_start,
            charge=item.net,
            open=owed.get(item.charge_item_id, 0),
        )
        for item in claim.items.order_by("sequence")
    ]
