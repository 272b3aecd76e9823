"""Good-faith estimates: given, kept as they were, and compared with the bill."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pypdfium2  # type: ignore[import-untyped]
import pytest
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from billing.actions.charges import add_charge
from billing.actions.claims import create_claim
from billing.actions.discounts import give_self_pay_discount
from billing.actions.estimates import Request, give_estimate
from billing.models import GoodFaithEstimate
from billing.queries.estimates import disputable_estimates, estimates_of, usual_services
from clinic.models import Patient
from emr.accounts.models import Clinic, User
from emr.audit.actor import acting
from emr.audit.models import AccessEvent
from emr.shared.dates import clinic_day
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from scheduling.actions.moving import reschedule
from scheduling.models import Appointment
from tests.factories.base import someone
from tests.factories.billing import FeeFactory, charged, service, visit
from tests.factories.clinic import CoverageFactory
from tests.factories.scheduling import AppointmentFactory
from tests.factories.statements import BillingPolicyFactory, EstimateFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H19")]

LogIn = Callable[..., Any]


@pytest.fixture
def booked(db: None) -> Appointment:
    """A visit in two weeks of somebody who pays themselves, in a clinic with one fee."""
    seen = visit(covered=False, signed=False)
    FeeFactory()
    soon = timezone.now() + timedelta(days=14)
    made: Appointment = AppointmentFactory.create(
        patient=seen.patient, practitioner=seen.practitioner, start_at=soon, type__name="New patient"
    )
    return made


def sent(booked: Appointment, **more: str) -> dict[str, Any]:
    return {
        "service_1": "G0463",
        "units_1": "2",
        "service_date": clinic_day(booked.start_at).isoformat(),
        "practitioners": [str(booked.practitioner_id)],
        "diagnoses": "",
        "apart": "A chest X-ray",
        "request_token": str(uuid7()),
        **more,
    }


def give(client: Client, booked: Appointment, data: dict[str, Any]) -> Any:
    return client.post(reverse("billing:estimates_give", args=[booked.patient_id, booked.pk]), data)


def printed(client: Client, patient: Patient, row: GoodFaithEstimate) -> bytes:
    answer = client.get(reverse("billing:estimates_print", args=[patient.pk, row.pk]))
    assert answer.headers["Content-Type"] == "application/pdf"
    return bytes(answer.content)


def read(pdf: bytes) -> str:
    return " ".join("\n".join(page.get_textpage().get_text_range() for page in pypdfium2.PdfDocument(pdf)).split())


def test_an_estimate_says_what_the_rule_asks_for_and_stays_as_it_was(booked: Appointment, as_role: LogIn) -> None:
    BillingPolicyFactory(self_pay_discount=Decimal(25))
    client, data = as_role("front_desk"), sent(booked)
    assert [give(client, booked, data).status_code for _ in range(2)] == [303, 303]
    row, patient, clinic = GoodFaithEstimate.objects.get(), booked.patient, Clinic.objects.get()
    assert (row.number, row.total, row.service_date) == (row.number, Decimal("180.00"), clinic_day(booked.start_at))
    paper = printed(client, patient, row)
    text, doctor = read(paper), booked.practitioner
    for said in (
        f"Good-faith estimate {row.number}",
        f"{patient.full_name} Born 14-Mar-1962 12 Elm Street",
        clinic.name,
        f"{doctor}, NPI {doctor.npi}, tax ID {clinic.tax_id[:2]}-{clinic.tax_id[2:]} (EIN)",
        "New patient, ",
        "Diagnosis Not known yet",
        "G0463 Hospital outpatient clinic visit 2 240.00 60.00 180.00",
        "with 25 % off for paying yourself 240.00 60.00 180.00",
        "A chest X-ray",
        "It is an estimate",
        "It is not a contract",
        "$400 or more above the total",
        "www.cms.gov/nosurprises",
    ):
        assert said in text, said
    with transaction.atomic(), acting(someone()):
        clinic.name = "Another name"
        clinic.save(update_fields=["name"])
    assert printed(client, patient, row) == paper
    assert AccessEvent.objects.filter(user=client.user, action="print", patient_id=patient.pk).count() == 2


def test_what_can_not_be_estimated_is_said_beside_it(booked: Appointment, as_role: LogIn) -> None:
    client = as_role("biller")
    for wrong, words in (
        ({"service_1": ""}, "Enter at least one service."),
        ({"service_1": "Nonsense"}, "Nonsense"),
        ({"units_1": "-1"}, "greater than or equal"),
        ({"service_date": "01-Jan-2020"}, "still to come"),
        ({"diagnoses": "I10 XX99.9"}, "Not an ICD-10-CM code"),
        ({"practitioners": []}, "Choose who is expected"),
    ):
        answer = give(client, booked, sent(booked, **wrong))  # type: ignore[arg-type]
        assert (answer.status_code, words in answer.content.decode()) == (422, True), words
    with pytest.raises(DomainError, match="has no fee"):
        give_estimate(by=client.user, patient=booked.patient, asked=Request(services=[(service("G9999"), Decimal(1))]))
    assert not GoodFaithEstimate.objects.exists()
    other = visit(covered=False).patient
    assert client.get(reverse("billing:estimates_give", args=[other.pk, booked.pk])).status_code == 404
    assert as_role("nurse").get(reverse("billing:estimates_patient", args=[other.pk])).status_code == 403


def test_the_form_begins_with_what_is_usually_done(booked: Appointment, biller: User, as_role: LogIn) -> None:
    for lines in (1, 1, 2):
        seen = charged(biller, visit(covered=False), lines=lines)
        AppointmentFactory(type=booked.type, patient=seen.patient, encounter=seen)
    assert [one.code for one in usual_services(booked)] == ["G1000"]
    CoverageFactory(patient=booked.patient)
    page = as_role("front_desk").get(reverse("billing:estimates_give", args=[booked.patient_id, booked.pk]))
    shown = page.content.decode()
    assert "G1000" in shown
    assert "The patient is insured" in shown
    assert "within 1 business day of the booking" in shown


def test_the_bill_is_compared_and_400_more_is_flagged(booked: Appointment, biller: User, as_role: LogIn) -> None:
    BillingPolicyFactory(self_pay_discount=Decimal(10))
    asked = Request(services=[(service(), Decimal(1))], service_date=clinic_day(booked.start_at), appointment=booked)
    row = give_estimate(by=biller, patient=booked.patient, asked=asked)
    assert [(one.estimate, one.billed, one.disputable) for one in estimates_of(booked.patient)] == [(row, None, False)]
    seen = visit(patient=booked.patient, covered=False)
    with transaction.atomic(), acting(someone()):
        booked.encounter = seen
        booked.save(update_fields=["encounter"])
    add_charge(by=biller, encounter=seen, coding=service(), unit_price=Decimal(508))
    made = create_claim(by=biller, encounter=seen)
    [one] = estimates_of(booked.patient)
    assert (one.billed, one.beyond, one.disputable) == (Decimal(508), Decimal(400), True)
    assert disputable_estimates(booked.patient) == [one]
    page = as_role("biller").get(reverse("billing:estimates_patient", args=[booked.patient_id])).content.decode()
    assert "$400.00 over" in page
    shown = as_role("biller").get(reverse("billing:claims_detail", args=[booked.patient_id, made.pk])).content.decode()
    assert "Billed $508.00, estimated $108.00: $400.00 more" in shown
    give_self_pay_discount(by=biller, claim=made, share=Decimal(10))
    assert not disputable_estimates(booked.patient)


def test_the_bill_of_a_visit_that_was_moved_is_compared(booked: Appointment, biller: User) -> None:
    asked = Request(services=[(service(), Decimal(1))], service_date=clinic_day(booked.start_at), appointment=booked)
    give_estimate(by=biller, patient=booked.patient, asked=asked)
    for days in (7, 9):
        later = booked.start_at.replace(minute=0, second=0, microsecond=0) + timedelta(days=days)
        booked = reschedule(by=biller, appointment=booked, start_at=later, override_reason="They asked for it")
    seen = visit(patient=booked.patient, covered=False)
    with transaction.atomic(), acting(someone()):
        booked.encounter = seen
        booked.save(update_fields=["encounter"])
    add_charge(by=biller, encounter=seen, coding=service(), unit_price=Decimal(900))
    create_claim(by=biller, encounter=seen)
    assert [one.billed for one in disputable_estimates(booked.patient)] == [900]


def test_the_list_costs_the_same_for_thirty(booked: Appointment, as_role: LogIn) -> None:
    client, patient = as_role("biller"), booked.patient
    EstimateFactory(patient=patient)

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            assert client.get(reverse("billing:estimates_patient", args=[patient.pk])).status_code == 200
        return len(captured)

    queries()
    few = queries()
    EstimateFactory.create_batch(29, patient=patient)
    assert queries() == few
