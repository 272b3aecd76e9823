"""Whatever is paid, taken back, given back and set off, in whatever order: the ledger's sums hold."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.db import connection, transaction
from django.db.models import Sum
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from billing.actions.closed_days import close_day
from billing.actions.credits import apply_credit
from billing.actions.ledger import bring_forward
from billing.actions.payments import refund, reverse_payment, take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import DayClose, LedgerEntry, LedgerTransaction, Payment
from billing.queries.business_days import open_day
from billing.queries.ledger import balance_of, from_cents
from billing.queries.payments_day import Sums, sums_of
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from tests.factories.accounts import ClinicFactory, make_person
from tests.factories.clinic import PatientFactory

AMOUNTS = st.integers(1, 20_000).map(lambda cents: Decimal(cents) / 100)
KINDS = st.sampled_from([PaymentKind.COPAY, PaymentKind.PREPAYMENT, PaymentKind.PAYMENT])
METHODS = st.sampled_from([PaymentMethod.CASH, PaymentMethod.CARD, PaymentMethod.CHECK])


class Counter(RuleBasedStateMachine):
    """A counter with two patients, and beside it the plainest book that can be kept: what each has brought and owed."""

    @initialize()
    def open(self) -> None:
        self.savepoint = transaction.savepoint()
        ClinicFactory()
        self.by = make_person("biller")
        self.patients = [PatientFactory.create(), PatientFactory.create()]
        self.net = [Decimal(0), Decimal(0)]

    def teardown(self) -> None:
        """Each run begins with empty books."""
        if hasattr(self, "savepoint"):
            transaction.savepoint_rollback(self.savepoint)

    @rule(who=st.integers(0, 1), kind=KINDS, method=METHODS, amount=AMOUNTS, twice=st.booleans())
    def pay(self, who: int, kind: PaymentKind, method: PaymentMethod, amount: Decimal, twice: bool) -> None:
        token = uuid7()
        fields = {"kind": kind, "method": method, "amount": amount, "reference": "7", "request_token": token}
        made = [take_payment(by=self.by, patient=self.patients[who], **fields) for _ in range(1 + twice)]
        assert len({row.pk for row in made}) == 1
        self.net[who] -= amount

    @rule(who=st.integers(0, 1), cents=st.integers(-5000, 20_000).filter(bool))
    def owe(self, who: int, cents: int) -> None:
        bring_forward(by=self.by, patient=self.patients[who], amount=Decimal(cents) / 100, reason="Before")
        self.net[who] += Decimal(cents) / 100

    @rule(who=st.integers(0, 1), amount=AMOUNTS)
    def give_back(self, who: int, amount: Decimal) -> None:
        credit = balance_of(self.patients[who]).credit
        fields = {"method": PaymentMethod.CASH, "amount": amount, "reason": "Asked for it"}
        if amount > credit:
            with pytest.raises(DomainError):
                refund(by=self.by, patient=self.patients[who], **fields)
            return
        refund(by=self.by, patient=self.patients[who], **fields)
        self.net[who] += amount

    @rule(who=st.integers(0, 1))
    def set_off(self, who: int) -> None:
        before = balance_of(self.patients[who])
        if not min(before.due, before.credit):
            with pytest.raises(DomainError):
                apply_credit(by=self.by, patient=self.patients[who])
            return
        assert apply_credit(by=self.by, patient=self.patients[who]) == min(before.due, before.credit)

    @precondition(lambda self: Payment.objects.filter(reversal_of=None, reversal=None).exists())
    @rule(number=st.integers(0, 50))
    def take_back(self, number: int) -> None:
        rows = list(Payment.objects.filter(reversal_of=None, reversal=None).order_by("receipt_number"))
        row = rows[number % len(rows)]
        reverse_payment(by=self.by, payment=row, reason="Wrong")
        self.net[self.patients.index(row.patient)] += row.amount

    @precondition(lambda self: DayClose.objects.count() < 1)
    @rule(short=st.integers(-100, 100))
    def close(self, short: int) -> None:
        day = open_day()
        sums = sums_of(Payment.objects.filter(business_date=day))
        close_day(
            by=self.by,
            business_date=day,
            counted_cash=sums.cash + Decimal(short) / 100,
            payments_seen=sums.count,
            difference_reason="Counted so",
        )

    @invariant()
    def sums_hold(self) -> None:
        if not hasattr(self, "patients"):
            return
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        assert (LedgerEntry.objects.aggregate(sum=Sum("amount"))["sum"] or 0) == 0
        assert [balance_of(patient).net for patient in self.patients] == self.net
        numbers = list(Payment.objects.order_by("receipt_number").values_list("receipt_number", flat=True))
        assert numbers == list(range(1, len(numbers) + 1))
        funds = LedgerEntry.objects.filter(account="funds", transaction__payment__isnull=False)
        paid = Payment.objects.aggregate(sum=Sum("amount"))["sum"] or Decimal(0)
        assert from_cents(funds.aggregate(sum=Sum("amount"))["sum"] or 0) == paid
        assert LedgerTransaction.objects.filter(payment__isnull=False).count() == len(numbers)
        for close in DayClose.objects.all():
            day = Payment.objects.filter(business_date=close.business_date)
            assert Sums.of_data(close.totals).total == close.total == sums_of(day).total


@pytest.mark.django_db
@pytest.mark.feature("D05")
@pytest.mark.feature("D09")
def test_every_sum_of_the_ledger_holds_whatever_is_done() -> None:
    run_state_machine_as_test(
        Counter,
        settings=settings(
            max_examples=12, stateful_step_count=12, deadline=None, suppress_health_check=list(HealthCheck)
        ),
    )
