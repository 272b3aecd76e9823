"""What came in and went out, and what goes to the bank."""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from django.db import transaction
from django.urls import reverse

from billing.actions.payments import refund, reverse_payment
from billing.choices import PaymentKind, PaymentMethod
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.dates import clinic_today
from tests.billing.payers import decide
from tests.billing.views.report_pages import (
    PERIOD,
    TODAY,
    Books,
    on,
    page,
    pay,
    tables,
)
from tests.factories.accounts import PractitionerFactory
from tests.factories.billing import claim, submitted

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H22")]

LogIn = Callable[..., Any]


def test_two_equal_payments_are_two_and_what_went_back_is_a_line(books: Books, biller: User, as_role: LogIn) -> None:
    owes = books.own.patient
    with on(TODAY):
        first, _ = (pay(biller, owes, "25.00", PaymentKind.PAYMENT) for _ in range(2))
        reverse_payment(by=biller, payment=first, reason="Wrong patient")
        refund(
            by=biller,
            patient=books.waiting.patient,
            method=PaymentMethod.CHECK,
            amount=Decimal(5),
            reason="Asked for it",
            reference="7",
        )
    client = as_role("biller")
    rows = tables(client, "payments", group="each", **PERIOD)["Each payment"]
    assert [(row[0], row[1], row[2], row[6], row[10]) for row in rows[1:]] == [
        ("20-Apr-2026", "Insurance payment", str(books.decided.payer), "Other", "30.00"),
        ("20-Apr-2026", "Prepayment", "Patient", "Cash", "20.00"),
        ("09-May-2026", "Payment on the balance", "Patient", "Cash", "25.00"),
        ("09-May-2026", "Payment on the balance", "Patient", "Cash", "25.00"),
        ("09-May-2026", "Taken back: payment on the balance", "Patient", "Cash", "−25.00"),
        ("09-May-2026", "Refund", "Patient", "Check", "−5.00"),
        ("Total", "", "", "", "70.00"),
    ]
    assert re.findall(r"<dd>([^<]*)</dd>", page(client, "payments", **PERIOD)) == ["70.00", "70.00", "0.00"]
    assert tables(client, "payments", group="method", **PERIOD)["By method"][1:] == [
        ["Cash", "4", "70.00", "−25.00", "0.00", "0.00", "0.00", "45.00"],
        ["Check", "1", "0.00", "−5.00", "0.00", "0.00", "0.00", "−5.00"],
        ["Other", "1", "0.00", "0.00", "30.00", "0.00", "0.00", "30.00"],
        ["Total", "6", "70.00", "−30.00", "30.00", "0.00", "0.00", "70.00"],
    ]


def test_a_practitioner_has_the_part_that_paid_their_visits(books: Books, biller: User, as_role: LogIn) -> None:
    """A payment on the balance pays a visit; what is beyond is nobody's yet."""
    with on(TODAY):
        pay(biller, books.own.patient, "60.00", PaymentKind.PAYMENT)
    client, doctor = as_role("biller"), books.own.encounter.practitioner
    assert doctor is not None
    asked = {"group": "practitioner", **PERIOD}
    assert [(row[0], row[-1]) for row in tables(client, "payments", **asked)["By practitioner"][1:]] == [
        (doctor.short_name, "80.00"),
        ("No practitioner", "30.00"),
        ("Total", "110.00"),
    ]


def test_the_slip_has_payers_checks_by_number_and_tells_transfers_by_trace(
    books: Books, biller: User, as_role: LogIn
) -> None:
    client = as_role("biller")
    for method in ("CHK", "ACH"):
        made = submitted(biller)
        decide(biller, made, paid=4000, method=method)
    pay(biller, books.own.patient, "15.00", method=PaymentMethod.CHECK, reference="1027")
    day = clinic_today()
    shown = client.get(reverse("billing:payments_day")).content.decode()
    assert "From payers" in shown
    client.post(reverse("billing:payments_close", args=[day]), {"counted_cash": "0", "payments_seen": "1"})
    content = client.get(reverse("billing:payments_deposit", args=[day])).content
    words = "\n".join(one.get_textpage().get_text_range() for one in pypdfium2.PdfDocument(content))
    assert re.search(r"Check 1027\s+2\s+15\.00", words)
    assert re.search(r"Check EFT\d+ of Example Health\s+40\.00", words)
    assert re.search(r"2 checks in all\s+55\.00\s+Total of the deposit\s+55\.00", words)
    assert re.search(r"Example Health\s+EFT\d+\s+Bank transfer\s+40\.00", words)


def test_two_of_one_name_are_two(books: Books, biller: User, as_role: LogIn) -> None:
    """The Okafors, Anna and Adam; two clerks called the same; two payers who go by one name."""
    first = books.own.encounter.practitioner
    assert first is not None
    with on(TODAY), transaction.atomic(), acting(biller):
        first.family_name, first.given_name, first.credentials = "Okafor", "Anna", "MD"
        first.save()
        adam = PractitionerFactory(family_name="Okafor", given_name="Adam", credentials="MD")
        seen = claim(biller, covered=False, practitioner=adam)
    client, clerks = as_role("biller"), [as_role("front_desk").user for _ in range(2)]
    for clerk, owes, amount in zip(clerks, (books.own, seen), ("10.00", "7.00"), strict=True):
        clerk.first_name, clerk.last_name = "Sam", "Lee"
        with transaction.atomic(), acting(biller):
            clerk.save(update_fields=["first_name", "last_name"])
        with on(TODAY):
            pay(clerk, owes.patient, amount, PaymentKind.PAYMENT)
    found = tables(client, "payments", group="practitioner", first="2026-05-09", last="2026-05-09")["By practitioner"]
    assert [(row[0], row[-1]) for row in found[1:]] == [(str(adam), "7.00"), (str(first), "10.00"), ("Total", "17.00")]
    people = tables(client, "payments", group="person", first="2026-05-09", last="2026-05-09")["By who took it"]
    assert sorted((row[0], row[-1]) for row in people[1:-1]) == [("Sam Lee", "10.00"), ("Sam Lee", "7.00")]
