"""Credit set off while two charts were one: what the ledger says of each when they are two again."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

import pytest
from django.db import connection
from django.db.models import Sum

from billing.actions.credits import apply_credit
from billing.actions.ledger import bring_forward
from billing.actions.payments import take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import LedgerEntry, LedgerTransaction
from billing.queries.ledger import Balance, balance_of
from clinic.actions.unmerges import move_to_unmerged, to_review, undo_merge
from clinic.models import Patient
from emr.accounts.models import User
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from tests.clinic.twins import merge
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B04", "D05")]
OWED, AHEAD = Balance(due=Decimal(50)), Balance(credit=Decimal(30))


@pytest.fixture
def manager(person: Callable[..., User]) -> User:
    ClinicFactory()
    return person("manager")


def _pay(by: User, patient: Patient, amount: int) -> None:
    kind, method = PaymentKind.PREPAYMENT, PaymentMethod.CASH
    take_payment(by=by, patient=patient, amount=Decimal(amount), kind=kind, method=method, request_token=uuid7())


def _books_hold() -> None:
    """Each transaction sums to zero, now, and nobody's money is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")
    sums = LedgerTransaction.objects.annotate(sum=Sum("entries__amount")).values_list("sum", flat=True)
    assert set(sums) == {0}


def _whose(row: LedgerEntry) -> object:
    row.refresh_from_db()
    return row.patient_id


def test_each_has_the_balance_of_before_and_a_booking_moves_whole(manager: User) -> None:
    owes, ahead = PatientFactory.create(), PatientFactory.create()
    bring_forward(by=manager, patient=owes, amount=Decimal(50), reason="From the old books")
    _pay(manager, ahead, 30)
    row = merge(manager, owes, ahead)
    assert apply_credit(by=manager, patient=owes) == 30
    undo_merge(by=manager, merge=row, reason="Two people")
    assert (balance_of(owes), balance_of(ahead)) == (OWED, AHEAD)
    _books_hold()
    listed = [one for one in to_review(row.__class__.objects.get(pk=row.pk)) if isinstance(one.row, LedgerEntry)]
    assert sorted(str(one.row) for one in listed) == [
        "Due from patients -30.00",
        "Unapplied credit of patients 30.00",
    ]
    table, key = listed[0].key
    move_to_unmerged(by=manager, merge=row, table=table, row_id=key, reason="It was the other's visit")
    assert {_whose(one.row) for one in listed if isinstance(one.row, LedgerEntry)} == {ahead.pk}
    assert (balance_of(owes), balance_of(ahead)) == (OWED, AHEAD)
    _books_hold()


def test_a_payment_moves_with_its_entries_and_never_without_them(manager: User) -> None:
    one, other = PatientFactory.create(), PatientFactory.create()
    bring_forward(by=manager, patient=one, amount=Decimal(20), reason="From the old books")
    row = merge(manager, one, other)
    _pay(manager, one, 30)
    undo_merge(by=manager, merge=row, reason="Two people")
    listed = to_review(row.__class__.objects.get(pk=row.pk))
    entries = [found for found in listed if isinstance(found.row, LedgerEntry)]
    assert [found.kind for found in listed if found not in entries] == ["Payments"]
    payment = next(found for found in listed if found not in entries)
    with pytest.raises(DomainError, match="one side of a booking"):
        move_to_unmerged(by=manager, merge=row, table=entries[0].column.table, row_id=entries[0].row.pk, reason="His")
    move_to_unmerged(by=manager, merge=row, table=payment.column.table, row_id=payment.row.pk, reason="His")
    assert to_review(row.__class__.objects.get(pk=row.pk)) == []
    assert (balance_of(one), balance_of(other)) == (Balance(due=Decimal(20)), AHEAD)
    _books_hold()
