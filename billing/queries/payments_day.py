"""The money of a day: every payment, and the totals by method and by person, which are sums of the same rows."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import QuerySet, Sum

from billing.choices import LedgerAccount, PaymentMethod, TransactionKind
from billing.models import DayClose, LedgerEntry, Payment
from billing.queries.ledger import from_cents
from clinic.access import visible_to
from emr.accounts.models import User
from emr.ui import formats

COLUMNS = ["Receipt", "Time", "Patient", "MRN", "For", "Method", "Reference", "Amount", "Taken by", "Note"]


@dataclass(frozen=True)
class DayFilter:
    """What the page shows of a day; empty means all."""

    day: date
    method: str = ""
    kind: str = ""
    user: UUID | None = None

    def apply(self, payments: QuerySet[Payment]) -> QuerySet[Payment]:
        """The payments of the day that fit."""
        wanted: dict[str, Any] = {"method": self.method, "kind": self.kind, "received_by_id": self.user}
        return payments.filter(business_date=self.day, **{name: value for name, value in wanted.items() if value})


@dataclass(frozen=True)
class PaymentRow:
    """A payment in words. Of a patient of whom the reader may not know only the money is told, which still counts:
    neither the name nor what somebody wrote about it.
    """

    id: UUID
    patient_id: UUID | None
    number: int
    time: str
    patient: str
    mrn: str
    what_for: str
    method: str
    reference: str
    amount: Decimal
    taken_by: str
    note: str
    reversed: bool
    back: bool

    @property
    def shown_amount(self) -> str:
        """The amount as the screen and the file have it."""
        return formats.money(self.amount)

    def cells(self) -> list[str | Decimal]:
        """The row as the file has it, in the order of :data:`COLUMNS`: the amount as a number, a negative one too."""
        words = [self.time, self.patient, self.mrn, self.what_for, self.method, self.reference]
        return [str(self.number), *words, self.amount, self.taken_by, self.note]


@dataclass(frozen=True)
class Total:
    """What one person took by one method; ``user`` is the person's key, kept so that a close can be read back."""

    user: str
    name: str
    method: str
    method_label: str
    count: int
    amount: str

    def to_data(self) -> dict[str, Any]:
        """As a close keeps it."""
        return asdict(self)

    @property
    def value(self) -> Decimal:
        """The amount as a number."""
        return Decimal(self.amount)


@dataclass(frozen=True)
class Sums:
    """The totals of some payments."""

    rows: list[Total] = field(default_factory=list)
    count: int = 0
    total: Decimal = Decimal(0)
    cash: Decimal = Decimal(0)

    @classmethod
    def of_data(cls, rows: list[dict[str, Any]]) -> Sums:
        """The totals as a close keeps them."""
        totals = [Total(**row) for row in rows]
        cash = sum((row.value for row in totals if row.method == PaymentMethod.CASH), Decimal(0))
        return cls(totals, sum(row.count for row in totals), sum((row.value for row in totals), Decimal(0)), cash)

    def by_method(self) -> list[tuple[str, int, Decimal]]:
        """Method, payments, amount: each method that there is, in its own order."""
        return [
            (m.label, sum(r.count for r in self.rows if r.method == m), self._sum(m))
            for m in PaymentMethod
            if any(r.method == m for r in self.rows)
        ]

    def by_user(self) -> list[tuple[str, int, Decimal]]:
        """Person, payments, amount, by name."""
        names = sorted({(row.name, row.user) for row in self.rows})
        return [
            (
                name,
                sum(r.count for r in self.rows if r.user == user),
                sum((r.value for r in self.rows if r.user == user), Decimal(0)),
            )
            for name, user in names
        ]

    def _sum(self, method: str) -> Decimal:
        return sum((row.value for row in self.rows if row.method == method), Decimal(0))


def sum_cells(rows: Sequence[PaymentRow]) -> list[str | Decimal]:
    """The last line of some rows as the file has it, in the order of :data:`COLUMNS`."""
    words = "1 payment" if len(rows) == 1 else f"{formats.number(len(rows))} payments"
    return [words, *[""] * 6, sum((row.amount for row in rows), Decimal(0)), "", ""]


def payment_rows(user: User, chosen: DayFilter) -> list[PaymentRow]:
    """The payments of a day, the latest first. Two queries."""
    found = list(
        chosen.apply(Payment.objects.all())
        .select_related("patient", "received_by", "reversal_of", "reversal")
        .defer("snapshot", "reversal_of__snapshot", "reversal__snapshot")
    )
    known = set(
        visible_to(user).filter(pk__in={row.patient_id for row in found}).order_by().values_list("pk", flat=True)
    )
    return [payment_row(row, known=row.patient_id in known) for row in found]


def payment_row(row: Payment, *, known: bool = True) -> PaymentRow:
    """One payment in words; it must come with patient, person and both sides of a reversal."""
    reversal = getattr(row, "reversal", None)
    return PaymentRow(
        id=row.pk,
        patient_id=row.patient_id if known else None,
        number=row.receipt_number,
        time=formats.clock(row.received_at),
        patient=row.patient.sort_name if known else "Restricted chart",
        mrn=formats.mrn(row.patient.mrn) if known else "",
        what_for=row.get_kind_display(),
        method=row.get_method_display(),
        reference=row.reference if known else "",
        amount=row.amount,
        taken_by=row.received_by.get_full_name(),
        note=_note(row, reversal) if known else "",
        reversed=reversal is not None,
        back=row.amount < 0,
    )


def _note(row: Payment, reversal: Payment | None) -> str:
    if row.reversal_of is not None:
        return f"Takes back receipt {row.reversal_of.receipt_number}: {row.reason}"
    return f"Reversed by receipt {reversal.receipt_number}" if reversal is not None else row.reason


def sums_of(payments: QuerySet[Payment]) -> Sums:
    """The totals of payments by person and method. One query."""
    return add_up(
        payments.order_by().values_list(
            "received_by_id", "received_by__first_name", "received_by__last_name", "method", "amount"
        )
    )


def add_up(rows: Iterable[tuple[UUID, str, str, str, Decimal]]) -> Sums:
    """The totals of rows of person, first name, last name, method, amount."""
    groups: dict[tuple[str, str, str], list[Decimal]] = {}
    for user, first, last, method, amount in rows:
        groups.setdefault((f"{first} {last}".strip(), str(user), method), []).append(amount)
    totals = [
        Total(user, name, method, PaymentMethod(method).label, len(amounts), str(sum(amounts)))
        for (name, user, method), amounts in sorted(groups.items())
    ]
    return Sums.of_data([row.to_data() for row in totals])


def takers(day: date) -> list[tuple[str, str]]:
    """Key and name of those who took money on a day."""
    rows = (
        Payment.objects.filter(business_date=day)
        .order_by()
        .values_list("received_by_id", "received_by__first_name", "received_by__last_name")
    )
    return sorted({(str(key), f"{first} {last}".strip()) for key, first, last in rows}, key=lambda pair: pair[1])


def day_close(day: date) -> DayClose | None:
    """The close of a day, with who made it."""
    return DayClose.objects.filter(business_date=day).select_related("created_by").first()


def unclosed_days(before: date) -> list[date]:
    """Earlier days with money that nobody has closed, the oldest first. One query."""
    days = Payment.objects.filter(business_date__lt=before).exclude(
        business_date__in=DayClose.objects.values("business_date")
    )
    return sorted(set(days.order_by().values_list("business_date", flat=True).distinct()[:60]))


#: What a payer's payment is written as, and its taking back; what the clinic gives back is a payment of its own.
_OF_REMITTANCES = (TransactionKind.REMITTANCE, TransactionKind.PROVIDER_ADJUSTMENT, TransactionKind.REVERSAL)
#: BPR04 of what a payer pays, in the words of the counter; what else there is pays nothing or isn't known.
PAYERS_METHODS = {"CHK": PaymentMethod.CHECK, "ACH": PaymentMethod.TRANSFER, "FWT": PaymentMethod.TRANSFER}


@dataclass(frozen=True)
class PayersMoney:
    """What a remittance brought to the ledger on a day. ``trace`` is the number of the check or of the transfer."""

    payer: str
    trace: str
    method: PaymentMethod
    amount: Decimal


def payers_money(day: date) -> list[PayersMoney]:
    """The remittances posted on a day, by payer. It is no part of the drawer, which a close counts. One query."""
    of = "transaction__reconciliation"
    rows = LedgerEntry.objects.filter(
        account=LedgerAccount.FUNDS,
        transaction__business_date=day,
        transaction__kind__in=_OF_REMITTANCES,
        **{f"{of}__isnull": False},
    )
    sums = rows.order_by(f"{of}__payer_name", f"{of}__trace_number", of).values_list(
        of, f"{of}__payer_name", f"{of}__trace_number", f"{of}__method"
    )
    return [
        PayersMoney(payer, trace, PAYERS_METHODS.get(method, PaymentMethod.OTHER), from_cents(cents))
        for _, payer, trace, method, cents in sums.annotate(Sum("amount"))
    ]
