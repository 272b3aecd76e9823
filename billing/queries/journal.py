"""The journal: every entry of a period, by what it was written for, and the trial balance, which sums to zero."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any, cast
from uuid import UUID

from django.db.models import F, Q, QuerySet, Sum
from django.urls import reverse

from billing.choices import AdjustmentReason, LedgerAccount, TransactionKind
from billing.models import LedgerEntry
from billing.queries.ledger import from_cents
from billing.queries.report_tables import RESTRICTED, Report, Row, Table, known_patients, numbers, words
from clinic.models import Patient
from emr.accounts.models import User
from emr.ui import formats

NOTE = "Debits and credits as bookkeeping has them: what is owed to the clinic, and its money, are debits."
_DAY = "transaction__business_date"
_KINDS, _ACCOUNTS, _REASONS = (
    {str(key): str(label) for key, label in coded.choices}
    for coded in (TransactionKind, LedgerAccount, AdjustmentReason)
)


@dataclass(frozen=True)
class Asked:
    """What a reader chose: a period with both its days, and of its entries those of a kind or an account."""

    first: date
    last: date
    kind: str = ""
    account: str = ""

    def entries(self) -> QuerySet[LedgerEntry]:
        """The entries that fit."""
        wanted = {"transaction__kind": self.kind, "account": self.account}
        rows = LedgerEntry.objects.filter(**{f"{_DAY}__range": (self.first, self.last)})
        return rows.filter(**{name: value for name, value in wanted.items() if value})


def journal(user: User, asked: Asked) -> Report:
    """Trial balance, sums by kind and account, entries. Four queries."""
    return Report(tables=(_trial_balance(asked), _kinds(asked), _entries(user, asked)))


def _trial_balance(asked: Asked) -> Table:
    """All accounts, whatever was chosen of the entries: only the whole sums to zero."""
    within = {f"{_DAY}__range": (asked.first, asked.last)}
    sums = LedgerEntry.objects.filter(**{f"{_DAY}__lte": asked.last}).order_by().values_list("account")
    found = sums.annotate(
        before=Sum("amount", filter=Q(**{f"{_DAY}__lt": asked.first}), default=0),
        debit=Sum("amount", filter=Q(amount__gt=0, **within), default=0),
        credit=Sum("amount", filter=Q(amount__lt=0, **within), default=0),
    )
    by_account = {account: (before, debit, -credit) for account, before, debit, credit in found}
    rows = [
        Row((LedgerAccount(account).label, *_balance(*by_account[account])))
        for account in LedgerAccount
        if account in by_account
    ]
    total = [sum(column) for column in zip(*by_account.values(), strict=True)]
    return Table(
        slug="trial-balance",
        title=f"Trial balance on {formats.day(asked.last)}",
        columns=(*words("Account"), *numbers(f"Before {formats.day(asked.first)}", "Debits", "Credits", "Balance")),
        rows=rows,
        totals=[Row(("Total", *_balance(*total)))] if rows else [],
        note=NOTE,
    )


def _balance(before: int, debit: int, credit: int) -> tuple[Decimal, ...]:
    return tuple(from_cents(cents) for cents in (before, debit, credit, before + debit - credit))


def _kinds(asked: Asked) -> Table:
    sums = asked.entries().order_by().values_list("transaction__kind", "account")
    found = sums.annotate(
        debit=Sum("amount", filter=Q(amount__gt=0), default=0), credit=Sum("amount", filter=Q(amount__lt=0), default=0)
    )
    kinds, accounts = list(TransactionKind.values), list(LedgerAccount.values)
    ordered = sorted(found, key=lambda row: (kinds.index(row[0]), accounts.index(row[1])))
    return Table(
        slug="kinds",
        title="By kind",
        columns=(*words("Kind", "Account"), *numbers("Debits", "Credits")),
        rows=[
            Row((TransactionKind(kind).label, LedgerAccount(account).label, *_sides(debit, credit)))
            for kind, account, debit, credit in ordered
        ],
        totals=[Row(("Total", "", *_sides(sum(row[2] for row in ordered), sum(row[3] for row in ordered))))]
        if ordered
        else [],
    )


def _sides(debit: int, credit: int) -> tuple[Decimal, Decimal]:
    return from_cents(debit), from_cents(-credit)


#: What an entry's line is made of: read as plain values, because a year of them is many.
_COLUMNS = {
    "day": F(_DAY),
    "kind": F("transaction__kind"),
    "back": F("transaction__reverses__kind"),
    "on": F("account"),
    "of": F("claim"),
    "number": F("claim__number"),
    "whose": F("patient"),
    "payers": F("payer__name"),
    "first_name": F("transaction__created_by__first_name"),
    "last_name": F("transaction__created_by__last_name"),
    "cents": F("amount"),
    "code": F("transaction__reason_code"),
    "why": F("transaction__reason"),
}


def _entries(user: User, asked: Asked) -> Table:
    rows = asked.entries().order_by(_DAY, "transaction__created_at", "transaction", "created_at")
    found = cast(list[dict[str, Any]], list(rows.values(**_COLUMNS)))
    known = known_patients(user, (entry["whose"] for entry in found))
    debits = sum(entry["cents"] for entry in found if entry["cents"] > 0)
    credits_ = sum(entry["cents"] for entry in found if entry["cents"] < 0)
    return Table(
        slug="entries",
        title="Entries",
        columns=(
            *words("Day", "Kind", "Account", "Claim", "Patient", "Payer", "Written by"),
            *numbers("Debit", "Credit"),
            *words("Reason"),
        ),
        rows=[_entry(entry, known) for entry in found],
        totals=[Row(("Total", *[""] * 6, *_sides(debits, credits_), ""))] if found else [],
    )


def _entry(entry: dict[str, Any], known: dict[UUID, Patient]) -> Row:
    """An entry in words; of a patient of whom the reader may not know only the money is told."""
    patient = known.get(entry["whose"])
    hidden = entry["whose"] is not None and patient is None
    kind = _KINDS[entry["kind"]] if entry["back"] is None else f"Taken back: {_KINDS[entry['back']].lower()}"
    amount = from_cents(abs(entry["cents"]))
    sides = (amount, None) if entry["cents"] > 0 else (None, amount)
    claim = "" if hidden else entry["number"] or ""
    said = [_REASONS.get(entry["code"], ""), entry["why"]]
    cells = (
        *(formats.day(entry["day"]), kind, _ACCOUNTS[entry["on"]], claim),
        f"{patient.sort_name}, MRN {formats.mrn(patient.mrn)}" if patient else RESTRICTED if hidden else "",
        entry["payers"] or "",
        f"{entry['first_name']} {entry['last_name']}".strip(),
        *sides,
        "" if hidden else ": ".join(part for part in said if part),
    )
    link = {3: reverse("billing:claims_detail", args=[patient.pk, entry["of"]])} if patient and claim else {}
    return Row(cells, link, patient.pk if patient else None)
