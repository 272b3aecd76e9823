"""The lines of claims that went out, as a payer's decision is put to them."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from uuid import UUID

from django.db.models import Q, Sum

from billing.adjudication.matching import OpenLine
from billing.adjudication.plan import Plan
from billing.choices import FORWARDED, LedgerAccount, TransactionKind
from billing.models import Claim, ClaimItem, LedgerEntry
from billing.queries.claim_money import cents_of_claims

_OWED, _AGREED, _THEIRS = (
    LedgerAccount.INSURANCE_RECEIVABLE,
    LedgerAccount.CONTRACTUAL,
    LedgerAccount.PATIENT_RECEIVABLE,
)
_DECISIONS = (TransactionKind.REMITTANCE, TransactionKind.PLACED)
#: What is large of the lines' claims, and says nothing of what is owed.
_CLAIMS = ("claim", "claim__follows", "claim__follows__follows")
_LARGE = [f"{claim}__{field}" for claim in _CLAIMS for field in ("snapshot", "lineage")]
#: Cents by account, of one line of a claim.
Moved = dict[str, int]


def open_lines(claim: Claim) -> list[OpenLine]:
    """Each service line with what its payer still owes of it. Three queries."""
    return open_lines_of([claim.pk]).get(claim.pk, [])


def open_lines_of(claims: Iterable[UUID]) -> dict[UUID, list[OpenLine]]:
    """The same of many claims, by the claims' keys. Three queries."""
    keys = list(claims)
    decided = _decided(keys)
    owed = cents_of_claims(keys, [_OWED])
    found: dict[UUID, list[OpenLine]] = {}
    items = ClaimItem.objects.filter(claim__in=keys).select_related(*_CLAIMS).defer(*_LARGE)
    for item in items.order_by("claim", "sequence"):
        moved = decided.get((item.claim_id, item.charge_item_id), {})
        contractual, patient = moved.get(_AGREED, 0), moved.get(_THEIRS, 0)
        found.setdefault(item.claim_id, []).append(
            OpenLine(
                charge_item=item.charge_item_id,
                control_number=_told_as(item),
                code=item.product_or_service,
                modifiers=tuple(item.modifiers),
                first_day=item.serviced_start,
                charge=item.net,
                open=owed.get((item.claim_id, _OWED), {}).get(item.charge_item_id, 0),
                paid=-moved.get(_OWED, 0) - contractual - patient,
                contractual=contractual,
                patient=patient,
            )
        )
    return found


def lines_after(made: Plan) -> list[OpenLine]:
    """The lines as they are once a decision is posted."""
    return [
        replace(
            move.line,
            open=move.open,
            paid=move.line.paid + move.paid,
            contractual=move.line.contractual + move.contractual,
            patient=move.line.patient + move.patient,
        )
        for move in made.lines
    ]


def _decided(claims: Iterable[UUID]) -> dict[tuple[UUID, UUID], Moved]:
    """What decisions, and payers' money laid on a claim, moved of each line and wasn't taken back. One query."""
    # The patient's own money is none of the payer's decisions.
    theirs = Q(account=_THEIRS) & _of(_DECISIONS)
    payers = Q(account__in=[_OWED, _AGREED]) & _of([*_DECISIONS, TransactionKind.APPLICATION])
    rows = LedgerEntry.objects.filter(theirs | payers, claim__in=claims, charge_item__isnull=False).order_by()
    found: dict[tuple[UUID, UUID], Moved] = {}
    for claim, item, account, cents in rows.values_list("claim", "charge_item", "account").annotate(Sum("amount")):
        found.setdefault((claim, item), {})[account] = cents
    return found


def _of(kinds: Iterable[str]) -> Q:
    """Entries of transactions of these kinds, and of what takes such back."""
    return Q(transaction__kind__in=kinds) | Q(transaction__reverses__kind__in=kinds)


def _told_as(item: ClaimItem) -> str:
    """The line's number as the payer knows it: of a claim that was passed on, that of the claim that went out first."""
    claim = item.claim
    while claim.follows is not None and FORWARDED in claim.labels:
        claim = claim.follows
    return f"{claim.number}L{item.sequence}"
