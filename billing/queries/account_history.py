"""A patient's account as the ledger has it: every movement with what was owed after it, and each visit in one line.

What is owed after a movement is summed over all that came before it, so that each page of the history ties: its first
line says what the last line of the page before began with.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from billing.choices import (
    ADJUSTMENT_ACCOUNTS,
    PATIENT_ACCOUNTS,
    AdjustmentReason,
    LedgerAccount,
    TransactionKind,
)
from billing.models import LedgerEntry, LedgerTransaction
from billing.queries.ledger import from_cents
from billing.queries.visit_accounts import VisitAccount, visit_accounts
from clinic.models import Patient
from emr.ui import formats

_SUMMED = ("charge", "adjusted", "patient_paid", "pending", "due")
_INSURANCE = LedgerAccount.INSURANCE_RECEIVABLE
#: How many movements stand on one page.
PAGE_SIZE = 50


@dataclass(frozen=True)
class Movement:
    """One transaction as it concerns a patient: what it charged, what was paid and adjusted, and what payers and the
    patient owed after it. The patient's part is less than nothing while they have paid ahead.
    """

    day: str
    what: str
    why: str
    visit: str
    charge: str
    paid: str
    adjusted: str
    insurance: str
    patient: str
    balance: str
    payment: UUID | None = None


@dataclass(frozen=True)
class VisitLine:
    """One visit's money in words."""

    day: str
    services: str
    practitioner: str
    charge: str
    insurance_paid: str
    adjusted: str
    patient_paid: str
    pending: str
    due: str


@dataclass(frozen=True)
class History:
    """An account: visits and movements, the latest first, with what is owed in all. Of ``count`` movements these are
    those of the ``page`` of so many ``pages``, or all.

    ``balance`` is what the visits of ``total`` leave open, and what stands ``beside`` them: brought forward, or paid
    ahead.
    """

    visits: list[VisitLine]
    movements: list[Movement]
    count: int
    page: int
    pages: int
    insurance: str
    patient: str
    total: VisitLine
    beside: str
    balance: str


@dataclass(frozen=True)
class _Step:
    """A transaction in cents: what it moved by account, what was owed after it, and the visits that it names."""

    key: UUID
    sums: Mapping[str, int]
    visits: Set[UUID]
    insurance: int
    own: int


def account_history(patient: Patient, page: int | None = None) -> History:
    """All of it, or the movements of a page (from 1; beyond the last it is the last). Six queries."""
    steps, named = _steps(patient)
    lines = visit_accounts(named)
    pages = max(1, -(-len(steps) // PAGE_SIZE))
    number = min(page or 1, pages)
    shown = steps[(number - 1) * PAGE_SIZE : number * PAGE_SIZE] if page else steps
    rows = _transactions(step.key for step in shown)
    insurance, own = (steps[0].insurance, steps[0].own) if steps else (0, 0)
    latest = sorted(lines.values(), key=lambda line: line.serviced_on, reverse=True)
    balance = insurance + own
    return History(
        visits=[_visit(line) for line in latest],
        movements=[_movement(rows[step.key], step, lines) for step in shown],
        count=len(steps),
        page=number,
        pages=pages,
        insurance=_shown(insurance),
        patient=_shown(own),
        total=_visit(_together(latest)),
        beside=_money(balance - sum(line.pending + line.due for line in latest)),
        balance=_shown(balance),
    )


def _steps(patient: Patient) -> tuple[list[_Step], set[UUID]]:
    """What moved something that is owed, the latest first, and all visits that are named. Two queries."""
    rows = LedgerEntry.objects.filter(patient=patient).order_by()
    moved: dict[UUID, dict[str, int]] = {}
    visits: dict[UUID, set[UUID]] = {}
    for key, account, visit, cents in rows.values_list("transaction", "account", "encounter", "amount"):
        sums = moved.setdefault(key, {})
        sums[account] = sums.get(account, 0) + cents
        if visit:
            visits.setdefault(key, set()).add(visit)
    insurance = own = 0
    steps = []
    written = LedgerTransaction.objects.filter(pk__in=list(moved)).order_by("created_at", "pk")
    for key in written.values_list("pk", flat=True):
        sums = moved[key]
        insurance += sums.get(_INSURANCE, 0)
        own += sum(sums.get(name, 0) for name in PATIENT_ACCOUNTS)
        if any(sums.get(name) for name in (*PATIENT_ACCOUNTS, _INSURANCE)):
            steps.append(_Step(key, sums, visits.get(key, set()), insurance, own))
    return steps[::-1], set().union(*visits.values())


def _together(lines: Sequence[VisitAccount]) -> VisitAccount:
    """All visits in one line."""
    sums = {name: sum(getattr(line, name) for line in lines) for name in _SUMMED}
    return VisitAccount(serviced_on=date.min, **sums)


def _transactions(keys: Iterable[UUID]) -> dict[UUID, LedgerTransaction]:
    rows = LedgerTransaction.objects.select_related("reverses", "payment", "claim__payer").defer(
        "payment__snapshot", "claim__snapshot", "claim__lineage"
    )
    return rows.in_bulk(list(keys))


def _movement(row: LedgerTransaction, step: _Step, lines: Mapping[UUID, VisitAccount]) -> Movement:
    adjusted = -sum(step.sums.get(name, 0) for name in ADJUSTMENT_ACCOUNTS)
    changed = step.sums.get(_INSURANCE, 0) + sum(step.sums.get(name, 0) for name in PATIENT_ACCOUNTS)
    # What was brought forward is a charge of the time before; its other side names no patient.
    charged = changed if row.kind == TransactionKind.OPENING else -step.sums.get(LedgerAccount.REVENUE, 0)
    days = sorted(lines[key].serviced_on for key in step.visits if key in lines)
    return Movement(
        day=formats.day(row.business_date),
        what=_what(row),
        why=row.reason,
        visit=", ".join(dict.fromkeys(map(formats.day, days))),
        charge=_money(charged),
        paid=_money(changed - charged - adjusted),
        adjusted=_money(adjusted),
        insurance=_shown(step.insurance),
        patient=_shown(step.own),
        balance=_shown(step.insurance + step.own),
        payment=row.payment_id,
    )


def _what(row: LedgerTransaction) -> str:
    if row.reverses is not None:
        return f"Taken back: {row.reverses.get_kind_display().lower()}"
    if row.payment is not None:
        return f"{row.payment.get_kind_display()}, receipt {row.payment.receipt_number}"
    if row.kind == TransactionKind.REMITTANCE and row.claim is not None and row.claim.payer is not None:
        return f"Decision of {row.claim.payer.name}"
    return AdjustmentReason(row.reason_code).label if row.reason_code else str(row.get_kind_display())


def _visit(line: VisitAccount) -> VisitLine:
    return VisitLine(
        day=formats.day(line.serviced_on),
        services="; ".join(line.services),
        practitioner=line.practitioner,
        charge=_money(line.charge),
        insurance_paid=_money(-line.insurance_paid),
        adjusted=_money(-line.adjusted),
        patient_paid=_money(-line.patient_paid),
        pending=_money(line.pending),
        due=_shown(line.due),
    )


def _money(cents: int) -> str:
    return _shown(cents) if cents else ""


def _shown(cents: int) -> str:
    return formats.money(from_cents(cents))
