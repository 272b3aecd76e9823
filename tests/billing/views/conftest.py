"""The books that the reports are about, and who stands at the counter."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.utils import timezone

from clinic.models import Patient
from emr.accounts.models import User
from scheduling.models import Appointment
from tests.billing.payers import decide
from tests.billing.views.report_pages import (
    DECIDED,
    SENT,
    Books,
    on,
    pay,
)
from tests.factories.accounts import ClinicFactory
from tests.factories.billing import claim, submitted
from tests.factories.clinic import CoverageFactory, PatientFactory
from tests.factories.scheduling import AppointmentFactory


@pytest.fixture
def books(biller: User) -> Books:
    with on(SENT):
        made = Books(submitted(biller), submitted(biller), claim(biller, covered=False))
    with on(DECIDED):
        decide(biller, made.decided, paid=3000, agreed=500, patient=1000)
        pay(biller, made.waiting.patient, "20.00")
    return made


@pytest.fixture
def patient(db: None) -> Patient:
    ClinicFactory()
    made: Patient = PatientFactory.create()
    return made


@pytest.fixture
def visit(patient: Patient) -> Appointment:
    CoverageFactory(patient=patient, copay=Decimal("30.00"))
    made: Appointment = AppointmentFactory.create(patient=patient, start_at=timezone.now())
    return made
