"""Writing to the ledger: the one function through which every cent goes, and what isn't a payment."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Any, Self
from uuid import UUID

from billing.choices import PATIENT_ACCOUNTS, RECEIVABLES, LedgerAccount, TransactionKind
from billing.models import Claim, LedgerEntry, LedgerTransaction
from billing.queries.business_days import open_day
from billing.queries.claim_money import cents_of_claims, spread
from billing.queries.ledger import to_cents
from clinic.models import Encounter, Patient, Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_create_recorded
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7

#: More than a patient of a clinic owes: a slip of the decimal point, or a credit that was made up.
MOST_OWED = Decimal("50000.00")
_KEPT = "More than was owed"


@dataclass(frozen=True)
class Line:
    """One entry to be: cents on an account, a debit positive, a credit negative."""

    account: LedgerAccount
    amount: int
    patient: Patient | None = None
    encounter: Encounter | None = None
    payer: Payer | None = None
    claim: Claim | None = None
    charge_item: UUID | None = None

    @classmethod
    def on(cls, claim: Claim, account: LedgerAccount, amount: int, charge_item: UUID | None = None) -> Self:
        """An entry about a claim, and one of its service lines; the patient's accounts name no payer."""
        payer = None if account in PATIENT_ACCOUNTS else claim.payer
        return cls(account, amount, claim.patient, claim.encounter, payer, claim, charge_item)

    @classmethod
    def of(cls, entry: LedgerEntry) -> Self:
        """The line that an entry was; the entry must come with what it names."""
        whose = (entry.patient, entry.encounter, entry.payer, entry.claim, entry.charge_item_id)
        return cls(LedgerAccount(entry.account), entry.amount, *whose)

    def back(self) -> Line:
        """The same with the sign turned."""
        return replace(self, amount=-self.amount)

    def entry(self, by: User, transaction: LedgerTransaction) -> LedgerEntry:
        """The row of this line, yet to be saved."""
        return LedgerEntry(
            created_by=by,
            transaction=transaction,
            account=self.account,
            amount=self.amount,
            patient=self.patient,
            encounter=self.encounter,
            payer=self.payer,
            claim=self.claim,
            charge_item_id=self.charge_item,
        )


@action
def post(
    *,
    by: User,
    kind: TransactionKind,
    business_date: date,
    lines: Sequence[Line],
    reason: str = "",
    request_token: UUID | None = None,
    **about: Any,
) -> LedgerTransaction:
    """Write one transaction. Lines of no cents are left out; ``request_token`` becomes its key.

    ``about`` are further columns: what it is the transaction of. Where it takes more from a claim than the claim owes,
    a second one makes the rest the credit of who paid it. Raises ValueError when the lines don't sum to zero or are
    fewer than two: that is a fault of the caller, which the database would refuse too.
    """
    lines = _two_sides(lines)
    written = LedgerTransaction.objects.create(
        id=request_token or uuid7(),
        created_by=by,
        kind=kind,
        business_date=business_date,
        reason=reason,
        entry_count=len(lines),
        **about,
    )
    for line in lines:
        line.entry(by, written).save(force_insert=True)
    _keep_the_rest(by, business_date, lines)
    return written


@dataclass(frozen=True)
class Posting:
    """One transaction to be, of many: its lines, and what it is the transaction of."""

    lines: Sequence[Line]
    about: dict[str, Any]


@action
def post_many(
    *, by: User, kind: TransactionKind, business_date: date, postings: Iterable[Posting], reason: str = ""
) -> None:
    """Write many transactions of a kind as :func:`post` writes one, in four statements, however many they are."""
    transactions, entries, lines = [], [], []
    for one in postings:
        of_one = _two_sides(one.lines)
        written = LedgerTransaction(
            created_by=by,
            kind=kind,
            business_date=business_date,
            reason=reason,
            entry_count=len(of_one),
            **one.about,
        )
        transactions.append(written)
        entries += [line.entry(by, written) for line in of_one]
        lines += of_one
    bulk_create_recorded(transactions)
    bulk_create_recorded(entries)
    _keep_the_rest(by, business_date, lines)


def _two_sides(lines: Iterable[Line]) -> list[Line]:
    """The lines that say something. Raises ValueError when they don't sum to zero or are fewer than two."""
    lines = [line for line in lines if line.amount]
    if len(lines) < 2 or sum(line.amount for line in lines) != 0:
        raise ValueError("A transaction has two sides of the same amount.")
    return lines


def _keep_the_rest(by: User, day: date, lines: Iterable[Line]) -> None:
    """What claims were paid beyond what they owe becomes credit: the payer's, or the patient's."""
    taken_from = {
        line.claim.pk: line.claim for line in lines if line.claim and line.amount < 0 and line.account in RECEIVABLES
    }
    if not taken_from:
        return
    for (key, account), by_line in cents_of_claims(taken_from).items():
        beyond = -sum(by_line.values())
        if beyond <= 0:
            continue
        claim, theirs = taken_from[key], account == LedgerAccount.PATIENT_RECEIVABLE
        credit = LedgerAccount.PATIENT_CREDIT if theirs else LedgerAccount.PAYER_CREDIT
        parts = spread({item: -amount for item, amount in by_line.items()}, beyond)
        kept = [Line.on(claim, LedgerAccount(account), part, item) for item, part in parts]
        post(
            by=by,
            kind=TransactionKind.APPLICATION,
            business_date=day,
            lines=[*kept, Line.on(claim, credit, -beyond)],
            reason=_KEPT,
            claim=claim,
        )


@action
def reverse(*, by: User, transaction: LedgerTransaction, reason: str, **about: Any) -> LedgerTransaction:
    """Take a transaction back by its mirror, on the day that is open. Asked twice, it gives the first."""
    there = LedgerTransaction.objects.filter(reverses=transaction).first()
    if there is not None:
        return there
    entries = transaction.entries.with_all()
    return post(
        by=by,
        kind=TransactionKind.REVERSAL,
        business_date=open_day(),
        lines=[Line.of(entry).back() for entry in entries],
        reason=reason,
        reverses=transaction,
        claim=transaction.claim,
        **about,
    )


@action
def reverse_many(*, by: User, transactions: Sequence[LedgerTransaction], reason: str, **about: Any) -> None:
    """Take transactions that stand back as :func:`reverse` does one, in the order given, under the locks of whose they
    are: in a few statements, however many they are.
    """
    lines: dict[UUID, list[Line]] = {}
    for entry in LedgerEntry.objects.filter(transaction__in=transactions).with_all().order_by("created_at", "pk"):
        lines.setdefault(entry.transaction_id, []).append(Line.of(entry).back())
    postings = [
        Posting(
            lines[one.pk],
            {"reverses": one, "claim_id": one.claim_id, "claim_response_id": one.claim_response_id} | about,
        )
        for one in transactions
    ]
    post_many(by=by, kind=TransactionKind.REVERSAL, business_date=open_day(), postings=postings, reason=reason)


@action
def bring_forward(
    *, by: User, patient: Patient, amount: Decimal, reason: str, request_token: UUID | None = None
) -> None:
    """Write what a patient owed when this ledger began; a negative amount is a credit that the clinic owed.

    The same form sent twice is written once. Raises DomainError for no amount, for more than anybody owes, and without
    saying where it comes from; Conflict when the form was sent before with other values.
    """
    lock_patient(patient)
    if request_token and _brought_before(request_token, patient, amount):
        return
    if not amount:
        raise DomainError("Enter the balance; a credit of the patient begins with a minus.", field="amount")
    if abs(amount) > MOST_OWED:
        raise DomainError("Nobody owes, or is owed, as much: look at the amount.", field="amount")
    if not reason.strip():
        raise DomainError("Say where this balance comes from.", field="reason")
    cents = to_cents(amount)
    account = LedgerAccount.PATIENT_RECEIVABLE if cents > 0 else LedgerAccount.PATIENT_CREDIT
    post(
        by=by,
        kind=TransactionKind.OPENING,
        business_date=open_day(),
        lines=[Line(account, cents, patient), Line(LedgerAccount.OPENING, -cents)],
        reason=reason.strip(),
        request_token=request_token,
    )


def _brought_before(token: UUID, patient: Patient, amount: Decimal) -> bool:
    there = LedgerEntry.objects.filter(transaction=token).exclude(account=LedgerAccount.OPENING).first()
    if there is not None and (there.patient_id, there.amount) != (patient.pk, to_cents(amount)):
        raise Conflict("This form was sent before with other values. Open it again to write another balance.")
    return there is not None


def lock_patient(patient: Patient) -> None:
    """One change of a patient's money at a time, so that what is decided on the balance stays true.

    The patient's row is locked before those of their claims, everywhere.
    """
    lock_patients([patient.pk])


def lock_patients(keys: Iterable[UUID]) -> None:
    """Lock the money of several patients, in one order, so that nobody waits for each other."""
    list(Patient.objects.select_for_update(no_key=True).filter(pk__in=set(keys)).order_by("pk").values_list("pk"))
