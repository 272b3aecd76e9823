"""Who owes for long: patients, or their visits one by one, with all that one looks at before asking again.

Whom the reader's filters leave out is summed beside the list, so that list and rest are always what the ledger has.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import Sum
from django.urls import reverse

from billing.choices import PATIENT_ACCOUNTS, InvoiceStatus, LedgerAccount, PlanStatus
from billing.models import BillingAccount, InvoiceLine, LedgerEntry, Payment, PaymentPlan
from billing.queries.aging import Clock, Item, items
from billing.queries.ledger import from_cents
from billing.queries.report_tables import (
    RESTRICTED,
    Cell,
    Report,
    Row,
    Table,
    known_patients,
    numbers,
    practitioner_names,
    words,
)
from clinic.choices import ContactSystem
from clinic.models import ContactPoint, Patient
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui import formats

NOTE = (
    "Who owes at least the amount, and something of it for at least so many days since it became theirs to pay. All of "
    "their open visits are in the list, the newer ones too."
)
_CLOCK = Clock.SUBMITTED


@dataclass(frozen=True)
class Asked:
    """What a reader chose: days, amount, and whether each visit has a line."""

    days: int = 30
    amount: Decimal = Decimal("0.01")
    by_visit: bool = False


@dataclass(frozen=True)
class Debt:
    """What one patient owes."""

    patient: UUID
    items: tuple[Item, ...]
    credit: Decimal

    @property
    def due(self) -> Decimal:
        """All of it."""
        return sum((item.amount for item in self.items), Decimal(0))

    def oldest(self, today: date) -> int:
        """The age of what is oldest."""
        return max(item.age(today, _CLOCK) for item in self.items)

    def over(self, days: int, today: date) -> Decimal:
        """What is at least that old."""
        return sum((item.amount for item in self.items if item.age(today, _CLOCK) >= days), Decimal(0))


def debts() -> list[Debt]:
    """What each patient owes now. Two queries."""
    owed: dict[UUID, list[Item]] = {}
    credit: dict[UUID, Decimal] = {}
    for item in items():
        if item.patient and item.side == "patient":
            owed.setdefault(item.patient, []).append(item)
        elif item.patient and item.side == "patient-credit":
            credit[item.patient] = item.amount
    return [Debt(key, tuple(group), credit.get(key, Decimal(0))) for key, group in owed.items()]


def due_on_ledger() -> Decimal:
    """What patients owe on the ledger, with credit that was called back after it was spent. One query."""
    rows = LedgerEntry.objects.filter(account__in=PATIENT_ACCOUNTS).order_by().values_list("patient", "account")
    sums = rows.annotate(Sum("amount"))
    return from_cents(
        sum(cents for _, account, cents in sums if cents > 0 or account == LedgerAccount.PATIENT_RECEIVABLE)
    )


def collections_list(user: User, asked: Asked) -> Report:
    """The list with its tie to the ledger. Nine queries."""
    today, every = clinic_today(), debts()
    chosen = [debt for debt in every if debt.due >= asked.amount and debt.oldest(today) >= asked.days]
    chosen.sort(key=lambda debt: (-debt.oldest(today), -debt.due))
    known = known_patients(user, (debt.patient for debt in chosen))
    make = _visits if asked.by_visit else _patients
    table = make(chosen, known, asked, today)
    return Report(tables=(table,), said=_said(_due(chosen), _due(every), due_on_ledger()))


def _said(listed: Decimal, everything: Decimal, ledger: Decimal) -> tuple[tuple[str, str], ...]:
    facts = (
        ("In this list", listed),
        ("Left out by the filters", everything - listed),
        ("Due from patients on the ledger", ledger),
        ("Difference", everything - ledger),
    )
    return tuple((label, formats.money(amount)) for label, amount in facts)


def _patients(chosen: list[Debt], known: dict[UUID, Patient], asked: Asked, today: date) -> Table:
    facts = _Facts.of(known)
    rows = []
    for debt in chosen:
        if patient := known.get(debt.patient):
            sums = (debt.due, debt.over(asked.days, today), debt.credit, debt.oldest(today))
            cells = (patient.sort_name, formats.mrn(patient.mrn), facts.phones.get(patient.pk, ""), *sums)
            link = {0: reverse("billing:account_detail", args=[patient.pk])}
            rows.append(Row((*cells, len(debt.items), *facts.words(patient.pk)), link, patient.pk))
    hidden = [debt for debt in chosen if debt.patient not in known]
    if hidden:
        rows.append(Row((RESTRICTED, "", "", *_sums(hidden, asked, today), None, _visits_of(hidden), *[""] * 3)))
    total = Row(("Total", "", "", *_sums(chosen, asked, today), None, _visits_of(chosen), *[""] * 3))
    return Table(
        slug="patients",
        title="Patients who owe",
        columns=(
            *words("Patient", "MRN", "Phone"),
            *numbers("Owes", f"{asked.days}+ days", "Credit", "Oldest, days", "Visits"),
            *words("Last payment", "Last statement", "Plan and account"),
        ),
        rows=rows,
        totals=[total] if rows else [],
        note=NOTE,
    )


def _sums(debts_: Iterable[Debt], asked: Asked, today: date) -> tuple[Decimal, ...]:
    some = list(debts_)
    columns = ((d.due for d in some), (d.over(asked.days, today) for d in some), (d.credit for d in some))
    return tuple(sum(column, Decimal(0)) for column in columns)


def _visits_of(some: Iterable[Debt]) -> int:
    return sum(len(debt.items) for debt in some)


def _visits(chosen: list[Debt], known: dict[UUID, Patient], asked: Asked, today: date) -> Table:
    names = practitioner_names(item.practitioner for debt in chosen for item in debt.items)
    rows = []
    for debt in chosen:
        if patient := known.get(debt.patient):
            whose = (patient.sort_name, formats.mrn(patient.mrn))
            rows += [_visit(item, whose, names, today) for item in debt.items]
    hidden = [debt for debt in chosen if debt.patient not in known]
    if hidden:
        rows.append(Row((RESTRICTED, *[""] * 5, None, _due(hidden))))
    return Table(
        slug="visits",
        title="Visits that are owed for",
        columns=(
            *words("Patient", "MRN", "Claim", "Practitioner", "Service", "Theirs since"),
            *numbers("Days", "Owes"),
        ),
        rows=rows,
        totals=[Row(("Total", *[""] * 5, None, _due(chosen)))] if rows else [],
        note=NOTE,
    )


def _visit(item: Item, whose: tuple[str, str], names: dict[UUID | None, str], today: date) -> Row:
    days = (formats.day(item.serviced_on), formats.day(item.moved_on))
    about = (item.words, names[item.practitioner] if item.claim else "")
    cells = (*whose, *about, *days, item.age(today, _CLOCK), item.amount)
    links = {0: reverse("billing:account_detail", args=[item.patient])}
    if item.claim:
        links[2] = reverse("billing:claims_detail", args=[item.patient, item.claim])
    return Row(cells, links, item.patient)


def _due(some: Iterable[Debt]) -> Decimal:
    return sum((debt.due for debt in some), Decimal(0))


@dataclass(frozen=True)
class _Facts:
    """What is known of patients beside their debts, in words."""

    phones: dict[UUID, str]
    payments: dict[UUID, str]
    statements: dict[UUID, str]
    plans: dict[UUID, str]
    accounts: dict[UUID, str]

    @classmethod
    def of(cls, keys: Iterable[UUID]) -> _Facts:
        """Five queries."""
        mine = {"patient__in": list(keys)}
        return cls(_phones(mine), _payments(mine), _statements(mine), _plans(mine), _accounts(mine))

    def words(self, patient: UUID) -> tuple[Cell, ...]:
        """The last three columns."""
        kept = "; ".join(facts[patient] for facts in (self.plans, self.accounts) if patient in facts)
        return self.payments.get(patient, ""), self.statements.get(patient, ""), kept


def _phones(mine: dict[str, list[UUID]]) -> dict[UUID, str]:
    rows = ContactPoint.objects.filter(
        **mine, system=ContactSystem.PHONE, entered_in_error_at=None, period_end=None
    ).order_by("-rank", "-created_at")
    return {row.patient_id: formats.phone(row.value) for row in rows}


def _payments(mine: dict[str, list[UUID]]) -> dict[UUID, str]:
    """The last payment that stands."""
    rows = Payment.objects.filter(**mine, amount__gt=0, reversal_of=None, reversal=None).order_by("receipt_number")
    columns = rows.values_list("patient", "business_date", "amount")
    return {key: f"{formats.day(day)}, {formats.money(amount)}" for key, day, amount in columns}


def _statements(mine: dict[str, list[UUID]]) -> dict[UUID, str]:
    """The last statement that wasn't voided, of the patient or of whoever pays for them."""
    rows = InvoiceLine.objects.filter(**mine, invoice__status=InvoiceStatus.ISSUED).order_by("invoice__number")
    columns = rows.values_list("patient", "invoice__issued_on", "invoice__tier")
    return {key: f"{formats.day(day)}, tier {tier}" for key, day, tier in columns}


def _plans(mine: dict[str, list[UUID]]) -> dict[UUID, str]:
    rows = PaymentPlan.objects.filter(**mine, status=PlanStatus.ACTIVE)
    return {key: f"{formats.money(part)} a month" for key, part in rows.values_list("patient", "part")}


def _accounts(mine: dict[str, list[UUID]]) -> dict[UUID, str]:
    said = {}
    for row in BillingAccount.objects.particular().filter(**mine):
        parts = []
        if row.collections_at:
            parts.append(f"At collections since {formats.day(row.collections_at)} {row.collections_agency}".strip())
        if row.statements_held:
            parts.append(f"Statements held: {row.statements_held_reason}")
        said[row.patient_id] = "; ".join(parts)
    return said
