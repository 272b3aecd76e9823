"""The money that came in and went out in a period: every entry of the ledger's funds, patients' and payers' apart.

What is taken back, and what is given back, is a line of its own on its own day. A payment that paid several visits
counts for the practitioner of each with the part that it paid there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from uuid import UUID

from django.db.models import QuerySet, Sum
from django.urls import reverse

from billing.choices import LedgerAccount, PaymentMethod, TransactionKind
from billing.models import LedgerEntry
from billing.queries.ledger import from_cents
from billing.queries.payments_day import PAYERS_METHODS
from billing.queries.report_tables import (
    RESTRICTED,
    Report,
    Row,
    Table,
    known_patients,
    numbers,
    practitioner_names,
    words,
)
from clinic.models import Patient
from emr.accounts.models import Practitioner, User
from emr.ui import formats

#: What a table may be grouped by; the first is what is shown without a choice.
GROUPS = {
    "day": "By day",
    "method": "By method",
    "kind": "By kind",
    "from": "By payer and patient",
    "practitioner": "By practitioner",
    "person": "By who took it",
    "each": "Each payment",
}
NOTE = (
    "Money on the day in whose totals it stands. Refunds, reversals and what payers took back are negative and stand "
    "in the columns of what went back."
)
#: What the drawer had more or less than it should.
COUNTED = "Cash over and short"
_NOT_SAID = "Not said"
#: What a line is called, and whose it is: two people or payers of one name have two lines.
Group = tuple[str, str]


@dataclass(frozen=True)
class Asked:
    """What a reader chose: a period with both its days, a grouping, and whose visits."""

    first: date
    last: date
    group: str = "day"
    practitioner: Practitioner | None = None


@dataclass(frozen=True)
class Money:
    """One movement of money. ``parts`` are cents by the practitioner of the visits that they paid."""

    day: date
    kind: str
    method: str
    reference: str
    number: str
    payer: str
    payer_id: UUID | None
    patient: UUID | None
    claim: UUID | None
    claim_number: str
    by: str
    by_id: UUID
    note: str
    cents: int
    key: UUID
    parts: dict[UUID | None, int] = field(default_factory=dict)

    @property
    def insurance(self) -> bool:
        """Whether a payer gave it, or took it back."""
        return self.payer_id is not None


def received(user: User, asked: Asked) -> Report:
    """The report, which says beside its total what the ledger has. Five queries."""
    found = list(movements(asked))
    known = known_patients(user, (one.patient for one in found))
    table = _each(found, known) if asked.group == "each" else _grouped(found, known, asked)
    total, ledger = from_cents(sum(one.cents for one in found)), _on_ledger(asked)
    facts = [("Total", total)]
    if asked.practitioner is None:
        facts += [("On the ledger", ledger), ("Difference", total - ledger)]
    return Report(tables=(table,), said=tuple((label, formats.money(amount)) for label, amount in facts))


def movements(asked: Asked) -> Iterable[Money]:
    """Every movement of a period, the first first. Two queries."""
    parts = _parts(asked)
    for entry in _funds(asked).order_by("transaction__business_date", "transaction__created_at", "created_at"):
        mine = parts.get(entry.transaction_id, {})
        if asked.practitioner is not None:
            mine = {key: cents for key, cents in mine.items() if key == asked.practitioner.pk}
            if not mine:
                continue
        yield _money(entry, mine, sum(mine.values()) if asked.practitioner is not None else entry.amount)


def _funds(asked: Asked) -> QuerySet[LedgerEntry]:
    rows = LedgerEntry.objects.filter(
        account=LedgerAccount.FUNDS, transaction__business_date__range=(asked.first, asked.last)
    )
    written = "transaction__"
    return rows.select_related(
        *("payer", "claim", f"{written}created_by", f"{written}reverses"),
        *(f"{written}payment__reversal_of", f"{written}reconciliation"),
    ).defer(
        "claim__snapshot", "claim__lineage", f"{written}payment__snapshot", f"{written}payment__reversal_of__snapshot"
    )


def _parts(asked: Asked) -> dict[UUID, dict[UUID | None, int]]:
    """By transaction: what its money went to, by the practitioner of the visit, read off the other side."""
    mine = _funds(asked).order_by().values("transaction")
    rows = LedgerEntry.objects.filter(transaction__in=mine).exclude(account=LedgerAccount.FUNDS).order_by()
    found: dict[UUID, dict[UUID | None, int]] = {}
    for key, who, cents in rows.values_list("transaction", "encounter__practitioner").annotate(Sum("amount")):
        if cents:
            found.setdefault(key, {})[who] = -cents
    return found


def _on_ledger(asked: Asked) -> Decimal:
    return from_cents(_funds(asked).aggregate(sum=Sum("amount"))["sum"] or 0)


def _money(entry: LedgerEntry, parts: dict[UUID | None, int], cents: int) -> Money:
    written = entry.transaction
    payment, remittance, note = written.payment, written.reconciliation, written.reason
    method, reference, number, kind = _NOT_SAID, "", "", str(written.get_kind_display())
    if payment is not None:
        method, reference, number = payment.get_method_display(), payment.reference, str(payment.receipt_number)
        kind = str(payment.get_kind_display())
        if payment.reversal_of is not None:
            note = f"Takes back receipt {payment.reversal_of.receipt_number}: {payment.reason}"
    elif written.kind == TransactionKind.OVER_SHORT:
        method = str(PaymentMethod.CASH.label)
    elif remittance is not None and written.kind != TransactionKind.PAYER_REFUND:
        method = str(PAYERS_METHODS.get(remittance.method, PaymentMethod.OTHER).label)
        reference = remittance.trace_number
    if written.kind == TransactionKind.REMITTANCE:
        kind = "Insurance payment"
    elif written.reverses is not None:
        kind = f"Taken back: {kind.lower() if payment else written.reverses.get_kind_display().lower()}"
    return Money(
        day=written.business_date,
        kind=kind,
        method=method,
        reference=reference,
        number=number,
        payer=entry.payer.name if entry.payer else "",
        payer_id=entry.payer_id,
        patient=entry.patient_id,
        claim=entry.claim_id,
        claim_number=entry.claim.number if entry.claim else "",
        by=written.created_by.get_full_name(),
        by_id=written.created_by_id,
        note=note,
        cents=cents,
        key=payment.pk if payment else written.pk,
        parts=parts,
    )


def _each(found: list[Money], known: dict[UUID, Patient]) -> Table:
    names = practitioner_names(who for one in found for who in one.parts)
    return Table(
        slug="each",
        title="Each payment",
        columns=(
            *words("Day", "Kind", "From", "Patient", "Receipt", "Claim", "Method", "Reference", "Practitioner", "By"),
            *numbers("Amount"),
            *words("Note"),
        ),
        rows=[_line(one, known, names) for one in found],
        totals=[Row(("Total", *[""] * 9, from_cents(sum(one.cents for one in found)), ""))] if found else [],
        note=NOTE,
    )


def _line(one: Money, known: dict[UUID, Patient], names: dict[UUID | None, str]) -> Row:
    """A line in words; of a patient of whom the reader may not know only the money is told."""
    patient = known.get(one.patient) if one.patient else None
    hidden = one.patient is not None and patient is None
    whose = (one.payer or ("Patient" if one.patient else COUNTED), _named(one, known))
    who = ", ".join(sorted(names[key] for key in one.parts if key))
    about = ("", "", one.method, "") if hidden else (one.number, one.claim_number, one.method, one.reference)
    cells = (formats.day(one.day), one.kind, *whose, *about, who, one.by, from_cents(one.cents))
    links = {}
    if patient and one.number:
        links[4] = reverse("billing:payments_receipt", args=[patient.pk, one.key])
    if patient and one.claim:
        links[5] = reverse("billing:claims_detail", args=[patient.pk, one.claim])
    return Row((*cells, "" if hidden else one.note), links, patient.pk if patient else None)


def _named(one: Money, known: dict[UUID, Patient]) -> str:
    if one.patient is None:
        return ""
    patient = known.get(one.patient)
    return f"{patient.sort_name}, MRN {formats.mrn(patient.mrn)}" if patient else RESTRICTED


def _grouped(found: list[Money], known: dict[UUID, Patient], asked: Asked) -> Table:
    names = practitioner_names(who for one in found for who in one.parts) if asked.group == "practitioner" else {}
    groups: dict[Group, list[tuple[Money, int]]] = {}
    for one in found:
        for group, cents in _groups(one, known, names, asked.group):
            groups.setdefault(group, []).append((one, cents))
    ordered = list(groups) if asked.group == "day" else sorted(groups)
    everything = [pair for group in groups.values() for pair in group]
    return Table(
        slug=asked.group,
        title=GROUPS[asked.group],
        columns=(
            *words(GROUPS[asked.group].removeprefix("By ").capitalize()),
            *numbers(
                "Payments", "From patients", "Back to patients", "From payers", "Back to payers", "Counted", "Net"
            ),
        ),
        rows=[Row((one[0], *_sums(groups[one])), patient=_whose(groups[one], known, asked)) for one in ordered],
        totals=[Row(("Total", *_sums(everything)))] if groups else [],
        note=NOTE,
    )


def _groups(one: Money, known: dict[UUID, Patient], names: dict[UUID | None, str], by: str) -> list[tuple[Group, int]]:
    """The groups that a movement stands in, with its cents in each."""
    if by == "practitioner":
        return [((names[who], str(who or "")), cents) for who, cents in one.parts.items()]
    plain: dict[str, Callable[[], Group]] = {
        "day": lambda: (formats.day(one.day), ""),
        "method": lambda: (one.method, ""),
        "kind": lambda: (one.kind, ""),
        "from": lambda: (_from(one, known), str(one.payer_id or "")),
        "person": lambda: (one.by, str(one.by_id)),
    }
    return [(plain[by](), one.cents)]


def _from(one: Money, known: dict[UUID, Patient]) -> str:
    return f"Insurance: {one.payer}" if one.insurance else _named(one, known) or COUNTED


def _whose(group: list[tuple[Money, int]], known: dict[UUID, Patient], asked: Asked) -> UUID | None:
    """Whom a group names."""
    first = group[0][0]
    return first.patient if asked.group == "from" and not first.insurance and first.patient in known else None


def _sums(pairs: Iterable[tuple[Money, int]]) -> tuple[int | Decimal, ...]:
    columns = [0] * 5
    count = 0
    for one, cents in pairs:
        count += 1
        place = 2 if one.insurance else 0 if one.patient else 4
        columns[place + (place < 4 and cents < 0)] += cents
    return (count, *(from_cents(cents) for cents in columns), from_cents(sum(columns)))
