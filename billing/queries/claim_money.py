"""What claims owe, by line, visit, payer and patient: payers' parts and patients' apart, as sums of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Min, QuerySet, Sum

from billing.choices import RECEIVABLES, LedgerAccount
from billing.models import Claim, LedgerEntry
from billing.queries.ledger import from_cents
from clinic.models import Coverage, Patient
from emr.ui import formats

K = TypeVar("K")
#: Cents by service line; None for what is about the claim as a whole.
ByLine = dict[UUID | None, int]


@dataclass(frozen=True)
class Owed:
    """What is owed, each part zero or more: by payers (``insurance``) and by patients (``patient``)."""

    insurance: Decimal = Decimal(0)
    patient: Decimal = Decimal(0)

    @property
    def total(self) -> Decimal:
        """Both parts."""
        return self.insurance + self.patient

    @property
    def words(self) -> str:
        """``$120.00 from the payer, $20.00 from the patient``."""
        parts = [(self.insurance, "from the payer"), (self.patient, "from the patient")]
        return ", ".join(f"${formats.money(part)} {whose}" for part, whose in parts if part) or "$0.00"

    @classmethod
    def of(cls, cents: Mapping[str, int]) -> Owed:
        """From cents by account."""
        insurance = cents.get(LedgerAccount.INSURANCE_RECEIVABLE, 0)
        return cls(from_cents(insurance), from_cents(cents.get(LedgerAccount.PATIENT_RECEIVABLE, 0)))


def owed_by_claims(claims: Iterable[UUID]) -> dict[UUID, Owed]:
    """What each of these claims owes; those with nothing on the ledger are left out. One query."""
    return _owed("claim", LedgerEntry.objects.filter(claim__in=list(claims)))


def owed_by_visits(visits: Iterable[UUID]) -> dict[UUID, Owed]:
    """What is owed for each of these visits. One query."""
    return _owed("encounter", LedgerEntry.objects.filter(encounter__in=list(visits)))


def owed_by_patients(patients: Iterable[UUID]) -> dict[UUID, Owed]:
    """What is owed for each of these patients, by their payers and by themselves. One query."""
    return _owed("patient", LedgerEntry.objects.filter(patient__in=list(patients)))


def owed_by_payers() -> dict[UUID, Decimal]:
    """What each payer owes. One query."""
    return {key: owed.insurance for key, owed in _owed("payer", LedgerEntry.objects.exclude(payer=None)).items()}


def owed_by(claim: Claim) -> Owed:
    """What a claim owes. One query."""
    return owed_by_claims([claim.pk]).get(claim.pk, Owed())


def owed_by_lines(claim: Claim) -> dict[UUID | None, Owed]:
    """What each service line of a claim owes, by its charge; a line may stand below zero where another has more."""
    found: dict[UUID | None, dict[str, int]] = {}
    for (_, account), by_line in cents_of_claims([claim.pk]).items():
        for item, amount in by_line.items():
            found.setdefault(item, {})[account] = amount
    return {item: Owed.of(cents) for item, cents in found.items()}


def cents_of_claims(claims: Iterable[UUID], accounts: Iterable[str] = RECEIVABLES) -> dict[tuple[UUID, str], ByLine]:
    """Cents by claim and account, and there by service line, in the order in which they were charged. One query."""
    rows = LedgerEntry.objects.filter(claim__in=list(claims), account__in=list(accounts))
    return by_line(rows)


def by_line(entries: QuerySet[LedgerEntry]) -> dict[tuple[UUID, str], ByLine]:
    """Sums of entries by claim and account, and there by service line. One query."""
    found: dict[tuple[UUID, str], ByLine] = {}
    sums = entries.order_by().values_list("claim", "account", "charge_item")
    for claim, account, item, amount, _ in sums.annotate(Sum("amount"), first=Min("created_at")).order_by("first"):
        found.setdefault((claim, account), {})[item] = amount
    return found


def credit_of_payers(claims: Iterable[UUID]) -> dict[UUID, int]:
    """Cents that payers paid beyond what these claims owed, and that weren't used or given back since. One query."""
    rows = LedgerEntry.objects.filter(claim__in=list(claims), account=LedgerAccount.PAYER_CREDIT)
    return {key: -amount for key, amount in rows.order_by().values_list("claim").annotate(Sum("amount")) if amount}


def paid_by_patient(claims: Iterable[UUID]) -> dict[UUID, int]:
    """Cents of patients' money that stand on these claims now: paid on them, or set off from credit. One query."""
    rows = LedgerEntry.objects.filter(claim__in=list(claims), account=LedgerAccount.PATIENT_RECEIVABLE)
    sums = rows.of_patients_money().order_by().values_list("claim").annotate(Sum("amount"))
    return {key: -amount for key, amount in sums}


def who_paid_ahead(patients: Iterable[UUID]) -> set[UUID]:
    """Those of the patients who have unapplied credit. One query."""
    rows = LedgerEntry.objects.filter(patient__in=list(patients), account=LedgerAccount.PATIENT_CREDIT).order_by()
    return set(rows.values("patient").annotate(sum=Sum("amount")).filter(sum__lt=0).values_list("patient", flat=True))


def with_further_payers(patients: Iterable[UUID]) -> set[UUID]:
    """Those of the patients who have, or had, another payer after the first. One query."""
    rows = Coverage.objects.filter(patient__in=list(patients), order__gt=1)
    return set(rows.order_by().values_list("patient", flat=True))


def spread(amounts: Mapping[K, int], wanted: int) -> list[tuple[K, int]]:
    """Take from what is there, the first first, until it is as much as ``wanted``: never more than there is of one."""
    parts = []
    for key, there in amounts.items():
        part = min(there, wanted)
        if part > 0:
            parts.append((key, part))
            wanted -= part
    return parts


def insurance_of(patient: Patient) -> Decimal:
    """What a patient's payers owe. One query."""
    return owed_by_patients([patient.pk]).get(patient.pk, Owed()).insurance


def _owed(field: str, entries: QuerySet[LedgerEntry]) -> dict[Any, Owed]:
    found: dict[Any, dict[str, int]] = {}
    sums = entries.filter(account__in=RECEIVABLES).order_by().values_list(field, "account")
    for key, account, amount in sums.annotate(Sum("amount")):
        found.setdefault(key, {})[account] = amount
    return {key: Owed.of(cents) for key, cents in found.items()}
