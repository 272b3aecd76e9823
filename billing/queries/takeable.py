"""What payers' later decisions can take back from claims, and what is in the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from uuid import UUID

from django.db.models import Q

from billing.adjudication.plan import REVERSAL, Plan
from billing.choices import LedgerAccount, ReconciliationStatus, ResponseState
from billing.models import Claim, ClaimResponse, LedgerEntry, PaymentReconciliation
from billing.queries.claim_money import cents_of_claims, credit_of_payers

_THEIRS = LedgerAccount.PATIENT_RECEIVABLE
_OPEN = (ResponseState.UNMATCHED, ResponseState.REVIEW)


@dataclass(frozen=True)
class Takeable:
    """Of some claims, in cents: their payers' ``credit``, what patients owe or paid of each line, and the claims to the
    next payers that took over a part.
    """

    credit: Mapping[UUID, int] = field(default_factory=dict)
    patients: Mapping[UUID, Mapping[str, int]] = field(default_factory=dict)
    after: Mapping[UUID, Claim] = field(default_factory=dict)

    def obstacle(self, claim: Claim, made: Plan, *, kept: int = 0) -> str:
        """Why the ledger can't take what a decision moves; ``kept`` cents of the claim's credit are the decision's."""
        if not claim.stands:
            return f"Claim {claim.number} is {claim.get_state_display().lower()}."
        if made.excess < 0 and -made.excess > self.credit.get(claim.pk, 0) - kept:
            return "The payer takes back more than it paid on this claim, or what was given back to it already."
        theirs = self.patients.get(claim.pk, {})
        if all(-move.patient <= theirs.get(move.line.key, 0) for move in made.lines if move.patient < 0):
            return ""
        after = self.after.get(claim.pk)
        if after is None:
            return "The payer takes back more than the patient was asked for: a part of it was written off."
        return (
            f"A part of what it takes back is asked of {after.payer} by now, on claim {after.number}. Void claim "
            f"{after.number}, whose part then stands on claim {claim.number} again, and post this one there."
        )


def takes_back(made: Plan) -> bool:
    """Whether a decision takes something from what was moved before."""
    return made.excess < 0 or any(move.patient < 0 for move in made.lines)


def takeable(claims: Iterable[UUID]) -> Takeable:
    """What can be taken back from claims. Four queries, and none without claims."""
    keys = list(claims)
    if not keys:
        return Takeable()
    patients: dict[UUID, dict[str, int]] = {key: {} for key in keys}
    for (claim, _), by_line in cents_of_claims(keys, [_THEIRS]).items():
        patients[claim] = {str(item): cents for item, cents in by_line.items()}
    paid = LedgerEntry.objects.filter(claim__in=keys, account=_THEIRS).of_patients_money()
    for claim, item, amount in paid.values_list("claim", "charge_item", "amount"):
        if claim is not None:
            patients[claim][str(item)] = patients[claim].get(str(item), 0) - amount
    rows = Claim.objects.on_ledger().standing().filter(follows__in=keys, submitted_at__isnull=False)
    return Takeable(credit_of_payers(keys), patients, {row.follows_id: row for row in rows if row.follows_id})


def held_up(claims: Iterable[UUID], posting: PaymentReconciliation | None = None) -> set[UUID]:
    """Those of claims on which a reversal waits for a person, in what is posted or just being ``posting``: what is
    decided after it builds on it. One query.
    """
    there = Q(reconciliation__status=ReconciliationStatus.ACTIVE)
    if posting is not None:
        there |= Q(reconciliation=posting)
    rows = ClaimResponse.objects.filter(there, claim__in=list(claims), state__in=_OPEN, status_code=REVERSAL)
    return set(rows.order_by().values_list("claim", flat=True))


def held_up_by(claim: Claim) -> str:
    """What is said of a decision on a claim that is held up."""
    return (
        f"A decision before it takes back what was paid on claim {claim.number}, and waits: deal with that one first."
    )
