"""The pages of money over the counter."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal

import pytest
from django.test import Client
from django.urls import reverse

from billing.actions.ledger import bring_forward
from billing.models import Payment
from billing.queries.payments import copay_due
from clinic.models import Patient
from scheduling.models import Appointment
from tests.billing.views.counter import form, panel_url, words
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D05")]

HTMX = {"HTTP_HX_REQUEST": "true"}


def test_the_panel_of_a_visit_asks_for_its_copay(
    as_role: Callable[..., Client], patient: Patient, visit: Appointment
) -> None:
    page = as_role("front_desk").get(panel_url(patient, visit), **HTMX).content.decode()
    assert 'name="amount" value="30.00"' in page
    assert '<option value="copay" selected>' in page
    assert "<html" not in page


@pytest.mark.parametrize("kind", ["copay", "prepayment"])
def test_what_was_paid_for_a_visit_that_was_moved_is_not_asked_for_again(
    as_role: Callable[..., Client], patient: Patient, visit: Appointment, kind: str
) -> None:
    client = as_role("front_desk")
    client.post(panel_url(patient, visit), form(kind=kind), **HTMX)
    moved = AppointmentFactory.create(patient=patient, replaces=visit, start_at=visit.start_at + timedelta(days=1))
    copay = copay_due(moved)
    assert (copay.amount, copay.paid, copay.left) == (Decimal(30), Decimal(30), Decimal(0))
    assert "It is paid." in client.get(panel_url(patient, moved), **HTMX).content.decode()


def test_a_payment_by_htmx_and_the_same_form_again_is_one(
    as_role: Callable[..., Client], patient: Patient, visit: Appointment
) -> None:
    client, sent = as_role("front_desk"), form()
    answers = [client.post(panel_url(patient, visit), sent, **HTMX) for _ in range(2)]
    made = Payment.objects.get()
    assert (made.appointment, made.amount, made.received_by) == (visit, Decimal(30), client.user)
    assert [answer.status_code for answer in answers] == [200, 200]
    assert "balance-changed" in answers[0].headers["HX-Trigger"]
    assert "It is paid." in answers[1].content.decode()


def test_without_javascript_it_works_as_a_page(
    as_role: Callable[..., Client], patient: Patient, visit: Appointment
) -> None:
    client = as_role("front_desk")
    answer = client.post(panel_url(patient, visit), form(), follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain == [(panel_url(patient, visit), 303)]
    assert "$30.00 taken, receipt 1." in page
    assert "<h1" in page


def test_an_error_keeps_what_was_typed(as_role: Callable[..., Client], patient: Patient) -> None:
    sent = form("12.345", reference="1027", method="check")
    answer = as_role("front_desk").post(panel_url(patient), sent)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert 'value="12.345"' in page
    assert 'value="1027"' in page
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("25,00", "Enter an amount in dollars and cents, like 25.00."),
        ("-25.00", "Enter an amount in dollars and cents, like 25.00."),
        ("0", "Enter an amount in dollars and cents, like 25.00."),
        ("50,000.01", "More than $50,000.00 isn&#39;t taken at once: look at the amount."),
        ("123456789.00", "This amount is too large. Look where its point stands."),
    ],
)
def test_an_amount_that_can_not_be_is_said_beside_it(
    as_role: Callable[..., Client], patient: Patient, typed: str, said: str
) -> None:
    answer = as_role("front_desk").post(panel_url(patient), form(typed))
    page = answer.content.decode()
    assert (answer.status_code, Payment.objects.count()) == (422, 0)
    assert f'value="{typed}"' in page
    assert said in page


def test_the_most_that_is_taken_is_taken(as_role: Callable[..., Client], patient: Patient) -> None:
    as_role("front_desk").post(panel_url(patient), form("$\u00a050,000.00"))
    assert Payment.objects.get().amount == Decimal(50000)


def test_a_form_that_was_sent_for_another_patient_takes_nothing_and_tells_nothing(
    as_role: Callable[..., Client], patient: Patient
) -> None:
    client, sent, other = as_role("front_desk"), form("77.77"), PatientFactory(family_name="Other")
    client.post(panel_url(patient), sent, follow=True)
    answer = client.post(panel_url(other), {**sent, "amount": "12.00"})
    page = answer.content.decode()
    assert (answer.status_code, Payment.objects.count()) == (409, 1)
    assert "This form was sent for somebody else already, and nothing was saved." in page
    assert 'value="12.00"' in page
    assert "77.77" not in page


def test_a_form_that_was_sent_with_another_amount_is_a_conflict(
    as_role: Callable[..., Client], patient: Patient
) -> None:
    client, sent = as_role("front_desk"), form()
    client.post(panel_url(patient), sent)
    answer = client.post(panel_url(patient), {**sent, "amount": "31.00"})
    assert (answer.status_code, Payment.objects.count()) == (409, 1)
    assert "made receipt 1" in answer.content.decode()


def test_a_visit_of_another_patient_is_not_found(
    as_role: Callable[..., Client], patient: Patient, visit: Appointment
) -> None:
    assert as_role("front_desk").get(panel_url(PatientFactory.create(), visit)).status_code == 404


def test_a_receipt_says_what_was_paid_and_a_reprint_is_the_same(
    as_role: Callable[..., Client], patient: Patient, visit: Appointment
) -> None:
    client = as_role("biller")
    bring_forward(by=client.user, patient=patient, amount=Decimal("45.00"), reason="Old system")
    client.post(panel_url(patient, visit), form("30.00", kind="payment", method="check", reference="1027"))
    address = reverse("billing:payments_receipt", args=[patient.pk, Payment.objects.get().pk])
    first = client.get(address).content
    client.post(panel_url(patient), form("5.00", kind="payment"))
    assert client.get(address).content == first
    said = words(first)
    for part in ("Receipt 1", patient.full_name, "Check 1027", "30.00", "$45.00 due", "$15.00 due", "12-3456789 (EIN)"):
        assert part in said


def test_who_took_a_payment_reverses_it_today_and_others_do_not(
    as_role: Callable[..., Client], patient: Patient
) -> None:
    taker, other, biller = as_role("front_desk"), as_role("front_desk"), as_role("biller")
    taker.post(panel_url(patient), form())
    address = reverse("billing:payments_reverse", args=[patient.pk, Payment.objects.get().pk])
    assert [client.get(address).status_code for client in (taker, other, biller)] == [200, 403, 200]
    taker.post(address, {"reason": "Wrong amount"})
    assert sorted(Payment.objects.values_list("amount", flat=True)) == [Decimal(-30), Decimal(30)]


def test_the_balance_is_one_line_for_the_banner(as_role: Callable[..., Client], patient: Patient) -> None:
    client = as_role("biller")
    bring_forward(by=client.user, patient=patient, amount=Decimal("45.00"), reason="Old system")
    client.post(panel_url(patient), form("20.00", kind="prepayment"))
    page = client.get(reverse("billing:balance_panel", args=[patient.pk]), **HTMX).content.decode()
    assert "$25.00 due" in page
    assert "$45.00 due, $20.00 unapplied credit" in page
    panel = client.get(panel_url(patient)).content.decode()
    assert 'name="amount" value="25.00"' in panel, "what is here already isn't asked for"
    assert "Pay the balance from the credit" in panel
    client.post(panel_url(patient), form("25.00", kind="prepayment"))
    covered = client.get(panel_url(patient)).content.decode()
    assert '<option value="prepayment" selected>' in covered
    assert 'name="amount" value' not in covered
