"""Decisions that wait for a person: laid on the claim that they are about, their money used or given back, settled.

Each begins by locking the remittance, so that two people never move the same money; then the patients, then the claim.
"""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from uuid import UUID

from django.utils import timezone

from billing.actions.deciding import Decision, put_decisions, write
from billing.actions.ledger import Line, lock_patients, post
from billing.actions.settling import settle_visits
from billing.adjudication.plan import REVERSAL, plan
from billing.choices import LedgerAccount, ReconciliationStatus, ResponseState, TransactionKind
from billing.models import Claim, ClaimResponse, LedgerTransaction, PaymentReconciliation
from billing.queries.business_days import open_day
from billing.queries.claim_money import cents_of_claims, spread
from billing.queries.decided_lines import open_lines
from billing.queries.decisions import decision_of
from billing.queries.ledger import from_cents, to_cents
from billing.queries.takeable import held_up, held_up_by, takeable, takes_back
from billing.queries.waiting_money import Kept, kept
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.shared.money import cents as in_cents
from emr.ui import formats

OPEN = (ResponseState.UNMATCHED, ResponseState.REVIEW)
_CREDIT, _OWED = LedgerAccount.PAYER_CREDIT, LedgerAccount.INSURANCE_RECEIVABLE


@action
def lay_on_claim(*, by: User, response: ClaimResponse, claim: Claim) -> ClaimResponse:
    """Say which claim a decision is about, and post it there by the same rules as any other; what was kept of it as
    the payer's credit pays. Asked twice, it does nothing.

    Raises DomainError where the rules can't place it on that claim, and for a claim that hasn't gone out; Conflict
    when somebody dealt with it otherwise, and when a part of its money is gone.
    """
    row = _locked(response, claim)
    if row.state == ResponseState.POSTED and row.claim_id == claim.pk:
        return row
    _check_open(row)
    onto = Claim.objects.on_ledger().select_for_update(of=("self",)).get(pk=claim.pk)
    if onto.submitted_at is None:
        raise DomainError(f"Claim {onto.number} hasn't gone out, so no payer has decided on it.", field="claim")
    said = decision_of(row)
    if said.status != REVERSAL and held_up([onto.pk]):
        raise DomainError(held_up_by(onto), field="claim")
    made = plan(said, open_lines(onto), order=onto.order)
    there = _kept(row)
    room, own = takeable([onto.pk] if takes_back(made) else []), there.cents if there.claim == onto.pk else 0
    if why := made.why or room.obstacle(onto, made, kept=own):
        raise DomainError(f"{why} Its money can be used for a claim, or given back.", field="claim")
    if there.cents != made.funds:
        raise Conflict("A part of its money was used already. Use the rest, give it back, or settle it with a reason.")
    came = [_out_of(there, row, there.cents)]
    row.claim, row.patient = onto, onto.patient
    # First, because the claim to the next payer is checked with what this one decided.
    _over(by, row, ResponseState.POSTED, f"Laid on claim {onto.number}")
    put_decisions(by, [Decision(row, onto, said, made, came)], kind=TransactionKind.PLACED)
    return row


@action
def use_for_claim(
    *, by: User, response: ClaimResponse, claim: Claim, amount: Decimal, request_token: UUID | None = None
) -> ClaimResponse:
    """Pay what the payer owes on a claim from the money of a decision; of one that takes money back, take it from what
    was paid there, so that the payer owes it again. The last of the money settles the decision.

    The same form sent twice is one. Raises DomainError for more than is kept, and for more than the claim can take.
    """
    row = _locked(response, claim)
    if _sent(row, request_token, amount):
        return row
    _check_open(row)
    there, wanted = _kept(row), _checked(amount)
    sign, most = (1 if there.cents > 0 else -1), abs(there.cents)
    if wanted > most:
        raise DomainError(f"${formats.money(from_cents(most))} is kept of this decision.", field="amount")
    onto = Claim.objects.on_ledger().select_for_update(of=("self",)).get(pk=claim.pk)
    room = _room(onto, back=sign < 0)
    if wanted > sum(max(part, 0) for part in room.values()):
        there_is = formats.money(from_cents(sum(max(part, 0) for part in room.values())))
        words = f"Claim {onto.number} can give back" if sign < 0 else f"The payer owes on claim {onto.number}"
        raise DomainError(f"{words} ${there_is}.", field="amount")
    lines = [Line.on(onto, _OWED, -sign * part, item) for item, part in spread(room, wanted)]
    post(
        by=by,
        kind=TransactionKind.APPLICATION,
        business_date=open_day(),
        lines=[_out_of(there, row, sign * wanted), *lines],
        reason=f"From the decision on {row.patient_control_number or 'no claim'}"[:200],
        claim=onto,
        reconciliation=row.reconciliation,
        claim_response=row,
        request_token=request_token,
    )
    settle_visits(by=by, visits=[onto.encounter_id])
    if wanted < most:
        return row
    return _over(by, row, ResponseState.RESOLVED, f"Its money went to claim {onto.number}")


@action
def give_back(*, by: User, response: ClaimResponse, reason: str) -> ClaimResponse:
    """Give a payer back what is kept of a decision. Asked twice, it does nothing. Raises DomainError without a reason,
    and where nothing is kept.
    """
    row = _locked(response)
    if row.state == ResponseState.RESOLVED:
        return row
    _check_open(row)
    if not reason.strip():
        raise DomainError("Say why the money is given back, and how.", field="reason")
    there = _kept(row)
    if there.cents <= 0:
        raise DomainError("Nothing of this decision is kept that could be given back.")
    out = _out_of(there, row, there.cents)
    lines = [out, replace(out.back(), account=LedgerAccount.FUNDS)]
    write(by, TransactionKind.PAYER_REFUND, row, out.claim, lines, reason.strip()[:200])
    return _over(by, row, ResponseState.RESOLVED, f"Given back to the payer: {reason.strip()}")


@action
def settle_response(*, by: User, response: ClaimResponse, reason: str) -> ClaimResponse:
    """Say that nothing more is done about a decision. What is kept of it stands among the payers' own adjustments from
    then on. Settled twice, the first reason stays. Raises DomainError without a reason.
    """
    row = _locked(response)
    if row.state == ResponseState.RESOLVED:
        return row
    _check_open(row)
    if not reason.strip():
        raise DomainError("Say why nothing more is done about it.", field="reason")
    there = _kept(row)
    if there.cents:
        out = _out_of(there, row, there.cents)
        own = Line(LedgerAccount.PAYER_ADJUSTMENT, -there.cents, payer=row.reconciliation.payer)
        write(by, TransactionKind.APPLICATION, row, out.claim, [out, own], reason.strip()[:200])
    return _over(by, row, ResponseState.RESOLVED, reason)


def _locked(response: ClaimResponse, claim: Claim | None = None) -> ClaimResponse:
    remittance = PaymentReconciliation.objects.select_for_update(of=("self",)).get(pk=response.reconciliation_id)
    if remittance.status != ReconciliationStatus.ACTIVE:
        raise Conflict(f"This remittance is {remittance.get_status_display().lower()}, so nothing of it waits.")
    owners = [response.patient_id, claim.patient_id if claim else None]
    lock_patients(key for key in owners if key)
    rows = ClaimResponse.objects.select_related(
        "reconciliation__payer", "claim__patient", "claim__encounter", "claim__payer", "patient"
    )
    return rows.get(pk=response.pk)


def _check_open(row: ClaimResponse) -> None:
    if row.state not in OPEN:
        raise Conflict(f"Somebody has dealt with this decision already: {row.get_state_display().lower()}.")


def _kept(row: ClaimResponse) -> Kept:
    """What is kept of it. Raises Conflict where its claim has used a part."""
    there = kept(row)
    if gone := there.used():
        number = row.claim.number if row.claim else ""
        raise Conflict(
            f"${formats.money(from_cents(gone))} of its money was used or given back on claim {number}. "
            "Take that back there first."
        )
    return there


def _out_of(there: Kept, row: ClaimResponse, cents: int) -> Line:
    """The entry that takes money out of where it is kept."""
    if there.claim is not None and row.claim is not None:
        return Line.on(row.claim, _CREDIT, cents)
    return Line(_CREDIT, cents, payer=row.reconciliation.payer)


def _room(claim: Claim, *, back: bool) -> dict[UUID | None, int]:
    """Cents by line that the payer owes; ``back``: that it doesn't owe any more of what was charged."""
    if not Claim.objects.standing().filter(pk=claim.pk, submitted_at__isnull=False).exists():
        raise DomainError(f"Claim {claim.number} is {claim.get_state_display().lower()}.", field="claim")
    owed = cents_of_claims([claim.pk], [_OWED]).get((claim.pk, _OWED), {})
    if not back:
        return owed
    charged = claim.items.order_by("sequence").values_list("charge_item", "net")
    return {item: to_cents(net) - owed.get(item, 0) for item, net in charged}


def _sent(row: ClaimResponse, token: UUID | None, amount: Decimal) -> bool:
    """Whether the same form came before. Raises Conflict when it said something else."""
    known = LedgerTransaction.objects.filter(pk=token).first() if token else None
    if known is None:
        return False
    moved = sum(entry.amount for entry in known.entries.all() if entry.amount > 0)
    if (known.claim_response_id, from_cents(moved)) != (row.pk, amount):
        raise Conflict("This form was sent before with other values. Open it again.")
    return True


def _checked(amount: Decimal) -> int:
    if not amount.is_finite() or amount <= 0 or amount != in_cents(amount):
        raise DomainError("Enter an amount in dollars and cents, like 25.00.", field="amount")
    return to_cents(amount)


def _over(by: User, row: ClaimResponse, state: ResponseState, words: str) -> ClaimResponse:
    row.state, row.resolution = state, words.strip()[:300]
    row.resolved_at, row.resolved_by = timezone.now(), by
    row.save(update_fields=["state", "claim", "patient", "resolution", "resolved_at", "resolved_by", "updated_at"])
    return row
