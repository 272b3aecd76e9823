"""A patient's account as the ledger has it: every movement with what was owed after it, and each visit in one line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import QuerySet

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
    """An account: visits, the latest first, and movements, the first first, with what is owed in all.

    ``balance`` is what the visits of ``total`` leave open, and what stands ``beside`` them: brought forward, or paid
    ahead.
    """

    visits: list[VisitLine]
    movements: list[Movement]
    insurance: str
    patient: str
    total: VisitLine
    beside: str
    balance: str


def account_history(patient: Patient) -> History:
    """All of it. Five queries."""
    rows = LedgerEntry.objects.filter(patient=patient).order_by()
    moved: dict[UUID, dict[str, int]] = {}
    visit_of: dict[UUID, UUID] = {}
    for key, account, visit, cents in rows.values_list("transaction", "account", "encounter", "amount"):
        sums = moved.setdefault(key, {})
        sums[account] = sums.get(account, 0) + cents
        if visit:
            visit_of.setdefault(key, visit)
    lines = visit_accounts(set(visit_of.values()))
    insurance = own = 0
    movements = []
    for row in _transactions(moved):
        sums = moved[row.pk]
        theirs, payers = sum(sums.get(name, 0) for name in PATIENT_ACCOUNTS), sums.get(_INSURANCE, 0)
        insurance, own = insurance + payers, own + theirs
        if any(sums.get(name) for name in (*PATIENT_ACCOUNTS, _INSURANCE)):
            seen = visit_of.get(row.pk)
            movements.append(_movement(row, sums, lines.get(seen) if seen else None, insurance, own))
    latest = sorted(lines.values(), key=lambda line: line.serviced_on, reverse=True)
    balance = insurance + own
    beside = balance - sum(line.pending + line.due for line in latest)
    shown = (_shown(insurance), _shown(own), _visit(_together(latest)), _money(beside), _shown(balance))
    return History([_visit(line) for line in latest], movements, *shown)


def _together(lines: Sequence[VisitAccount]) -> VisitAccount:
    """All visits in one line."""
    sums = {name: sum(getattr(line, name) for line in lines) for name in _SUMMED}
    return VisitAccount(serviced_on=date.min, **sums)


def _transactions(keys: Mapping[UUID, object]) -> QuerySet[LedgerTransaction]:
    rows = LedgerTransaction.objects.filter(pk__in=list(keys)).order_by("created_at", "pk")
    return rows.select_related("reverses", "payment", "claim__payer").defer(
        "payment__snapshot", "claim__snapshot", "claim__lineage"
    )


def _movement(
    row: LedgerTransaction, sums: Mapping[str, int], visit: VisitAccount | None, insurance: int, own: int
) -> Movement:
    adjusted = -sum(sums.get(name, 0) for name in ADJUSTMENT_ACCOUNTS)
    changed = sums.get(_INSURANCE, 0) + sum(sums.get(name, 0) for name in PATIENT_ACCOUNTS)
    # What was brought forward is a charge of the time before; its other side names no patient.
    charged = changed if row.kind == TransactionKind.OPENING else -sums.get(LedgerAccount.REVENUE, 0)
    return Movement(
        day=formats.day(row.business_date),
        what=_what(row),
        why=row.reason,
        visit=formats.day(visit.serviced_on) if visit else "",
        charge=_money(charged),
        paid=_money(changed - charged - adjusted),
        adjusted=_money(adjusted),
        insurance=_shown(insurance),
        patient=_shown(own),
        balance=_shown(insurance + own),
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
