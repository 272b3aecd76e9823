"""Money paid ahead: seen wherever one looks for it, used and given back from one list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from billing.actions.credits import apply_credit
from billing.actions.ledger import bring_forward
from billing.actions.payments import take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import Payment
from billing.queries.ledger import balance_of
from billing.queries.unapplied import patients_with_credit
from clinic.models import Patient
from emr.accounts.models import User
from emr.shared.records import uuid7
from tests.billing.actions.test_remittances import doe
from tests.billing.actions.test_responses import unmatched
from tests.billing.payers import decide
from tests.factories.billing import submitted
from tests.factories.clinic import PatientDenialFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H13")]

LogIn = Callable[..., Any]
THEN = datetime(2026, 3, 20, 17, tzinfo=UTC)


def ahead(by: User, patient: Patient, amount: int, days: int = 0) -> Payment:
    with time_machine.travel(THEN + timedelta(days=days)):
        fields: dict[str, Any] = {"kind": PaymentKind.PREPAYMENT, "method": PaymentMethod.CASH}
        return take_payment(by=by, patient=patient, amount=Decimal(amount), **fields)


def test_a_prepayment_without_a_visit_is_seen_everywhere(biller: User, as_role: LogIn) -> None:
    """openemr#1055, #7902: a payment without a visit disappeared, a prepayment was nowhere to be seen."""
    patient, client = PatientFactory.create(), as_role("biller")
    with time_machine.travel(THEN):
        for _ in range(2):
            ahead(biller, patient, 40)
        pages = {
            "list": client.get(reverse("billing:credits_list")),
            "day": client.get(reverse("billing:payments_day")),
            "panel": client.get(reverse("billing:payments_panel", args=[patient.pk])),
            "line": client.get(reverse("billing:balance_panel", args=[patient.pk])),
        }
    shown = {name: page.content.decode() for name, page in pages.items()}
    assert {name for name, page in shown.items() if "80.00" in page} == set(pages)
    # Two equal payments are two (openemr#6492).
    assert [shown[name].count(">40.00<") for name in ("day", "panel")] == [2, 2]


def test_the_oldest_credit_comes_first_and_what_was_used_is_not_the_oldest(biller: User) -> None:
    first, second = PatientFactory.create(), PatientFactory.create()
    ahead(biller, first, 30)
    ahead(biller, first, 20, days=5)
    ahead(biller, second, 10, days=2)
    rows = patients_with_credit(biller)
    assert [(row.patient, row.balance.credit) for row in rows] == [(first, 50), (second, 10)]
    with time_machine.travel(THEN + timedelta(days=6)):
        bring_forward(by=biller, patient=first, amount=Decimal(30), reason="Old system")
        apply_credit(by=biller, patient=first)
    assert [(row.patient, row.since.day) for row in patients_with_credit(biller)] == [(second, 22), (first, 25)]


def test_it_is_used_and_given_back_from_the_list(biller: User, as_role: LogIn) -> None:
    patient, client = PatientFactory.create(), as_role("biller")
    ahead(biller, patient, 50)
    bring_forward(by=biller, patient=patient, amount=Decimal(20), reason="Old system")
    page = client.get(reverse("billing:credits_list")).content.decode()
    use, back = (reverse(f"billing:{name}", args=[patient.pk]) for name in ("payments_credit", "payments_refund"))
    assert (use in page, back in page) == (True, True)
    client.post(use)
    assert (balance_of(patient).due, balance_of(patient).credit) == (0, 30)
    client.post(back, {"amount": "30", "method": "cash", "reason": "Moved away", "request_token": uuid7()})
    assert "No patient has credit" in client.get(reverse("billing:credits_list")).content.decode()
    manager, desk = as_role("manager"), as_role("front_desk")
    assert [one.get(reverse("billing:credits_list")).status_code for one in (manager, desk)] == [200, 403]


@pytest.mark.feature("D05")
def test_insurers_money_is_nobody_s_payment(biller: User, as_role: LogIn) -> None:
    """openemr#8180: what the insurer paid was labelled "Patient"."""
    made, client = submitted(biller), as_role("biller")
    decide(biller, made, paid=6000)
    assert not Payment.objects.exists()
    page = client.get(reverse("billing:credits_list")).content.decode()
    assert "No patient has credit" in page
    assert all(words in page for words in ("unapplied money", made.number, str(made.payer), "10.00"))
    panel = client.get(reverse("billing:payments_panel", args=[made.patient_id])).content.decode()
    assert "Nothing was paid yet" in panel


def test_what_waits_for_a_person_is_payers_money_too(biller: User, as_role: LogIn) -> None:
    """The aging report counts it: the list told less than the ledger has."""
    client = as_role("biller")
    unmatched(biller, doe(biller), ("CO", "45", 1000))
    page = client.get(reverse("billing:credits_list")).content.decode()
    assert ("payers $40.00" in page, reverse("billing:responses_list") in page) == (True, True)
    aging = client.get(reverse("billing:reports_aging")).content.decode()
    assert "−40.00" in aging


def test_the_list_costs_the_same_for_thirty_and_hides_whom_one_may_not_know(biller: User, as_role: LogIn) -> None:
    client, patients = as_role("biller"), PatientFactory.create_batch(30)
    ahead(biller, patients[0], 10)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("billing:credits_list")).status_code == 200
        return len(captured)

    queries()
    few = queries()
    for patient in patients[1:]:
        ahead(biller, patient, 10)
    assert queries() == few
    PatientDenialFactory(user=client.user, patient=patients[0])
    assert len(patients_with_credit(client.user)) == 29
