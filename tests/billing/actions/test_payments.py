"""Money over the counter."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection

from billing.actions.credits import apply_credit
from billing.actions.ledger import bring_forward
from billing.actions.payments import refund, reverse_payment, take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import LedgerEntry, Payment
from billing.queries.ledger import Balance, balance_of
from clinic.models import Patient
from emr.accounts.models import User
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D05")]


@pytest.fixture
def patient(db: None) -> Patient:
    ClinicFactory()
    made: Patient = PatientFactory.create()
    return made


def pay(by: User, patient: Patient, amount: str = "25.00", **more: object) -> Payment:
    fields = {"kind": PaymentKind.COPAY, "method": PaymentMethod.CASH, **more}
    return take_payment(by=by, patient=patient, amount=Decimal(amount), **fields)


def constraints_now() -> None:
    """What the database looks at when a transaction commits."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def owed(amount: str = "0", credit: str = "0") -> Balance:
    return Balance(Decimal(amount), Decimal(credit))


def test_a_copay_is_in_the_ledger_once_as_the_patients_credit(biller: User, patient: Patient) -> None:
    made = pay(biller, patient)
    constraints_now()
    rows = LedgerEntry.objects.filter(transaction__payment=made).order_by("amount")
    assert list(rows.values_list("account", "amount", "patient")) == [
        ("patient-credit", -2500, patient.pk),
        ("funds", 2500, patient.pk),
    ]
    assert balance_of(patient) == owed(credit="25")


def test_the_same_token_twice_is_one_payment_and_two_equal_payments_are_two(biller: User, patient: Patient) -> None:
    token = uuid7()
    first, again = pay(biller, patient, request_token=token), pay(biller, patient, request_token=token)
    other = pay(biller, patient, request_token=uuid7())
    assert (first, again.receipt_number) == (again, first.receipt_number)
    assert [first.receipt_number, other.receipt_number] == [1, 2]
    assert balance_of(patient) == owed(credit="50")


def test_a_form_sent_again_with_another_amount_is_refused_and_named(biller: User, patient: Patient) -> None:
    token = uuid7()
    pay(biller, patient, request_token=token)
    with pytest.raises(Conflict, match=r"made receipt 1 \(\$25\.00\)"):
        pay(biller, patient, "30.00", request_token=token)


def test_a_balance_is_brought_forward_once_and_only_for_whom_the_form_was(biller: User, patient: Patient) -> None:
    sent = {"by": biller, "amount": Decimal("40.00"), "reason": "Old system", "request_token": uuid7()}
    for _ in range(2):
        bring_forward(patient=patient, **sent)
    other = PatientFactory.create()
    for changed in ({"patient": other}, {"patient": patient, "amount": Decimal("41.00")}):
        with pytest.raises(Conflict, match="sent before with other values"):
            bring_forward(**{**sent, **changed})
    assert (balance_of(patient), balance_of(other)) == (owed("40"), owed())


def test_a_payment_pays_what_is_due_first_and_the_rest_is_credit(biller: User, patient: Patient) -> None:
    bring_forward(by=biller, patient=patient, amount=Decimal("40.00"), reason="Old system")
    pay(biller, patient, "15.00", kind=PaymentKind.PAYMENT)
    assert balance_of(patient) == owed("25")
    pay(biller, patient, "45.00", kind=PaymentKind.PAYMENT)
    constraints_now()
    assert balance_of(patient) == owed(credit="20")


def test_a_copay_leaves_the_old_balance_alone_until_it_is_applied(biller: User, patient: Patient) -> None:
    bring_forward(by=biller, patient=patient, amount=Decimal("40.00"), reason="Old system")
    pay(biller, patient, "30.00")
    assert balance_of(patient) == owed("40", "30")
    assert apply_credit(by=biller, patient=patient) == Decimal("30.00")
    assert balance_of(patient) == owed("10")
    with pytest.raises(DomainError, match="no unapplied credit"):
        apply_credit(by=biller, patient=patient)


def test_a_reversal_is_a_row_of_its_own_and_puts_the_balance_back(biller: User, patient: Patient) -> None:
    bring_forward(by=biller, patient=patient, amount=Decimal("40.00"), reason="Old system")
    made = pay(biller, patient, "60.00", kind=PaymentKind.PAYMENT, method=PaymentMethod.CHECK, reference="1027")
    back = reverse_payment(by=biller, payment=made, reason="The check bounced")
    assert reverse_payment(by=biller, payment=made, reason="Again") == back
    constraints_now()
    assert (back.amount, back.reversal_of, back.receipt_number) == (Decimal("-60.00"), made, 2)
    assert (balance_of(patient), Payment.objects.count()) == (owed("40"), 2)
    with pytest.raises(DomainError, match="isn't reversed"):
        reverse_payment(by=biller, payment=back, reason="No")


def test_a_refund_gives_credit_back_and_no_more_than_there_is(biller: User, patient: Patient) -> None:
    pay(biller, patient, "50.00", kind=PaymentKind.PREPAYMENT)
    fields = {"by": biller, "patient": patient, "method": PaymentMethod.CASH, "reason": "Moved away"}
    with pytest.raises(DomainError, match=r"\$50\.00 of unapplied credit"):
        refund(amount=Decimal("50.01"), **fields)
    made = refund(amount=Decimal("20.00"), **fields)
    constraints_now()
    assert (made.amount, balance_of(patient)) == (Decimal("-20.00"), owed(credit="30"))


@pytest.mark.parametrize(
    ("amount", "more", "field"),
    [
        ("0", {}, "amount"),
        ("-5", {}, "amount"),
        ("1.005", {}, "amount"),
        ("NaN", {}, "amount"),
        ("50000.01", {}, "amount"),
        ("5", {"method": PaymentMethod.CHECK}, "reference"),
        ("5", {"method": PaymentMethod.CARD, "reference": "4111 1111 1111 1111"}, "reference"),
    ],
    ids=["nothing", "negative", "part of a cent", "no number", "too much", "check without number", "card number"],
)
def test_what_cannot_be_is_refused_beside_its_field(
    biller: User, patient: Patient, amount: str, more: dict[str, object], field: str
) -> None:
    with pytest.raises(DomainError) as refused:
        pay(biller, patient, amount, **more)
    assert (refused.value.field, Payment.objects.count()) == (field, 0)


def test_a_visit_of_somebody_else_is_refused(biller: User, patient: Patient) -> None:
    appointment = AppointmentFactory(patient=PatientFactory())
    with pytest.raises(DomainError, match="another patient's"):
        pay(biller, patient, appointment=appointment)


def test_the_receipt_is_fixed_with_the_balance_of_its_moment(biller: User, patient: Patient) -> None:
    bring_forward(by=biller, patient=patient, amount=Decimal("40.00"), reason="Old system")
    made = pay(biller, patient, "15.00", kind=PaymentKind.PAYMENT)
    pay(biller, patient, "15.00", kind=PaymentKind.PAYMENT)
    said = Payment.objects.get(pk=made.pk).snapshot
    assert [said[name] for name in ("amount", "balance_before", "balance_after", "what_for", "patient")] == [
        "15.00",
        "$40.00 due",
        "$25.00 due",
        "Payment on the balance",
        patient.full_name,
    ]
