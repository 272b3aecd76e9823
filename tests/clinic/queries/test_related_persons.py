"""Who is called, and who gets the bills, on the day that is asked."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from django.utils import timezone

from clinic.choices import AddressUse
from clinic.queries.banner import patient_banner
from clinic.queries.details import patient_details
from clinic.queries.related_persons import emergency_contacts_of, guarantor_of
from clinic.rules import visible_to
from emr.shared.dates import clinic_today
from tests.factories.base import someone
from tests.factories.clinic import ContactPointFactory, PatientAddressFactory, PatientFactory, RelatedPersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B06")]


def errored() -> dict[str, Any]:
    return {
        "entered_in_error_at": timezone.now(),
        "entered_in_error_by": someone(),
        "entered_in_error_reason": "Another patient's",
    }


@pytest.fixture
def maria() -> Any:
    patient = PatientFactory(family_name="Silva", given_name="Maria", birth_date=date(1962, 3, 14))
    PatientAddressFactory(patient=patient)
    ContactPointFactory(patient=patient)
    return patient


def test_who_has_no_guarantor_pays_for_themselves(maria: Any) -> None:
    RelatedPersonFactory(patient=maria, guarantor=True, period_end=clinic_today() - timedelta(days=1))
    RelatedPersonFactory(patient=maria, guarantor=True, **errored())
    RelatedPersonFactory(guarantor=True)
    found = guarantor_of(maria)
    assert (found.is_patient, found.relationship, found.birth_date, found.gender) == (
        True,
        "Self",
        date(1962, 3, 14),
        "female",
    )
    assert found.envelope == ("Maria Silva", "12 Elm Street", "Springfield, IL 62701")
    assert (found.phone, found.email, found.words) == ("+12175550142", "", "the patient")


def test_a_guarantor_with_an_address_gets_the_bills_there(maria: Any, django_assert_num_queries: Any) -> None:
    person = RelatedPersonFactory(
        patient=maria,
        guarantor=True,
        given_name="Carlos",
        family_name="Silva",
        relationship="Father",
        birth_date=date(1935, 1, 2),
        email="carlos@example.org",
        line1="9 Oak Avenue",
        line2="Apt 2",
        city="Decatur",
        state="IL",
        postal_code="62521",
    )
    with django_assert_num_queries(1):
        found = guarantor_of(maria)
    assert (found.person, found.is_patient, found.birth_date) == (person, False, date(1935, 1, 2))
    assert found.envelope == ("Carlos Silva", "9 Oak Avenue", "Apt 2", "Decatur, IL 62521")
    assert (found.email, found.words) == ("carlos@example.org", "Carlos Silva (Father) · (217) 555-0177")


def test_a_guarantor_without_an_address_lives_with_the_patient(maria: Any) -> None:
    RelatedPersonFactory(patient=maria, guarantor=True)
    assert guarantor_of(maria).envelope == ("Next Kin", "12 Elm Street", "Springfield, IL 62701")
    PatientAddressFactory(patient=maria, use=AddressUse.TEMP, line1="1 Short Stay")
    PatientAddressFactory(patient=maria, use=AddressUse.BILLING, line1="PO Box 7")
    assert guarantor_of(maria).envelope == ("Next Kin", "PO Box 7", "Springfield, IL 62701")


def test_where_no_address_is_known_the_envelope_has_a_name_alone() -> None:
    assert guarantor_of(PatientFactory(family_name="Silva", given_name="Maria")).envelope == ("Maria Silva",)


def test_emergency_contacts_in_the_order_in_which_they_were_written_down(maria: Any) -> None:
    first = RelatedPersonFactory(patient=maria, given_name="First")
    RelatedPersonFactory(patient=maria, given_name="Not", emergency_contact=False)
    RelatedPersonFactory(patient=maria, given_name="Ended", period_end=clinic_today())
    RelatedPersonFactory(patient=maria, given_name="Wrong", **errored())
    second = RelatedPersonFactory(patient=maria, given_name="Second")
    RelatedPersonFactory()
    assert emergency_contacts_of(maria) == [first, second]


def test_banner_and_details_name_the_guarantor(maria: Any, person: Any) -> None:
    RelatedPersonFactory(patient=maria, guarantor=True, emergency_contact=False, relationship="Aunt")
    visible = visible_to(person("front_desk"))
    banner = patient_banner(maria, visible, url="/x/", clinical=False)
    assert dict(banner.details)["Guarantor"] == "Next Kin (Aunt)"
    assert patient_details(maria).guarantor == guarantor_of(maria)
