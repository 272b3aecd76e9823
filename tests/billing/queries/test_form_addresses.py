"""Where a claim and the papers of billing say that the patient lives."""

from __future__ import annotations

from datetime import timedelta

import pytest

from billing.queries.forms1500 import live_form
from billing.queries.homes import address_lines
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from tests.factories.billing import claim
from tests.factories.clinic import PatientAddressFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("H02")]


@pytest.mark.parametrize("use", ["home", "temp", "billing"])
def test_an_address_that_ends_later_stands_on_claims_until_then(biller: User, use: str) -> None:
    patient = PatientFactory.create()
    end = clinic_today() + timedelta(days=9)
    PatientAddressFactory.create(patient=patient, use=use, line1="3 Old Mill Road", period_end=end)
    form = live_form(claim(biller, patient=patient))
    assert (form.patient.address.line, form.patient.address.city) == ("3 Old Mill Road", "Springfield")
    assert address_lines(patient) == ["3 Old Mill Road", "Springfield, IL 62701"]


def test_an_address_whose_end_is_past_stands_on_none(biller: User) -> None:
    patient = PatientFactory.create()
    PatientAddressFactory.create(patient=patient, use="temp", period_end=clinic_today() - timedelta(days=1))
    form = live_form(claim(biller, patient=patient))
    assert (form.patient.address.line, form.patient.address.city) == ("", "")
    assert address_lines(patient) == []


def test_a_claim_names_the_home_before_where_the_patient_stays(biller: User) -> None:
    patient = PatientFactory.create()
    later = clinic_today() + timedelta(days=9)
    PatientAddressFactory.create(patient=patient, use="temp", line1="1 Short Stay", period_end=later)
    PatientAddressFactory.create(patient=patient, line1="3 Old Mill Road", period_end=later)
    assert live_form(claim(biller, patient=patient)).patient.address.line == "3 Old Mill Road"
    assert address_lines(patient)[0] == "3 Old Mill Road"
