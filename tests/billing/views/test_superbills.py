"""Superbills, read back from paper."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
import time_machine
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.actions.claims import create_claim, submit_claims
from billing.actions.payments import refund, reverse_payment, take_payment
from billing.actions.resubmitting import void_claim
from billing.choices import PaymentKind, PaymentMethod
from billing.models import Payment
from billing.queries.superbills import bill_of, bills_between
from clinic.models import Encounter, Patient
from emr.accounts.models import Clinic, User
from emr.audit.models import AccessEvent
from emr.ui import formats
from tests.billing.payers import decide
from tests.factories.billing import SEEN_AT, SEEN_ON, charged, submitted, visit
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.pages import said as shown

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H15")]

LogIn = Callable[..., Any]


def words(pdf: bytes) -> str:
    pages = pypdfium2.PdfDocument(pdf)
    return " ".join("\n".join(page.get_textpage().get_text_range() for page in pages).split())


def ask(client: Client, patient: Patient, first: date | str, last: date | str) -> Any:
    days = {"first": str(first), "last": str(last)}
    return client.post(reverse("billing:superbills_print", args=[patient.pk]), days)


def printed(client: Client, seen: Encounter) -> str:
    answer = client.get(reverse("billing:superbills_visit", args=[seen.patient_id, seen.pk]))
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/pdf")
    return words(answer.content)


def pay(by: User, seen: Encounter, amount: int, **more: Any) -> Payment:
    fields = {"kind": PaymentKind.COPAY, "method": PaymentMethod.CASH, "encounter": seen, **more}
    with time_machine.travel(SEEN_AT):
        return take_payment(by=by, patient=seen.patient, amount=Decimal(amount), **fields)


def test_it_says_all_that_an_insurer_asks_of_the_patient(biller: User, as_role: LogIn) -> None:
    seen = charged(biller, visit(codes=["I10", "E11.9"]), lines=2, modifiers=["25"], diagnosis_ranks=(2, 1), quantity=2)
    pay(biller, seen, 20)
    soon = timezone.now() + timedelta(days=9)
    AppointmentFactory(patient=seen.patient, type__name="Blood pressure check", start_at=soon)
    client, patient = as_role("biller"), seen.patient
    text = printed(client, seen)
    clinic, doctor = Clinic.objects.get(), seen.practitioner
    assert doctor
    policy = patient.coverages.get()
    for said in (
        clinic.name,
        f"NPI {clinic.npi}",
        f"Tax ID {clinic.tax_id[:2]}-{clinic.tax_id[2:]} (EIN)",
        f"{doctor}, NPI {doctor.npi}",
        f"{patient.full_name} Born 14-Mar-1962 12 Elm Street Springfield, IL 62701",
        f"{policy.payer.name}, member id {policy.subscriber_id}",
        "Place of service 11",
        "A I10 Diagnosis I10",
        "B E11.9 Diagnosis E11.9",
        "09-Mar-2026 G1000 Clinic visit 25 BA 2 100.00",
        "09-Mar-2026 G1001 Clinic visit 25 BA 2 102.00",
        "09-Mar-2026 Copay, receipt 1 Cash 20.00",
        "Charges 202.00",
        "Paid by the patient, of that 20.00 on the day 20.00",
        "Balance 182.00",
        f"Signed electronically by {doctor.given_name} {doctor.family_name}",
        "Blood pressure check",
    ):
        assert said in text, said
    event = AccessEvent.objects.get(user=client.user, action="print")
    assert (event.patient_id, event.section) == (patient.pk, "billing")


def test_a_range_of_one_day_works_and_the_last_day_counts(biller: User, as_role: LogIn) -> None:
    """openemr#13411: a superbill whose first and last day were the same was blank."""
    client, patient = as_role("biller"), visit().patient
    late = SEEN_AT.replace(hour=23) + timedelta(days=2, hours=4)
    for at in (SEEN_AT, SEEN_AT + timedelta(days=1), late):
        charged(biller, visit(patient=patient, period_start=at, period_end=at))
    days = [SEEN_ON + timedelta(days=n) for n in range(3)]
    assert [len(bills_between(patient, days[0], day)) for day in days] == [1, 2, 3]
    for number, day in enumerate(days):
        text = words(ask(client, patient, day, day).content)
        assert (f"G{1000 + number}" in text, text.count("Visit of")) == (True, 1)
    whole = words(ask(client, patient, days[0], days[-1]).content)
    assert "All 3 visits" in whole
    assert "Balance 150.00 Next appointment" in whole


def test_where_there_is_none_the_page_says_why(biller: User, as_role: LogIn) -> None:
    client, seen = as_role("biller"), visit()
    bare = client.get(reverse("billing:superbills_list", args=[seen.patient_id]))
    assert "No charged visits yet" in bare.content.decode()
    asked = client.get(reverse("billing:superbills_visit", args=[seen.patient_id, seen.pk]), follow=True)
    assert "Nothing is charged for this visit yet" in asked.content.decode()
    charged(biller, seen)
    none = ask(client, seen.patient, SEEN_ON + timedelta(days=1), SEEN_ON + timedelta(days=1))
    assert (none.status_code, "Nothing is charged for a visit on these days" in none.content.decode()) == (422, True)
    backwards = ask(client, seen.patient, SEEN_ON, SEEN_ON - timedelta(days=1))
    assert (backwards.status_code, "before the first" in backwards.content.decode()) == (422, True)
    assert ask(client, seen.patient, "yesterday", "").status_code == 422
    other = PatientFactory()
    assert client.get(reverse("billing:superbills_visit", args=[other.pk, seen.pk])).status_code == 404


@pytest.mark.feature("H13")
def test_its_money_is_the_ledger_s(biller: User) -> None:
    seen = charged(biller, visit(), lines=2)
    money = [bill_of(seen.patient, seen.pk)[0].amounts]
    paid = [pay(biller, seen, 20) for _ in range(2)]
    with time_machine.travel(SEEN_AT):
        reverse_payment(by=biller, payment=paid[0], reason="Twice")
    [bill] = bill_of(seen.patient, seen.pk)
    money.append(bill.amounts)
    assert [one.what for one in bill.payments] == [
        "Copay, receipt 1",
        "Copay, receipt 2",
        "Reversal of receipt 1, receipt 3",
    ]
    made = submit_claims(by=biller, claims=[create_claim(by=biller, encounter=seen)])[0]
    money.append(bill_of(seen.patient, seen.pk)[0].amounts)
    decide(biller, made, paid=6000, agreed=2600, patient=1500)
    money.append(bill_of(seen.patient, seen.pk)[0].amounts)
    refund(by=biller, patient=seen.patient, amount=Decimal(5), method=PaymentMethod.CASH, reason="Too much")
    money.append(bill_of(seen.patient, seen.pk)[0].amounts)
    assert [(one.paid, one.others, one.balance) for one in money] == [
        (0, 0, 101),
        (20, 0, 81),
        (20, 0, 81),
        (20, 86, -5),
        (15, 86, 0),
    ]


@pytest.mark.feature("H13")
def test_what_nobody_is_asked_for_any_more_is_still_to_be_paid(biller: User) -> None:
    """A claim that was taken back paid nothing, and wrote nothing off."""
    made = submitted(biller)
    void_claim(by=biller, claim=made, reason="The wrong visit")
    money = bill_of(made.patient, made.encounter_id)[0].amounts
    assert (money.charged, money.paid, money.others, money.balance) == (50, 0, 0, 50)


@pytest.mark.feature("A03")
def test_whom_its_diagnoses_don_t_concern_neither_prints_it_nor_sees_a_way_to_it(biller: User, as_role: LogIn) -> None:
    """The front desk reads nothing clinical; its paper for the patient who paid is the receipt."""
    seen = charged(biller, visit())
    ways = [
        ("get", reverse("billing:superbills_visit", args=[seen.patient_id, seen.pk])),
        ("get", reverse("billing:superbills_list", args=[seen.patient_id])),
        ("post", reverse("billing:superbills_print", args=[seen.patient_id])),
    ]
    days = {"first": str(SEEN_ON), "last": str(SEEN_ON)}
    found = {}
    for role in ("front_desk", "nurse", "biller", "manager"):
        client = as_role(role)
        found[role] = [getattr(client, verb)(address, days).status_code for verb, address in ways]
        panel = client.get(reverse("billing:payments_panel", args=[seen.patient_id])).content.decode()
        assert ("uperbill" in panel) is (role in ("biller", "manager"))
    assert found == {
        "front_desk": [403] * 3,
        "nurse": [403] * 3,
        "biller": [200] * 3,
        "manager": [200] * 3,
    }


def test_it_asks_as_often_for_thirty_visits_as_for_one(biller: User, as_role: LogIn) -> None:
    client, patient = as_role("biller"), visit().patient

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("billing:superbills_list", args=[patient.pk])).status_code == 200
            assert len(bills_between(patient, SEEN_ON, SEEN_ON + timedelta(days=40))) == number
        return len(captured)

    counts = []
    for number in (1, 2, 30):
        while Encounter.objects.filter(patient=patient, charge_items__isnull=False).count() < number:
            day = SEEN_AT + timedelta(days=Encounter.objects.filter(patient=patient).count())
            charged(biller, visit(patient=patient, period_start=day, period_end=day))
        counts.append(queries())
    assert counts[1] == counts[2]


def test_the_visits_are_paged_and_the_form_begins_with_all_their_days(
    biller: User, as_role: LogIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("billing.queries.superbills.PAGE_SIZE", 2)
    client, patient = as_role("biller"), visit().patient
    address = reverse("billing:superbills_list", args=[patient.pk])
    days = [SEEN_AT + timedelta(days=number) for number in range(5)]
    seen = [charged(biller, visit(patient=patient, period_start=day, period_end=day)) for day in days]
    links = [reverse("billing:superbills_visit", args=[patient.pk, one.pk]) for one in seen]
    pages = [shown(client.get(address, {"page": page})) for page in ("", "2", "3", "9", "x")]
    listed = [[number for number, link in enumerate(links) if link in page] for page in pages]
    assert listed == [[3, 4], [1, 2], [0], [0], [3, 4]]
    assert ["1 to 2 of 5" in pages[0], "3 to 4 of 5" in pages[1], "5 to 5 of 5" in pages[2]] == [True] * 3
    assert [f'href="{address}?page={number}"' in pages[1] for number in (1, 2, 3)] == [True, False, True]
    first, last = (formats.day(SEEN_ON + timedelta(days=number)) for number in (0, 4))
    assert [(f'value="{first}"' in page, f'value="{last}"' in page) for page in pages] == [(True, True)] * 5
