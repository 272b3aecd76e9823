"""What isn't asked for any more, what somebody else is asked for, and money given back to payers. Each is taken back
by its reversal alone.
"""

from __future__ import annotations

from decimal import Decimal
from uuid import UUID

from billing.actions.credits import apply_visit_credit
from billing.actions.ledger import Line, lock_patient, post, reverse
from billing.actions.payment_plans import follow_plan
from billing.actions.settling import settle_visits
from billing.choices import (
    PATIENTS_REASONS,
    PAYERS_REASONS,
    REASON_ACCOUNTS,
    AdjustmentReason,
    LedgerAccount,
    Side,
    TransactionKind,
)
from billing.models import BillingPolicy, ChargeItem, Claim, LedgerTransaction
from billing.queries.business_days import open_day
from billing.queries.claim_ledger import UNDOABLE
from billing.queries.claim_money import ByLine, cents_of_claims, credit_of_payers, spread
from billing.queries.ledger import from_cents, to_cents
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.shared.money import cents
from emr.ui import formats


@action
def write_off(
    *,
    by: User,
    claim: Claim,
    side: Side,
    amount: Decimal,
    reason_code: AdjustmentReason,
    reason: str = "",
    charge_item: ChargeItem | None = None,
    request_token: UUID | None = None,
) -> LedgerTransaction:
    """Stop asking for an amount: the reason says on which account it stands from now on. Without a line it is taken
    from the claim's lines in their order.

    The same form sent twice is one write-off. Raises DomainError for more than is owed on that side, for a reason that
    doesn't fit who owes, and for more than the clinic calls a small balance; Conflict when the form was sent before
    with other values, and for a claim that was taken back.
    """
    row = _locked(claim)
    known = _sent_before(request_token, row, TransactionKind.ADJUSTMENT, amount)
    if known is not None:
        return known
    _check_reason(side, reason_code, amount)
    wanted = _checked(amount)
    parts = _parts(row, side, wanted, charge_item)
    account = REASON_ACCOUNTS[reason_code]
    written = post(
        by=by,
        kind=TransactionKind.ADJUSTMENT,
        business_date=open_day(),
        lines=[
            line
            for item, part in parts.items()
            for line in (Line.on(row, side.account, -part, item), Line.on(row, account, part, item))
        ],
        reason=reason.strip(),
        reason_code=reason_code,
        claim=row,
        request_token=request_token,
    )
    settle_visits(by=by, visits=[row.encounter_id])
    if side is Side.PATIENT:
        follow_plan(by=by, patient=row.patient)
    return written


@action
def transfer(
    *,
    by: User,
    claim: Claim,
    amount: Decimal,
    reason: str,
    to: Claim | None = None,
    charge_item: ChargeItem | None = None,
    request_token: UUID | None = None,
) -> LedgerTransaction:
    """Ask somebody else for what a payer owes: the patient, or the payer of the claim that follows (``to``). What the
    patient paid ahead for the visit is used at once.

    The same form sent twice is one transfer. Raises DomainError without a reason, for more than the payer owes, and for
    a claim that doesn't follow this one; Conflict as :func:`write_off`.
    """
    row = _locked(claim)
    known = _sent_before(request_token, row, TransactionKind.TRANSFER, amount)
    if known is not None:
        return known
    if not reason.strip():
        raise DomainError("Say why somebody else is asked for it.", field="reason")
    after = _locked(to) if to is not None else row
    if to is not None and (after.follows_id != row.pk or after.submitted_at is None):
        raise DomainError("That claim doesn't follow this one, or hasn't gone out.", field="to")
    account = LedgerAccount.PATIENT_RECEIVABLE if to is None else LedgerAccount.INSURANCE_RECEIVABLE
    parts = _parts(row, Side.PAYER, _checked(amount), charge_item)
    written = post(
        by=by,
        kind=TransactionKind.TRANSFER,
        business_date=open_day(),
        lines=[
            line
            for item, part in parts.items()
            for line in (Line.on(row, Side.PAYER.account, -part, item), Line.on(after, account, part, item))
        ],
        reason=reason.strip(),
        claim=row,
        request_token=request_token,
    )
    if to is None:
        apply_visit_credit(by=by, claim=row)
    settle_visits(by=by, visits=[row.encounter_id])
    return written


@action
def refund_payer(
    *, by: User, claim: Claim, amount: Decimal, reason: str, request_token: UUID | None = None
) -> LedgerTransaction:
    """Give a payer back what it paid beyond what the claim owed. Raises DomainError without a reason and for more than
    that; Conflict when the form was sent before with other values.
    """
    row = _locked(claim, standing=False)
    known = _sent_before(request_token, row, TransactionKind.PAYER_REFUND, amount)
    if known is not None:
        return known
    if not reason.strip():
        raise DomainError("Say why the money is given back, and how.", field="reason")
    wanted, there = _checked(amount), credit_of_payers([row.pk]).get(row.pk, 0)
    if wanted > there:
        said = formats.money(from_cents(max(there, 0)))
        raise DomainError(f"The payer has ${said} of unapplied money on this claim.", field="amount")
    return post(
        by=by,
        kind=TransactionKind.PAYER_REFUND,
        business_date=open_day(),
        lines=[Line.on(row, LedgerAccount.PAYER_CREDIT, wanted), Line.on(row, LedgerAccount.FUNDS, -wanted)],
        reason=reason.strip(),
        claim=row,
        request_token=request_token,
    )


@action
def undo(*, by: User, transaction: LedgerTransaction, reason: str) -> LedgerTransaction:
    """Take a write-off, a transfer or a refund to a payer back by its reversal. What was paid meanwhile on what is
    taken back becomes credit. Asked twice, it gives the first.

    Raises DomainError without a reason and for anything else; Conflict for a claim that was taken back with all of it.
    """
    if not reason.strip():
        raise DomainError("Say why it is taken back.", field="reason")
    if transaction.kind not in UNDOABLE or transaction.claim is None:
        raise DomainError(f"{transaction.get_kind_display()} isn't taken back by itself.")
    claim = _locked(transaction.claim, standing=False)
    there = LedgerTransaction.objects.filter(reverses=transaction).first()
    if there is not None:
        return there
    if transaction.kind != TransactionKind.PAYER_REFUND:
        _check_standing(claim)
    written = reverse(by=by, transaction=transaction, reason=reason.strip())
    if transaction.kind == TransactionKind.ADJUSTMENT:
        apply_visit_credit(by=by, claim=claim)
    settle_visits(by=by, visits=[claim.encounter_id])
    theirs = sum(one.amount for one in written.entries.all() if one.account == LedgerAccount.PATIENT_RECEIVABLE)
    if theirs > 0:
        follow_plan(by=by, patient=claim.patient, taken_back=from_cents(theirs))
    return written


def _locked(claim: Claim, *, standing: bool = True) -> Claim:
    lock_patient(claim.patient)
    row = Claim.objects.on_ledger().select_for_update(of=("self",)).get(pk=claim.pk)
    if standing:
        _check_standing(row)
    return row


def _check_standing(row: Claim) -> None:
    if not Claim.objects.standing().filter(pk=row.pk).exists():
        raise Conflict(f"Claim {row.number} is {row.get_state_display().lower()}: nothing of it is owed any more.")


def _sent_before(token: UUID | None, claim: Claim, kind: TransactionKind, amount: Decimal) -> LedgerTransaction | None:
    """What the same form made the first time. Raises Conflict when it said something else."""
    known = LedgerTransaction.objects.filter(pk=token).first() if token else None
    if known is None:
        return None
    moved = sum(entry.amount for entry in known.entries.all() if entry.amount > 0)
    if (known.kind, known.claim_id, from_cents(moved)) != (kind, claim.pk, amount):
        raise Conflict("This form was sent before with other values. Open it again to write another.")
    return known


def _checked(amount: Decimal) -> int:
    if not amount.is_finite() or amount <= 0 or amount != cents(amount):
        raise DomainError("Enter an amount in dollars and cents, like 25.00.", field="amount")
    return to_cents(amount)


def _check_reason(side: Side, reason: AdjustmentReason, amount: Decimal) -> None:
    if reason in (PAYERS_REASONS if side is Side.PATIENT else PATIENTS_REASONS):
        raise DomainError(f"“{reason.label}” isn't a reason for what {side.label.lower()} owes.", field="reason_code")
    if reason is AdjustmentReason.SMALL_BALANCE:
        small = BillingPolicy.objects.values_list("minimum_balance", flat=True).first() or Decimal(5)
        if amount > small:
            raise DomainError(f"Small is up to ${formats.money(small)} in this clinic.", field="amount")


def _parts(claim: Claim, side: Side, wanted: int, item: ChargeItem | None) -> ByLine:
    """The lines that an amount is taken from, and how much of each."""
    owed = cents_of_claims([claim.pk], [side.account]).get((claim.pk, side.account), {})
    there = sum(owed.values())
    if item is not None:
        there = min(there, owed.get(item.pk, 0))
        owed = {item.pk: there}
    if wanted > there:
        said = f"{side.label} owes ${formats.money(from_cents(max(there, 0)))} of it."
        raise DomainError(said, field="amount")
    return dict(spread(owed, wanted))
