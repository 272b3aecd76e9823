"""Insurance of tomorrow's visits, checked the day before."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

import pytest

from clinic.actions.eligibility import check_eligibility
from clinic.models import Coverage
from emr.accounts.clinic import in_clinic_zone
from emr.accounts.models import User
from emr.shared.dates import clinic_today, clinic_zone
from emr.shared.records import uuid7
from scheduling.queries.coverages import unchecked_on, visit_coverages
from tests.factories.accounts import ClinicFactory
from tests.factories.clinic import CoverageFactory, PatientFactory
from tests.factories.scheduling import AppointmentFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("D06")]


@pytest.fixture(autouse=True)
def _clinic(settings: Any, db: None) -> Any:
    settings.ELIGIBILITY_BACKEND = "clinic.eligibility.simulator.Simulator"
    ClinicFactory()
    with in_clinic_zone():
        yield


def booked(days: int, hour: int = 0, minute: int = 5, **policy: Any) -> Coverage:
    coverage: Coverage = CoverageFactory.create(**policy)
    day = clinic_today() + timedelta(days=days)
    start = datetime.combine(day, time(hour, minute), clinic_zone())
    AppointmentFactory(patient=coverage.patient, start_at=start)
    return coverage


def test_tomorrow_is_a_day_of_the_clinics_clock_and_answers_are_not_asked_for_twice(person: Any) -> None:
    clerk: User = person("front_desk")
    early, late = booked(1), booked(1, 23, 30)
    booked(0, 23, 30)
    booked(2)
    booked(1, 12, period_end=clinic_today())
    day = clinic_today() + timedelta(days=1)
    assert {row.pk for row in unchecked_on(day)} == {early.pk, late.pk}
    check_eligibility(by=clerk, coverage=early, service_date=day, request_token=uuid7())
    assert [row.pk for row in unchecked_on(day)] == [late.pk]


def test_every_policy_of_a_visit_is_asked_about_the_primary_first(person: Any) -> None:
    clerk: User = person("front_desk")
    primary = booked(1)
    second = CoverageFactory.create(patient=primary.patient, order=2)
    third = CoverageFactory.create(patient=primary.patient, order=3)
    CoverageFactory(
        patient=primary.patient, order=2, subscriber_id="GONE1", period_end=clinic_today(), status="cancelled"
    )
    day = clinic_today() + timedelta(days=1)
    assert [row.pk for row in unchecked_on(day)] == [primary.pk, second.pk, third.pk]
    check_eligibility(by=clerk, coverage=second, service_date=day, request_token=uuid7())
    assert [row.pk for row in unchecked_on(day)] == [primary.pk, third.pk]


@pytest.mark.feature("B07")
def test_each_booked_visit_names_the_policy_of_its_own_day() -> None:
    patient = PatientFactory.create()
    today = clinic_today()
    CoverageFactory(patient=patient, subscriber_id="OLD1", period_end=today + timedelta(days=10))
    CoverageFactory(patient=patient, subscriber_id="NEW1", period_start=today + timedelta(days=11))
    CoverageFactory(patient=patient, subscriber_id="SEC1", order=2)
    for days in (10, 11):
        start = datetime.combine(today + timedelta(days=days), time(9), clinic_zone())
        AppointmentFactory(patient=patient, start_at=start)
    told = [[policy.split()[-1] for policy in visit.policies] for visit in visit_coverages(patient)]
    assert told == [["OLD1", "SEC1"], ["NEW1", "SEC1"]]
