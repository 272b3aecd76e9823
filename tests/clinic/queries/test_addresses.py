"""Which address holds on a day, and which of several is named."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from clinic.actions.patients import update_patient
from clinic.models import Patient, PatientAddress
from clinic.queries.addresses import holds, home_of, in_use, mail_lines, permanent_of
from clinic.queries.details import patient_details, present_contacts
from clinic.queries.intake_details import details_on_file
from clinic.queries.patients import describe, with_details
from clinic.queries.related_persons import guarantor_of
from emr.shared.dates import clinic_today
from emr.ui import formats
from tests.factories.base import someone
from tests.factories.clinic import PatientAddressFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B09")]
DAY = date(2026, 3, 10)
SOON = timedelta(days=30)


@pytest.mark.parametrize(
    ("use", "held"),
    [
        ("home", [False, False, True, True]),
        ("temp", [False, True, True, True]),
        ("work", [False, True, True, True]),
        ("billing", [False, True, True, True]),
        ("old", [False, False, False, True]),
    ],
)
def test_an_address_holds_while_its_end_is_not_past(use: str, held: list[bool]) -> None:
    ends = [DAY - timedelta(days=1), DAY, DAY + timedelta(days=1), None]
    rows = [PatientAddressFactory.create(use=use, period_end=end) for end in ends]
    found = set(PatientAddress.objects.filter(in_use(DAY)).values_list("pk", flat=True))
    assert [row.pk in found for row in rows] == held
    assert [holds(row, DAY) for row in rows] == held


def _leaving() -> tuple[Patient, PatientAddress]:
    patient = PatientFactory.create()
    return patient, PatientAddressFactory.create(patient=patient, period_end=clinic_today() + SOON)


def test_a_home_that_will_be_left_is_the_home_until_then() -> None:
    patient, row = _leaving()
    assert (home_of(patient), permanent_of(patient)) == (row, row)
    assert mail_lines(patient) == ["12 Elm Street", "Springfield, IL 62701"]
    assert guarantor_of(patient).line1 == "12 Elm Street"
    assert present_contacts(patient)[0]["line1"] == details_on_file(patient)["line1"] == "12 Elm Street"
    [hit] = with_details(Patient.objects.filter(pk=patient.pk), Patient.objects.all())
    assert describe(hit).place == "12 Elm Street, Springfield"


def test_the_page_of_details_says_until_when() -> None:
    patient, _ = _leaving()
    page = patient_details(patient)
    until = formats.day(clinic_today() + SOON)
    assert ("Home address", f"12 Elm Street, Springfield, IL 62701, until {until}") in page.contact
    assert page.addresses == ()


def test_of_two_homes_the_one_that_began_last_is_named() -> None:
    patient, _ = _leaving()
    newer = PatientAddressFactory.create(
        patient=patient, line1="9 Oak Avenue", period_start=clinic_today() - timedelta(days=1)
    )
    assert (home_of(patient), permanent_of(patient)) == (newer, newer)
    assert guarantor_of(patient).line1 == "9 Oak Avenue"


def test_the_home_is_named_before_where_the_patient_stays() -> None:
    patient, home = _leaving()
    PatientAddressFactory.create(patient=patient, use="temp", line1="1 Short Stay", period_start=clinic_today())
    assert permanent_of(patient) == home


def test_a_move_ends_the_home_that_would_have_been_left_later() -> None:
    patient, _ = _leaving()
    new = {"line1": "9 Oak Avenue", "line2": "", "city": "Decatur", "state": "IL", "postal_code": "62521"}
    update_patient(by=someone(), patient=patient, version_seen=patient.updated_at, address=new)
    today = clinic_today()
    rows = patient.addresses.order_by("created_at").values_list("line1", "period_start", "period_end")
    assert list(rows) == [("12 Elm Street", None, today), ("9 Oak Avenue", today, None)]
    assert mail_lines(patient) == ["9 Oak Avenue", "Decatur, IL 62521"]


def test_the_same_home_again_keeps_its_end() -> None:
    patient, row = _leaving()
    same, _ = present_contacts(patient)
    update_patient(by=someone(), patient=patient, version_seen=patient.updated_at, address=same)
    assert list(patient.addresses.values_list("pk", "period_end")) == [(row.pk, clinic_today() + SOON)]
