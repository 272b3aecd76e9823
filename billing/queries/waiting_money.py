"""What the ledger still keeps as a payer's credit of a decision that waits for a person."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from django.db.models import Sum

from billing.choices import LedgerAccount
from billing.models import ClaimResponse, LedgerEntry
from billing.queries.claim_money import credit_of_payers


@dataclass(frozen=True)
class Kept:
    """Cents that are kept, negative where the payer took money back; and the claim under whose name, if any."""

    cents: int = 0
    claim: UUID | None = None

    def used(self) -> int:
        """How much of it its claim has used since. One query at most."""
        if self.claim is None or self.cents <= 0:
            return 0
        return max(self.cents - credit_of_payers([self.claim]).get(self.claim, 0), 0)


def kept_of(responses: Iterable[UUID]) -> dict[UUID, Kept]:
    """What is kept of each decision, all of it in one place. One query."""
    rows = LedgerEntry.objects.filter(
        transaction__claim_response__in=list(responses), account=LedgerAccount.PAYER_CREDIT
    )
    sums = rows.order_by().values_list("transaction__claim_response", "claim").annotate(Sum("amount"))
    return {key: Kept(-cents, claim) for key, claim, cents in sums if key is not None and cents}


def kept(response: ClaimResponse) -> Kept:
    """What is kept of one decision. One query."""
    return kept_of([response.pk]).get(response.pk, Kept())
