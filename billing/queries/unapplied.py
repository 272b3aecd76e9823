"""Money that isn't set off against anything yet: of patients, and of payers."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum

from billing.choices import LedgerAccount
from billing.models import Claim, LedgerEntry
from billing.queries.claim_money import credit_of_payers
from billing.queries.ledger import Balance, balances_of, from_cents
from clinic.access import visible_to
from clinic.models import Patient
from emr.accounts.models import User

_CREDIT = LedgerAccount.PATIENT_CREDIT


@dataclass(frozen=True)
class CreditRow:
    """A patient with unapplied credit: how much, since when the oldest of it stands, what they owe beside it."""

    patient: Patient
    balance: Balance
    since: date


@dataclass(frozen=True)
class PayerRow:
    """A claim on which its payer paid more than it owed."""

    claim: Claim
    amount: Decimal


def patients_with_credit(user: User) -> list[CreditRow]:
    """The patients with unapplied credit of whom the user may know, the oldest first. Four queries."""
    rows = LedgerEntry.objects.filter(account=_CREDIT, patient__in=visible_to(user)).order_by()
    keys = [key for key, _ in rows.values_list("patient").annotate(sum=Sum("amount")).filter(sum__lt=0)]
    balances, since = balances_of(keys), _oldest(keys)
    found = [CreditRow(one, balances[one.pk], since[one.pk]) for one in Patient.objects.filter(pk__in=keys)]
    return sorted(found, key=lambda row: (row.since, row.patient.sort_name))


def claims_with_payers_money(user: User) -> list[PayerRow]:
    """The claims with unapplied money of payers, the latest service first. Three queries."""
    rows = LedgerEntry.objects.filter(account=LedgerAccount.PAYER_CREDIT, patient__in=visible_to(user)).order_by()
    keys = [key for key, _ in rows.values_list("claim").annotate(sum=Sum("amount")).filter(sum__lt=0) if key]
    there = credit_of_payers(keys)
    claims = Claim.objects.filter(pk__in=keys).select_related("patient", "payer").defer("snapshot", "lineage")
    return [PayerRow(claim, from_cents(there[claim.pk])) for claim in claims.order_by("-service_date", "pk")]


def waiting_money() -> Decimal:
    """What payers paid by decisions that are laid on no claim yet; they name no patient. One query."""
    rows = LedgerEntry.objects.filter(account=LedgerAccount.PAYER_CREDIT, patient=None, claim=None)
    return from_cents(-(rows.aggregate(sum=Sum("amount"))["sum"] or 0))


def _oldest(patients: Iterable[UUID]) -> dict[UUID, date]:
    """By patient, the day of the oldest credit that is left when what was used is taken from the oldest. One query."""
    rows = LedgerEntry.objects.filter(patient__in=list(patients), account=_CREDIT).order_by("created_at")
    came: dict[UUID, list[tuple[date, int]]] = {}
    used: dict[UUID, int] = {}
    for key, day, cents in rows.values_list("patient", "transaction__business_date", "amount"):
        if key and cents < 0:
            came.setdefault(key, []).append((day, -cents))
        elif key:
            used[key] = used.get(key, 0) + cents
    return {key: _first_left(parts, used.get(key, 0)) for key, parts in came.items()}


def _first_left(parts: list[tuple[date, int]], used: int) -> date:
    for day, cents in parts:
        used -= cents
        if used < 0:
            return day
    return parts[-1][0]
