"""The lines of claims that went out, as a payer's decision is put to them."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from billing.adjudication.matching import OpenLine
from billing.choices import FORWARDED, LedgerAccount
from billing.models import Claim, ClaimItem
from billing.queries.claim_money import cents_of_claims

_OWED = LedgerAccount.INSURANCE_RECEIVABLE


def open_lines(claim: Claim) -> list[OpenLine]:
    """Each service line with what its payer still owes of it. Two queries."""
    return open_lines_of([claim.pk]).get(claim.pk, [])


def open_lines_of(claims: Iterable[UUID]) -> dict[UUID, list[OpenLine]]:
    """The same of many claims, by the claims' keys. Two queries."""
    keys = list(claims)
    owed = cents_of_claims(keys, [_OWED])
    found: dict[UUID, list[OpenLine]] = {}
    for item in ClaimItem.objects.filter(claim__in=keys).select_related("claim__follows").order_by("claim", "sequence"):
        found.setdefault(item.claim_id, []).append(
            OpenLine(
                charge_item=item.charge_item_id,
                control_number=_told_as(item),
                code=item.product_or_service,
                modifiers=tuple(item.modifiers),
                first_day=item.serviced_start,
                charge=item.net,
                open=owed.get((item.claim_id, _OWED), {}).get(item.charge_item_id, 0),
            )
        )
    return found


def _told_as(item: ClaimItem) -> str:
    """The line's number as the payer knows it: of a claim that was passed on, that of the claim before."""
    claim = item.claim
    known_by = claim.follows if claim.follows is not None and FORWARDED in claim.labels else claim
    return f"{known_by.number}L{item.sequence}"
