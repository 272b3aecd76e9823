"""What claims charge, on the ledger: written when they go out or are the patient's to pay, taken back with them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from uuid import UUID

from django.db.models import Q

from billing.actions.credits import apply_payer_credit, apply_visit_credit, release
from billing.actions.ledger import Line, lock_patient, post, reverse
from billing.actions.settling import settle_visits
from billing.choices import (
    ADJUSTMENT_ACCOUNTS,
    RECEIVABLES,
    ClaimFrequency,
    ClaimStatus,
    LedgerAccount,
    Side,
    TransactionKind,
)
from billing.models import Claim, LedgerEntry, LedgerTransaction
from billing.queries.business_days import open_day
from billing.queries.claim_money import by_line, cents_of_claims
from billing.queries.ledger import to_cents
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_create_recorded

_PAYERS, _THEIRS = RECEIVABLES
#: What is taken back with a claim, in an order in which no part of it ever owes less than nothing.
_TAKEN_BACK = (TransactionKind.ADJUSTMENT, TransactionKind.TRANSFER, TransactionKind.CHARGE)


def charge_submitted(by: User, claims: Sequence[Claim]) -> None:
    """Put claims that go out on the ledger: part of the submission, under the locks of their patients.

    A replacement takes over from the claim that it replaces, with the payer's money; a claim to the next payer takes
    over what is still owed; a void charges nothing. The others are written in four statements, however many they are.
    """
    day = open_day()
    first = [claim for claim in claims if claim.frequency == ClaimFrequency.ORIGINAL and claim.follows_id is None]
    charge(by, first, day)
    for claim in claims:
        if claim.frequency == ClaimFrequency.REPLACEMENT and claim.replaces is not None:
            unwind(by, claim.replaces, f"Replaced by claim {claim.number}")
            if claim.follows_id is None:
                charge(by, [claim], day)
            else:
                _take_over(by, claim, day)
            apply_payer_credit(by=by, claim=claim, paid_on=claim.replaces)
        elif claim.frequency == ClaimFrequency.ORIGINAL and claim.follows_id is not None:
            _take_over(by, claim, day)


@action
def charge_before(*, by: User, claim: Claim) -> Claim:
    """Charge a claim from before the ledger kept charges, unless it is charged by now. Where the patient pays, what
    they paid ahead for the visit is used.
    """
    lock_patient(claim.patient)
    row = Claim.objects.on_ledger().select_for_update(of=("self",)).get(pk=claim.pk)
    if row.status == ClaimStatus.DRAFT:
        charge_self_pay(by, row)
        settle_visits(by=by, visits=[row.encounter_id])
    elif not _charged(row):
        charge(by, [row], open_day())
    return row


def charge(by: User, claims: Iterable[Claim], day: date) -> None:
    """Write the charges of claims, line by line, to who is asked for them first; a claim over nothing has none."""
    transactions, entries = [], []
    for claim in claims:
        lines = _charges(claim)
        if not lines:
            continue
        written = LedgerTransaction(
            created_by=by, kind=TransactionKind.CHARGE, business_date=day, claim=claim, entry_count=len(lines)
        )
        transactions.append(written)
        entries += [line.entry(by, written) for line in lines]
    bulk_create_recorded(transactions)
    bulk_create_recorded(entries)


def _charges(claim: Claim) -> list[Line]:
    side = _PAYERS if claim.coverage_id else _THEIRS
    return [
        Line.on(claim, account, sign * to_cents(item.net), item.charge_item_id)
        for item in claim.items.all()
        if item.net
        for account, sign in ((side, 1), (LedgerAccount.REVENUE, -1))
    ]


def charge_self_pay(by: User, claim: Claim) -> None:
    """Bring the ledger to what a draft says, under the lock of its patient: what the patient pays is charged to them,
    and paid from what they paid ahead for the visit. One with insurance waits.
    """
    claim = Claim.objects.on_ledger().get(pk=claim.pk)
    wanted: dict[UUID | None, int] = {}
    if claim.coverage_id is None and claim.status == ClaimStatus.DRAFT:
        wanted = {item.charge_item_id: to_cents(item.net) for item in claim.items.all() if item.net}
    if wanted == _charged(claim):
        return
    unwind(by, claim, "The charges or the insurance changed")
    if wanted:
        charge(by, [claim], open_day())
        apply_visit_credit(by=by, claim=claim)


def _charged(claim: Claim) -> dict[UUID | None, int]:
    """Cents by service line that a claim charges now."""
    rows = LedgerEntry.objects.filter(
        claim=claim, transaction__kind=TransactionKind.CHARGE, transaction__reversed_by=None, account__in=RECEIVABLES
    )
    return next(iter(by_line(rows).values()), {})


def unwind(by: User, claim: Claim, reason: str) -> None:
    """Take all that a claim put on the ledger back, and keep what was paid on it: the patient's money is their credit
    for the visit again, the payer's is the payer's credit. Under the lock of the patient.
    """
    if not _standing(claim, _TAKEN_BACK):
        return
    release(by, claim)
    for kind in _TAKEN_BACK:
        if kind is TransactionKind.TRANSFER:
            _forget_decisions(by, claim, reason)
        for row in _standing(claim, [kind]):
            reverse(by=by, transaction=row, reason=reason)


def _standing(claim: Claim, kinds: Iterable[str]) -> list[LedgerTransaction]:
    """The transactions of these kinds that touch a claim and weren't taken back, the latest first."""
    mine = Q(pk__in=LedgerEntry.objects.filter(claim=claim).values("transaction"))
    rows = LedgerTransaction.objects.filter(mine, kind__in=list(kinds), reversed_by=None)
    return list(rows.order_by("-created_at"))


def _forget_decisions(by: User, claim: Claim, reason: str) -> None:
    """Take what payers decided off a claim: nothing stays of it but the payer's money, as the payer's credit."""
    stands = [*RECEIVABLES, *ADJUSTMENT_ACCOUNTS]
    keys = [row.pk for row in _standing(claim, [TransactionKind.CHARGE, TransactionKind.TRANSFER])]
    meant = by_line(LedgerEntry.objects.filter(claim=claim, transaction__in=keys, account__in=stands))
    is_now = cents_of_claims([claim.pk], stands)
    lines = [
        Line.on(claim, LedgerAccount(account), meant.get((claim.pk, account), {}).get(item, 0) - amount, item)
        for (_, account), items in is_now.items()
        for item, amount in items.items()
    ]
    if not any(line.amount for line in lines):
        return
    kept = LedgerAccount.PAYER_CREDIT if claim.payer_id else LedgerAccount.PATIENT_CREDIT
    rest = -sum(line.amount for line in lines)
    post(
        by=by,
        kind=TransactionKind.APPLICATION,
        business_date=open_day(),
        lines=[*lines, Line.on(claim, kept, rest)],
        reason=reason,
        claim=claim,
    )


def _take_over(by: User, claim: Claim, day: date) -> None:
    """Ask the next payer for what is still owed on the claim to the payer before, whoever it was asked of."""
    if claim.follows_id is None:
        return
    before = Claim.objects.on_ledger().get(pk=claim.follows_id)
    lines = []
    for (_, account), items in cents_of_claims([before.pk]).items():
        for item, amount in items.items():
            lines += [
                Line.on(before, LedgerAccount(account), -amount, item),
                Line.on(claim, Side.PAYER.account, amount, item),
            ]
    if any(line.amount for line in lines):
        post(
            by=by,
            kind=TransactionKind.TRANSFER,
            business_date=day,
            lines=lines,
            reason=f"To {claim.payer}, claim {claim.number}",
            claim=claim,
        )
        settle_visits(by=by, visits=[claim.encounter_id])
