"""Since when a patient owes: the day on which what is open became theirs, however often it went to and fro."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from billing.actions.adjusting import transfer
from billing.actions.payments import reverse_payment, take_payment
from billing.actions.posting import post_remittance
from billing.actions.taking_back import take_back
from billing.choices import PaymentKind, PaymentMethod
from billing.models import Claim, Payment
from billing.queries.aging import Clock, items
from billing.queries.patient_due import due_items
from emr.accounts.models import User
from tests.billing.actions.test_remittances import doe, remitted, told
from tests.factories.billing import claim

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H16")]

FIRST = date(2026, 3, 20)


def later(days: int) -> Any:
    """The clinic at ten in the morning, so many days after the first."""
    day = FIRST + timedelta(days=days)
    return time_machine.travel(datetime(day.year, day.month, day.day, 16, tzinfo=UTC))


def since(made: Claim) -> int:
    """In days after the first, as statements count; the aging report counts from the same day."""
    [due] = due_items([made.patient_id])[made.patient_id]
    [aged] = [one for one in items() if one.side == "patient"]
    assert due.since == aged.since(Clock.SUBMITTED) == aged.moved_on
    return (due.since - FIRST).days


def paid(by: User, made: Claim, amount: str) -> Payment:
    said = {"kind": PaymentKind.PAYMENT, "method": PaymentMethod.CHECK, "reference": "1027"}
    return take_payment(by=by, patient=made.patient, amount=Decimal(amount), **said)


def test_a_decision_that_was_taken_back_never_was(biller: User) -> None:
    with later(0):
        made = doe(biller)
        row = remitted(biller, told(made, ("CO", "45", 1000), ("PR", "3", 500)))
        post_remittance(by=biller, reconciliation=row)
        assert since(made) == 0
    with later(1):
        again = take_back(by=biller, reconciliation=row, reason="Another clinic's")
    with later(70):
        post_remittance(by=biller, reconciliation=again)
        assert since(made) == 70
    # As of a day on which it wasn't taken back yet, it stood.
    [then] = [one for one in items(FIRST) if one.side == "patient"]
    assert then.moved_on == FIRST


def test_a_check_that_bounced_leaves_the_debt_as_old_as_it_is(biller: User) -> None:
    with later(0):
        made = claim(biller, covered=False)
    with later(5):
        check = paid(biller, made, "50.00")
    with later(40):
        reverse_payment(by=biller, payment=check, reason="No funds")
        assert since(made) == 0


def test_what_was_paid_makes_nothing_older_that_comes_after(biller: User) -> None:
    with later(0):
        made = doe(biller)
        post_remittance(by=biller, reconciliation=remitted(biller, told(made, ("CO", "50", 3500), ("PR", "3", 500))))
    with later(10):
        paid(biller, made, "2.00")
        assert since(made) == 0
        paid(biller, made, "3.00")
    with later(90):
        transfer(by=biller, claim=made, amount=Decimal(35), reason="Not covered")
        assert since(made) == 90
