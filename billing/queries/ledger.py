"""Balances, as sums of the ledger: the one place that says what a patient owes."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Sum

from billing.choices import PATIENT_ACCOUNTS, LedgerAccount
from billing.models import LedgerEntry
from clinic.models import Patient
from emr.shared.money import cents
from emr.ui import formats


@dataclass(frozen=True)
class Balance:
    """What a patient owes (``due``) and has paid ahead (``credit``), each zero or more."""

    due: Decimal = Decimal(0)
    credit: Decimal = Decimal(0)

    @property
    def net(self) -> Decimal:
        """What would be left to pay if the credit were used; negative for a credit."""
        return self.due - self.credit

    @classmethod
    def of_net(cls, net: int) -> Balance:
        """A balance of that many cents in all."""
        return cls(due=from_cents(max(net, 0)), credit=from_cents(max(-net, 0)))

    @property
    def words(self) -> str:
        """``$45.00 due``, ``$20.00 credit``, ``$0.00``."""
        if self.net > 0:
            return f"${formats.money(self.net)} due"
        return f"${formats.money(-self.net)} credit" if self.net < 0 else "$0.00"


def balance_of(patient: Patient) -> Balance:
    """A patient's balance. One query."""
    return balances_of([patient.pk]).get(patient.pk, Balance())


def balances_of(patients: Iterable[UUID]) -> dict[UUID, Balance]:
    """The balances of those patients who have any, in one query for all."""
    rows = LedgerEntry.objects.filter(patient__in=list(patients), account__in=PATIENT_ACCOUNTS)
    found: dict[UUID, dict[str, int]] = {}
    for key, account, amount in rows.order_by().values_list("patient", "account").annotate(Sum("amount")):
        found.setdefault(key, {})[account] = amount
    return {key: balance_from(sums) for key, sums in found.items()}


def balance_from(sums: dict[str, Any]) -> Balance:
    """The balance from cents by account. A receivable that was paid twice is a credit; a credit overdrawn is due."""
    receivable = sums.get(LedgerAccount.PATIENT_RECEIVABLE, 0)
    credit = -sums.get(LedgerAccount.PATIENT_CREDIT, 0)
    due = max(receivable, 0) + max(-credit, 0)
    return Balance(from_cents(due), from_cents(max(credit, 0) + max(-receivable, 0)))


def to_cents(amount: Decimal) -> int:
    """An amount as the ledger counts it. Raises ValueError for a part of a cent."""
    exact = cents(amount)
    if exact != amount:
        raise ValueError("The ledger counts whole cents.")
    return int(exact * 100)


def from_cents(amount: int) -> Decimal:
    """An amount of the ledger as money."""
    return Decimal(amount) / 100
