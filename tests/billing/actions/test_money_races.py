"""Two tills at once: receipts follow each other, a close counts all that it locks, nothing is given back twice."""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from django.db.models import Sum

from billing.actions.closed_days import close_day
from billing.actions.estimates import Request, give_estimate
from billing.actions.payments import refund, reverse_payment, take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import DayClose, GoodFaithEstimate, Payment
from clinic.models import Patient
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict
from emr.shared.records import uuid7
from tests.factories.billing import FeeFactory, service
from tests.factories.clinic import PatientFactory
from tests.races import at_once

pytestmark = [pytest.mark.feature("D09"), pytest.mark.attack("double-submit")]


def _take(by: User, patient: Patient, **more: Any) -> Payment:
    said: dict[str, Any] = {"kind": PaymentKind.PREPAYMENT, "method": PaymentMethod.CASH, "amount": Decimal(10)}
    return take_payment(by=by, patient=patient, **{**said, **more})


def test_tills_at_once_give_numbers_without_a_gap(committed_db: str, person: Callable[..., User]) -> None:
    by, patients = person("biller"), [PatientFactory() for _ in range(4)]
    made = at_once(4, lambda number: _take(by, patients[number]).receipt_number)
    assert sorted(made) == [1, 2, 3, 4]


def test_a_form_sent_many_times_at_once_takes_one_payment(committed_db: str, person: Callable[..., User]) -> None:
    by, patient, token = person("biller"), PatientFactory(), uuid7()
    made = at_once(4, lambda _: _take(by, patient, request_token=token).pk)
    assert (len(set(made)), Payment.objects.count()) == (1, 1)


def test_nothing_goes_back_twice(committed_db: str, person: Callable[..., User]) -> None:
    by, patient = person("biller"), PatientFactory()
    paid = _take(by, patient)
    at_once(3, lambda _: reverse_payment(by=by, payment=paid, reason="Said").pk)
    assert Payment.objects.aggregate(sum=Sum("amount"))["sum"] == 0
    _take(by, patient)
    back: dict[str, Any] = {"method": PaymentMethod.CASH, "amount": Decimal(10), "reason": "Said"}
    given = at_once(3, lambda _: refund(by=by, patient=patient, **back).pk)
    assert sum(isinstance(one, UUID) for one in given) == 1, given


def test_a_close_counts_all_that_it_locks(committed_db: str, person: Callable[..., User]) -> None:
    """Payments that come while a day is closed are in its totals or on the next day; the close sees all or none."""
    by, patients, today = person("biller"), [PatientFactory() for _ in range(4)], clinic_today()
    _take(by, patients[0])

    def work(number: int) -> object:
        if number:
            return _take(by, patients[number]).pk
        return close_day(by=by, business_date=today, counted_cash=Decimal(10), payments_seen=1).pk

    at_once(4, work)
    on_the_day = Payment.objects.filter(business_date=today).count()
    closes = list(DayClose.objects.values_list("payment_count", flat=True))
    assert closes in ([], [on_the_day])
    assert Payment.objects.count() == 4


@pytest.mark.feature("H19")
def test_an_estimate_sent_many_times_is_one(committed_db: str, person: Callable[..., User]) -> None:
    by, patient, token = person("biller"), PatientFactory.create(), uuid7()
    FeeFactory()
    asked = Request(services=[(service(), Decimal(1))])
    made = at_once(3, lambda _: give_estimate(by=by, patient=patient, asked=asked, request_token=token).number)
    assert (len(set(made)), GoodFaithEstimate.objects.count()) == (1, 1), made
    with pytest.raises(Conflict, match="somebody else"):
        give_estimate(by=by, patient=PatientFactory.create(), asked=asked, request_token=token)
