"""Writing to the ledger: the one function through which every cent goes, and what isn't a payment."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from billing.choices import LedgerAccount, TransactionKind
from billing.models import LedgerEntry, LedgerTransaction, Payment
from billing.queries.business_days import open_day
from billing.queries.ledger import balance_of, to_cents
from clinic.models import Encounter, Patient, Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7

#: More than a patient of a clinic owes: a slip of the decimal point, or a credit that was made up.
MOST_OWED = Decimal("50000.00")


@dataclass(frozen=True)
class Line:
    """One entry to be: cents on an account, a debit positive, a credit negative."""

    account: LedgerAccount
    amount: int
    patient: Patient | None = None
    encounter: Encounter | None = None
    payer: Payer | None = None

    def back(self) -> Line:
        """The same with the sign turned."""
        return Line(self.account, -self.amount, self.patient, self.encounter, self.payer)


@action
def post(
    *,
    by: User,
    kind: TransactionKind,
    business_date: date,
    lines: Sequence[Line],
    reason: str = "",
    payment: Payment | None = None,
    reverses: LedgerTransaction | None = None,
    request_token: UUID | None = None,
) -> LedgerTransaction:
    """Write one transaction. Lines of no cents are left out.

    Raises ValueError when the rest don't sum to zero or are fewer than two: that is a fault of the caller, which the
    database would refuse too. ``request_token`` becomes its key.
    """
    lines = [line for line in lines if line.amount]
    if len(lines) < 2 or sum(line.amount for line in lines) != 0:
        raise ValueError("A transaction has two sides of the same amount.")
    written = LedgerTransaction.objects.create(
        id=request_token or uuid7(),
        created_by=by,
        kind=kind,
        business_date=business_date,
        reason=reason,
        payment=payment,
        reverses=reverses,
        entry_count=len(lines),
    )
    for line in lines:
        LedgerEntry.objects.create(
            created_by=by,
            transaction=written,
            account=line.account,
            amount=line.amount,
            patient=line.patient,
            encounter=line.encounter,
            payer=line.payer,
        )
    return written


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


@action
def apply_credit(*, by: User, patient: Patient) -> Decimal:
    """Pay what a patient owes from what they paid before; gives how much. Raises DomainError when there is nothing."""
    lock_patient(patient)
    balance = balance_of(patient)
    amount = min(balance.due, balance.credit)
    if amount <= 0:
        raise DomainError("There is no unapplied credit and balance to set off against each other.")
    cents = to_cents(amount)
    post(
        by=by,
        kind=TransactionKind.APPLICATION,
        business_date=open_day(),
        lines=[
            Line(LedgerAccount.PATIENT_CREDIT, cents, patient),
            Line(LedgerAccount.PATIENT_RECEIVABLE, -cents, patient),
        ],
    )
    return amount


def lock_patient(patient: Patient) -> None:
    """One change of a patient's money at a time, so that what is decided on the balance stays true."""
    Patient.objects.select_for_update().only("pk").get(pk=patient.pk)
