"""What the database itself keeps of the ledger, against those who go past the program."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from django.db import connection, transaction
from django.db.utils import DatabaseError

from billing.actions.closed_days import close_day
from billing.actions.ledger import Line, post
from billing.actions.payments import reverse_payment, take_payment
from billing.choices import LedgerAccount, PaymentKind, PaymentMethod, TransactionKind
from billing.models import DayClose, LedgerEntry, LedgerTransaction, Payment
from billing.queries.business_days import open_day
from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D05")]


@pytest.fixture
def patient(db: None) -> Patient:
    ClinicFactory()
    made: Patient = PatientFactory.create()
    return made


@pytest.fixture
def payment(biller: User, patient: Patient) -> Payment:
    return pay(biller, patient)


def pay(by: User, patient: Patient, amount: str = "25.00") -> Payment:
    return take_payment(
        by=by, patient=patient, kind=PaymentKind.COPAY, method=PaymentMethod.CASH, amount=Decimal(amount)
    )


def refused(says: str, statement: str, values: list[object]) -> None:
    """The statement fails, then or when its transaction would commit, and for this reason."""
    with pytest.raises(DatabaseError, match=says), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, values)
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


_ENTRY = (
    "INSERT INTO billing_ledgerentry (id, created_at, updated_at, created_by_id, transaction_id, account, amount,"
    " patient_id) VALUES (%s, now(), now(), %s, %s, %s, %s, %s)"
)


def test_an_entry_that_is_added_later_is_refused_balanced_or_not(biller: User, payment: Payment) -> None:
    row = payment.transaction
    refused("sum to zero", _ENTRY, [uuid7(), biller.pk, row.pk, "opening", 1, None])
    pair = _ENTRY + ", (%s, now(), now(), %s, %s, %s, %s, %s)"
    values = [uuid7(), biller.pk, row.pk, "over-short", 1, None, uuid7(), biller.pk, row.pk, "opening", -1, None]
    refused("sum to zero", pair, values)


@pytest.mark.parametrize("lines", [[100, -99], [100]], ids=["unbalanced", "one side"])
def test_a_transaction_that_does_not_sum_to_zero_never_commits(biller: User, lines: list[int]) -> None:
    with pytest.raises(DatabaseError, match=r"sum to zero|two_sides"), transaction.atomic(), acting(biller):
        row = LedgerTransaction.objects.create(
            created_by=biller, kind="opening", business_date=clinic_today(), entry_count=len(lines)
        )
        for amount in lines:
            LedgerEntry.objects.create(created_by=biller, transaction=row, account="opening", amount=amount)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_a_transaction_without_entries_never_commits(biller: User) -> None:
    with pytest.raises(DatabaseError, match="sum to zero"), transaction.atomic(), acting(biller):
        LedgerTransaction.objects.create(created_by=biller, kind="opening", business_date=clinic_today(), entry_count=2)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


def test_the_program_itself_can_not_post_what_is_unbalanced(biller: User) -> None:
    with pytest.raises(ValueError, match="two sides"):
        post(
            by=biller,
            kind=TransactionKind.OPENING,
            business_date=clinic_today(),
            lines=[Line(LedgerAccount.OPENING, 100), Line(LedgerAccount.FUNDS, -99)],
        )


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_ledgerentry SET amount = amount * 2 WHERE transaction_id = %s",
        "UPDATE billing_ledgerentry SET account = 'opening' WHERE transaction_id = %s",
        "UPDATE billing_ledgertransaction SET business_date = business_date - 1 WHERE id = %s",
        "UPDATE billing_payment SET amount = 1 FROM billing_ledgertransaction t WHERE t.id = %s",
        "UPDATE billing_payment SET snapshot = '{}' FROM billing_ledgertransaction t WHERE t.id = %s",
        "DELETE FROM billing_ledgerentry WHERE transaction_id = %s",
        "DELETE FROM billing_ledgertransaction WHERE id = %s",
    ],
    ids=["amount", "account", "day", "payment", "receipt", "delete entry", "delete transaction"],
)
def test_nothing_of_it_is_changed_or_deleted(payment: Payment, statement: str) -> None:
    refused(r"is fixed|permission denied|append-only", statement, [payment.transaction.pk])


def test_a_payment_that_is_not_in_the_ledger_never_commits(biller: User, patient: Patient, payment: Payment) -> None:
    with pytest.raises(DatabaseError, match="not in the ledger"), transaction.atomic(), acting(biller):
        copy = Payment.objects.get(pk=payment.pk)
        copy.pk, copy.request_token, copy.receipt_number = uuid7(), uuid7(), 2
        copy.save(force_insert=True)
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")


@pytest.mark.parametrize("number", [1, 3], ids=["double", "gap"])
def test_receipts_follow_each_other(biller: User, payment: Payment, number: int) -> None:
    with pytest.raises(DatabaseError, match="not the next one"), transaction.atomic(), acting(biller):
        copy = Payment.objects.get(pk=payment.pk)
        copy.pk, copy.request_token, copy.receipt_number = uuid7(), uuid7(), number
        copy.save(force_insert=True)


def test_a_reversal_of_a_part_is_refused(biller: User, payment: Payment) -> None:
    with pytest.raises(DatabaseError, match="whole of one payment"), transaction.atomic(), acting(biller):
        copy = Payment.objects.get(pk=payment.pk)
        copy.pk, copy.request_token, copy.receipt_number = uuid7(), uuid7(), 2
        copy.reversal_of_id, copy.amount, copy.reason = payment.pk, Decimal("-24.00"), "Part"
        copy.save(force_insert=True)


def closed(by: User, day: date, cash: str, seen: int, reason: str = "") -> DayClose:
    return close_day(by=by, business_date=day, counted_cash=Decimal(cash), payments_seen=seen, difference_reason=reason)


@pytest.mark.feature("D09")
def test_a_closed_day_takes_no_payment_and_what_comes_later_is_of_the_next(biller: User, patient: Patient) -> None:
    first = pay(biller, patient)
    today = first.business_date
    close = closed(biller, today, "25.00", 1)
    assert (close.total, close.payment_count, close.totals[0]["amount"]) == (Decimal(25), 1, "25.00")
    late = reverse_payment(by=biller, payment=first, reason="Wrong patient")
    assert (late.business_date, open_day()) == (today + timedelta(days=1), today + timedelta(days=1))
    assert DayClose.objects.get(business_date=today).total == Decimal(25)


@pytest.mark.feature("D09")
def test_raw_rows_on_a_closed_day_are_refused(biller: User, patient: Patient, payment: Payment) -> None:
    closed(biller, payment.business_date, "25.00", 1)
    copied = (
        "SELECT %s, now(), now(), created_by_id, kind, business_date, '', NULL, NULL, 2"
        " FROM billing_ledgertransaction WHERE id = %s"
    )
    columns = (
        "id, created_at, updated_at, created_by_id, kind, business_date, reason, payment_id, reverses_id, entry_count"
    )
    refused(
        "is closed", f"INSERT INTO billing_ledgertransaction ({columns}) {copied}", [uuid7(), payment.transaction.pk]
    )
    with pytest.raises(DatabaseError, match="is closed"), transaction.atomic(), acting(biller):
        copy = Payment.objects.get(pk=payment.pk)
        copy.pk, copy.request_token, copy.receipt_number = uuid7(), uuid7(), 2
        copy.save(force_insert=True)


@pytest.mark.feature("D09")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE billing_dayclose SET total = 0",
        "UPDATE billing_dayclose SET totals = '[]'",
        "DELETE FROM billing_dayclose",
    ],
)
def test_a_close_is_not_opened_again(biller: User, payment: Payment, statement: str) -> None:
    closed(biller, payment.business_date, "25.00", 1)
    refused(r"append-only|permission denied", statement, [])


@pytest.mark.feature("D09")
def test_a_close_with_other_totals_than_its_payments_is_refused(biller: User, payment: Payment) -> None:
    with pytest.raises(DatabaseError, match="not those of its payments"), transaction.atomic(), acting(biller):
        DayClose.objects.create(
            created_by=biller,
            business_date=payment.business_date,
            payment_count=1,
            total=Decimal(24),
            expected_cash=Decimal(24),
            counted_cash=Decimal(24),
        )


@pytest.mark.feature("D09")
@pytest.mark.parametrize("zone", ["Pacific/Kiritimati", "Pacific/Pago_Pago"])
def test_a_close_of_a_day_to_come_is_refused_on_the_clinics_clock(biller: User, zone: str) -> None:
    """The two ends of the world are never in one day: where it is tomorrow, that day may be closed, elsewhere not."""
    ClinicFactory(time_zone=zone)
    today = datetime.now(ZoneInfo(zone)).date()
    empty = {"payment_count": 0, "total": 0, "expected_cash": 0, "counted_cash": 0}
    with pytest.raises(DatabaseError, match="still to come"), transaction.atomic(), acting(biller):
        DayClose.objects.create(created_by=biller, business_date=today + timedelta(days=1), **empty)
    with transaction.atomic(), acting(biller):
        DayClose.objects.create(created_by=biller, business_date=today, **empty)


@pytest.mark.feature("D09")
def test_a_difference_needs_its_reason_and_is_in_the_ledger(biller: User, payment: Payment) -> None:
    day = payment.business_date
    with pytest.raises(DomainError, match=r"\$1\.50 less"):
        closed(biller, day, "23.50", 1)
    closed(biller, day, "23.50", 1, "A quarter roll was short")
    rows = LedgerEntry.objects.filter(transaction__kind="over-short").order_by("account")
    assert list(rows.values_list("account", "amount")) == [("funds", -150), ("over-short", 150)]


@pytest.mark.feature("D09")
def test_who_closes_has_seen_all_and_closes_once_and_no_day_to_come(biller: User, payment: Payment) -> None:
    day = payment.business_date
    with pytest.raises(Conflict, match="A payment came"):
        closed(biller, day, "0", 0)
    with pytest.raises(DomainError, match="when it has come"):
        closed(biller, day + timedelta(days=1), "0", 0)
    closed(biller, day, "25.00", 1)
    with pytest.raises(Conflict, match="closed already"):
        closed(biller, day, "25.00", 1)
