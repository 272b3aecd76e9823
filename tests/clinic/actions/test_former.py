"""Names and addresses beside the present ones."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest

from clinic.actions.errors import enter_in_error
from clinic.actions.former import add_address, add_name
from clinic.models import PatientAddress, PatientName
from clinic.queries.addresses import found_at
from clinic.queries.details import patient_details
from clinic.queries.patients import find_patients
from clinic.queries.related_persons import guarantor_of
from clinic.rules import visible_to
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from tests.factories.clinic import PatientAddressFactory, PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B09")]
ADDRESS = {"line1": "3 Old Mill Road", "city": "Decatur", "state": "IL", "postal_code": "62521"}


@pytest.fixture
def clerk(person: Any) -> Any:
    return person("front_desk")


def test_a_maiden_name_is_told_and_found_until_it_is_an_error(clerk: Any) -> None:
    patient = PatientFactory(family_name="Silva", given_name="Maria")
    row = add_name(
        by=clerk,
        patient=patient,
        use="maiden",
        family_name=" Oliveira ",
        given_name="Maria",
        period_end=date(1990, 6, 1),
    )
    told = [(one.label, one.text, one.period) for one in patient_details(patient).names]
    assert told == [("Maiden name", "Maria Oliveira", "until 01-Jun-1990")]
    assert [hit.id for hit in find_patients("oliveira", visible_to(clerk)).all] == [patient.pk]
    enter_in_error(by=clerk, row=row, reason="Her sister's")
    assert patient_details(patient).names == ()


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"family_name": " ", "given_name": ""}, "family_name"),
        ({"period_start": date(2020, 1, 2), "period_end": date(2020, 1, 1)}, "period_end"),
    ],
)
def test_a_name_has_a_word_and_a_period_runs_forward(clerk: Any, wrong: dict[str, Any], field: str) -> None:
    with pytest.raises(DomainError) as refusal:
        add_name(by=clerk, patient=PatientFactory(), **{"use": "old", "family_name": "Oliveira", **wrong})
    assert refusal.value.field == field
    assert not PatientName.objects.exists()


def test_a_former_home_is_told_with_its_time(clerk: Any) -> None:
    patient = PatientFactory()
    PatientAddressFactory(patient=patient)
    days = {"period_start": date(2001, 2, 3), "period_end": date(2010, 4, 5)}
    add_address(by=clerk, patient=patient, use="old", address=ADDRESS, **days)
    add_address(by=clerk, patient=patient, use="temp", address={**ADDRESS, "line1": "1 Short Stay", "line2": "B"})
    told = [(one.label, one.text, one.period) for one in patient_details(patient).addresses]
    assert sorted(told) == [
        ("Previous address", "3 Old Mill Road, Decatur, IL 62521", "03-Feb-2001 to 05-Apr-2010"),
        ("Temporary address", "1 Short Stay, B, Decatur, IL 62521", ""),
    ]


@pytest.mark.parametrize("use", ["old", "home"])
def test_a_former_home_needs_its_end(clerk: Any, use: str) -> None:
    with pytest.raises(DomainError) as refusal:
        add_address(by=clerk, patient=PatientFactory(), use=use, address=ADDRESS)
    assert refusal.value.field == "period_end"


def test_there_is_one_present_address_of_a_use(clerk: Any) -> None:
    patient = PatientFactory()
    add_address(by=clerk, patient=patient, use="work", address=ADDRESS)
    with pytest.raises(DomainError, match="a present work address already") as refusal:
        add_address(by=clerk, patient=patient, use="work", address=ADDRESS | {"line1": "2 Other Road"})
    assert refusal.value.field == "use"
    add_address(by=clerk, patient=patient, use="work", address=ADDRESS, period_end=date(2010, 4, 5))
    assert PatientAddress.objects.count() == 2


@pytest.mark.parametrize(
    ("start", "end", "word"),
    [
        (-5, 30, "staying until"),
        (None, 0, "staying until"),
        (-5, None, "staying for a time"),
        (1, 30, ""),
        (-30, -1, ""),
    ],
)
def test_a_stay_holds_until_its_last_day_and_not_before_its_first(
    clerk: Any, start: int | None, end: int | None, word: str
) -> None:
    patient, today = PatientFactory(), clinic_today()
    PatientAddressFactory(patient=patient)
    days = {"period_start": start, "period_end": end}
    period = {name: today + timedelta(days=n) if n is not None else None for name, n in days.items()}
    add_address(by=clerk, patient=patient, use="temp", address=ADDRESS, **period)
    told = found_at(patient)
    assert (told.startswith("3 Old Mill Road"), word in told) == (bool(word), True)
    marks = [row.marks for row in patient_details(patient).addresses]
    assert marks == [("In force today",) if word and end is not None else ()]


def test_two_stays_at_one_time_are_refused_and_one_after_the_other_is_not(clerk: Any) -> None:
    patient, today = PatientFactory(), clinic_today()
    stay = partial(add_address, by=clerk, patient=patient, use="temp", address=ADDRESS)
    stay(period_end=today + timedelta(days=30))
    with pytest.raises(DomainError, match=r"a present temporary address already, 3 Old Mill Road") as refusal:
        stay(period_start=today + timedelta(days=30))
    assert refusal.value.field == "use"
    stay(period_start=today + timedelta(days=31), period_end=today + timedelta(days=60))
    with pytest.raises(DomainError, match="until when the patient lived there"):
        add_address(by=clerk, patient=patient, use="old", address=ADDRESS, period_end=today + timedelta(days=1))


def test_a_billing_address_that_ends_later_gets_the_bills_until_then(clerk: Any) -> None:
    patient, today = PatientFactory(), clinic_today()
    PatientAddressFactory(patient=patient)
    add_address(by=clerk, patient=patient, use="billing", address=ADDRESS, period_end=today + timedelta(days=9))
    assert guarantor_of(patient).line1 == "3 Old Mill Road"
