"""Money over the counter: taken, given back, taken back. Nothing of it is ever changed or deleted."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db import connection

from billing.actions.credits import owe_again, paying
from billing.actions.ledger import Line, lock_patient, post
from billing.actions.payment_plans import follow_plan
from billing.actions.receipts import snapshot_of
from billing.actions.settling import settle_visits
from billing.choices import LedgerAccount, PaymentKind, PaymentMethod, TransactionKind
from billing.models import Payment
from billing.queries.business_days import open_day
from billing.queries.ledger import Balance, balance_of, to_cents
from billing.queries.open_balances import pay_off, visits_of
from clinic.models import Encounter, Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.shared.money import cents
from emr.shared.records import uuid7
from emr.ui import formats
from scheduling.models import Appointment

#: More than anybody pays over a counter: a slip of the decimal point.
LARGEST = Decimal("50000.00")
_LONG_DIGITS = re.compile(r"(?:\d[ -]?){13,19}")


@action
def take_payment(
    *,
    by: User,
    patient: Patient,
    kind: PaymentKind,
    method: PaymentMethod,
    amount: Decimal,
    reference: str = "",
    appointment: Appointment | None = None,
    encounter: Encounter | None = None,
    request_token: UUID | None = None,
) -> Payment:
    """Take money from a patient and give it a receipt.

    A copay and a prepayment are kept as the patient's credit until what they are for is charged; a payment on the
    balance pays what is due first. The same form sent twice is one payment. Raises DomainError for an amount that
    can't be, a check without its number, a whole card number, a visit of somebody else; Conflict when the form was
    sent before with other values.
    """
    lock_patient(patient)
    known = Payment.objects.filter(request_token=request_token).first() if request_token else None
    if known is not None:
        return _same(known, patient, kind, method, amount)
    _check_amount(amount)
    reference = _checked_reference(method, reference)
    visit = _visit(patient, appointment, encounter)
    before = balance_of(patient)
    whole = to_cents(amount)
    due = min(whole, to_cents(before.due)) if kind == PaymentKind.PAYMENT else 0
    parts = pay_off(patient, due, visit) if due else []
    applied = sum(part.cents for part in parts)
    lines = [
        Line(LedgerAccount.FUNDS, whole, patient, visit),
        *paying(patient, parts),
        Line(LedgerAccount.PATIENT_CREDIT, applied - whole, patient, visit),
    ]
    made = _write(
        by,
        before,
        lines,
        TransactionKind.PAYMENT,
        patient=patient,
        appointment=appointment,
        encounter=visit,
        kind=kind,
        method=method,
        reference=reference,
        amount=amount,
        request_token=request_token,
    )
    settle_visits(by=by, visits=visits_of(parts))
    follow_plan(by=by, patient=patient)
    return made


@action
def refund(
    *,
    by: User,
    patient: Patient,
    method: PaymentMethod,
    amount: Decimal,
    reason: str,
    reference: str = "",
    request_token: UUID | None = None,
) -> Payment:
    """Give unapplied credit back. Raises DomainError without a reason and for more than the credit."""
    lock_patient(patient)
    known = Payment.objects.filter(request_token=request_token).first() if request_token else None
    if known is not None:
        return _same(known, patient, PaymentKind.REFUND, method, -amount)
    _check_amount(amount)
    if not reason.strip():
        raise DomainError("Say why the money is given back.", field="reason")
    before = balance_of(patient)
    if amount > before.credit:
        raise DomainError(f"There is ${formats.money(before.credit)} of unapplied credit to give back.", field="amount")
    whole = to_cents(amount)
    return _write(
        by,
        before,
        [Line(LedgerAccount.FUNDS, -whole, patient), Line(LedgerAccount.PATIENT_CREDIT, whole, patient)],
        TransactionKind.PAYMENT,
        patient=patient,
        kind=PaymentKind.REFUND,
        method=method,
        reference=_checked_reference(method, reference),
        amount=-amount,
        reason=reason.strip(),
        request_token=request_token,
    )


@action
def reverse_payment(*, by: User, payment: Payment, reason: str) -> Payment:
    """Take the whole of a payment back, by a row of its own on a day that is open. Asked twice, gives the first.

    Raises DomainError without a reason and for a row that is a reversal itself.
    """
    if not reason.strip():
        raise DomainError("Say why the payment is reversed.", field="reason")
    lock_patient(payment.patient)
    there = Payment.objects.filter(reversal_of=payment).first()
    if there is not None:
        return there
    if payment.reversal_of_id is not None:
        raise DomainError("A reversal isn't reversed: take the payment again.")
    rows = list(payment.transaction.entries.with_all())
    made = _write(
        by,
        balance_of(payment.patient),
        [Line.of(entry).back() for entry in rows],
        TransactionKind.REVERSAL,
        patient=payment.patient,
        appointment=payment.appointment,
        encounter=payment.encounter,
        kind=payment.kind,
        method=payment.method,
        reference=payment.reference,
        amount=-payment.amount,
        reversal_of=payment,
        reason=reason.strip(),
    )
    owe_again(by, payment.patient, [entry.claim for entry in rows if entry.claim])
    follow_plan(by=by, patient=payment.patient, taken_back=payment.amount)
    return made


def _write(by: User, before: Balance, lines: list[Line], why: TransactionKind, **fields: Any) -> Payment:
    """The payment and its transaction, on the day that is open, under the next number."""
    token = fields.pop("request_token", None) or uuid7()
    row = Payment(
        **fields,
        created_by=by,
        received_by=by,
        business_date=open_day(),
        receipt_number=_next_number(),
        request_token=token,
    )
    row.snapshot = snapshot_of(row, before, lines)
    row.save(force_insert=True)
    reverses = row.reversal_of.transaction if row.reversal_of else None
    post(
        by=by,
        kind=why,
        business_date=row.business_date,
        lines=lines,
        reason=row.reason,
        payment=row,
        reverses=reverses,
    )
    return row


def _same(known: Payment, patient: Patient, kind: str, method: str, amount: Decimal) -> Payment:
    """What the form made the first time; the same form with other values isn't the same payment, and isn't lost."""
    if known.patient_id != patient.pk:
        raise Conflict("This form was sent for somebody else already, and nothing was saved. Open it again.")
    if (known.kind, known.method, known.amount) != (kind, method, amount):
        raise Conflict(
            f"This form was sent before and made receipt {known.receipt_number} "
            f"(${formats.money(abs(known.amount))}). Open the page again to take another payment."
        )
    return known


def _check_amount(amount: Decimal) -> None:
    if not amount.is_finite() or amount <= 0 or amount != cents(amount):
        raise DomainError("Enter an amount in dollars and cents, like 25.00.", field="amount")
    if amount > LARGEST:
        raise DomainError(
            f"More than ${formats.money(LARGEST)} isn't taken at once: look at the amount.", field="amount"
        )


def _checked_reference(method: str, reference: str) -> str:
    reference = " ".join(reference.split())
    if method == PaymentMethod.CHECK and not reference:
        raise DomainError("Enter the number of the check; the deposit slip names it.", field="reference")
    if _LONG_DIGITS.search(reference):
        raise DomainError("Don't write a whole card number down; its last four digits are enough.", field="reference")
    return reference


def _visit(patient: Patient, appointment: Appointment | None, encounter: Encounter | None) -> Encounter | None:
    for row in (appointment, encounter):
        if row is not None and row.patient_id != patient.pk:
            raise DomainError("That visit is another patient's.")
    return encounter or (appointment.encounter if appointment else None)


def _next_number() -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT billing_next_receipt_number()")
        return int(cursor.fetchone()[0])
