"""What the ledger says of one claim, step by step, so that every cent of its balance can be explained."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from uuid import UUID

from billing.choices import (
    ADJUSTMENT_ACCOUNTS,
    RECEIVABLES,
    AdjustmentReason,
    LedgerAccount,
    TransactionKind,
)
from billing.models import Claim, LedgerEntry, LedgerTransaction
from billing.queries.claim_money import Owed
from billing.queries.ledger import from_cents
from emr.ui import formats

#: What a person may take back; a charge goes with its claim, a payment and a payer's decision by their own pages.
UNDOABLE = (TransactionKind.ADJUSTMENT, TransactionKind.TRANSFER, TransactionKind.PAYER_REFUND)
_CREDITS = {
    LedgerAccount.PAYER_CREDIT: "unapplied money of the payer",
    LedgerAccount.PATIENT_CREDIT: "unapplied credit of the patient",
}


@dataclass(frozen=True)
class Step:
    """One transaction on a claim: what it changed for payer and patient, and what both owed after it."""

    id: UUID
    day: str
    what: str
    why: str
    by: str
    insurance: str
    patient: str
    owed: Owed
    taken_back: bool
    may_undo: bool


@dataclass(frozen=True)
class ClaimLedger:
    """A claim's money: every step in order, what is owed at the end, what was paid beyond it."""

    steps: list[Step]
    owed: Owed
    payer_credit: str
    patient_credit: str


def explain(claim: Claim) -> ClaimLedger:
    """Every transaction on a claim, the first first, with the running balance. Two queries."""
    rows = LedgerEntry.objects.filter(claim=claim).values_list("transaction", "account", "amount")
    moved: dict[UUID, dict[str, int]] = {}
    for key, account, amount in rows:
        sums = moved.setdefault(key, {})
        sums[account] = sums.get(account, 0) + amount
    found = LedgerTransaction.objects.filter(pk__in=moved).select_related("created_by", "reversed_by", "reverses")
    steps: list[Step] = []
    running: dict[str, int] = dict.fromkeys(RECEIVABLES, 0)
    for row in found.order_by("created_at"):
        sums = moved[row.pk]
        running = {account: amount + sums.get(account, 0) for account, amount in running.items()}
        steps.append(_step(row, claim, sums, Owed.of(running)))
    return ClaimLedger(
        steps=steps,
        owed=Owed.of(running),
        payer_credit=_credit(moved.values(), LedgerAccount.PAYER_CREDIT),
        patient_credit=_credit(moved.values(), LedgerAccount.PATIENT_CREDIT),
    )


def _step(row: LedgerTransaction, claim: Claim, sums: dict[str, int], owed: Owed) -> Step:
    taken_back = hasattr(row, "reversed_by")
    return Step(
        id=row.pk,
        day=formats.day(row.business_date),
        what=_what(row),
        why="; ".join(filter(None, [row.reason, *_beside(sums)])),
        by=str(row.created_by),
        insurance=_signed(sums.get(LedgerAccount.INSURANCE_RECEIVABLE, 0)),
        patient=_signed(sums.get(LedgerAccount.PATIENT_RECEIVABLE, 0)),
        owed=owed,
        taken_back=taken_back,
        may_undo=row.kind in UNDOABLE and not taken_back and row.claim_id == claim.pk,
    )


def _what(row: LedgerTransaction) -> str:
    if row.reverses is not None:
        return f"Taken back: {row.reverses.get_kind_display().lower()}"
    if row.reason_code:
        return AdjustmentReason(row.reason_code).label
    return str(row.get_kind_display())


def _beside(sums: dict[str, int]) -> Iterable[str]:
    """What a transaction did beside the two columns: to credit, and by writing off."""
    for account, words in _CREDITS.items():
        if amount := sums.get(account, 0):
            yield f"${formats.money(abs(from_cents(amount)))} {'to' if amount < 0 else 'from'} {words}"
    written_off = sum(sums.get(account, 0) for account in ADJUSTMENT_ACCOUNTS)
    if written_off and len(sums) > 2:
        yield f"${formats.money(from_cents(written_off))} written off"


def _signed(cents: int) -> str:
    amount = formats.money(from_cents(cents)) if cents else ""
    return f"+{amount}" if cents > 0 else amount


def _credit(sums: Iterable[dict[str, int]], account: LedgerAccount) -> str:
    cents = -sum(one.get(account, 0) for one in sums)
    return formats.money(from_cents(cents)) if cents > 0 else ""
