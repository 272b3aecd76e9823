"""A copay at the desk, its receipt, the insurance beside it; in the evening the biller counts and closes the day."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from pathlib import Path

import pytest
from django.test import override_settings
from django.utils import timezone

from billing.actions.ledger import bring_forward
from billing.actions.payments import take_payment
from billing.choices import PaymentKind, PaymentMethod
from billing.models import DayClose
from clinic.actions.eligibility import check_eligibility
from emr.accounts.clinic import in_clinic_zone
from emr.shared.dates import clinic_today
from emr.shared.records import uuid7
from tests.factories.accounts import ClinicFactory, make_person
from tests.factories.clinic import CoverageFactory, PatientFactory, PayerFactory
from tests.factories.scheduling import AppointmentFactory
from tests.stories.clinic_server import running
from tests.stories.people import browsers

ARGON = "django.contrib.auth.hashers.Argon2PasswordHasher"


@pytest.mark.feature("D05")
@pytest.mark.feature("D06")
@pytest.mark.feature("D09")
def test_from_the_copay_to_the_closed_day(committed_db: str, tmp_path: Path) -> None:
    ClinicFactory()
    with override_settings(PASSWORD_HASHERS=[ARGON]):  # As the web server of the story checks them.
        desk, biller = make_person("front_desk"), make_person("biller")
    patient = PatientFactory(family_name="Harlow", given_name="June")
    first = CoverageFactory(
        patient=patient, payer=PayerFactory(name="Prairie Health"), plan_name="Choice PPO", copay=Decimal(30)
    )
    second = CoverageFactory(patient=patient, payer=PayerFactory(name="River Valley"), order=2, subscriber_id="RV20093")
    CoverageFactory(patient=patient, payer=first.payer, order=3, period_end=date(2023, 12, 31))
    visit = AppointmentFactory(patient=patient, start_at=timezone.now())
    with in_clinic_zone():
        for policy in (first, second):
            check_eligibility(by=desk, coverage=policy, service_date=clinic_today(), request_token=uuid7())
        bring_forward(by=biller, patient=patient, amount=Decimal("64.20"), reason="Before")
        for method, reference in ((PaymentMethod.CARD, "4242"), (PaymentMethod.CHECK, "1027")):
            take_payment(
                by=desk,
                patient=patient,
                kind=PaymentKind.PREPAYMENT,
                method=method,
                amount=Decimal(50),
                reference=reference,
            )
        today = clinic_today().isoformat()
    chart = f"/patients/{patient.pk}"
    with running(tmp_path) as address, browsers(address) as sit_down:
        clerk = sit_down("clerk")
        clerk.log_in(desk.email)
        clerk.page.wait_for_url(lambda url: "/login/" not in url)
        clerk.go(f"{chart}/coverages/")
        clerk.page.get_by_text("Billed first to").wait_for()
        clerk.looks("insurance")
        clerk.go(f"{chart}/payments/visit/{visit.pk}/")
        clerk.looks("panel")
        clerk.page.get_by_label("Paid by").select_option("cash")
        clerk.page.get_by_role("button", name="Take payment").press("Enter")
        clerk.page.get_by_role("link", name="Print receipt", exact=True).wait_for()
        clerk.looks("paid")
        money = sit_down("biller")
        money.log_in(biller.email)
        money.page.wait_for_url(lambda url: "/login/" not in url)
        money.go("/billing/payments/")
        money.looks("day")
        money.go(f"/billing/payments/{today}/close/")
        money.page.get_by_label("Cash in the drawer").fill("30")
        money.looks("close")
        money.page.get_by_role("button", name="Close the day").press("Enter")
        money.page.get_by_role("link", name="Deposit slip").wait_for()
        money.looks("closed")
        assert clerk.faults + money.faults == []
    assert DayClose.objects.get().total == Decimal(130)
