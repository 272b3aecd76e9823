"""Pages of the people, names and addresses around a patient."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Patient, PatientAddress, PatientName, RelatedPerson
from emr.shared.dates import clinic_today
from emr.ui import formats
from tests.factories.clinic import PatientAddressFactory, PatientFactory, PatientNameFactory, RelatedPersonFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B06")]

PERSON = {"given_name": "Carlos", "family_name": "Silva", "relationship": "Father"}
PLACE = {"line1": "9 Oak Avenue", "city": "Decatur", "state": "il", "postal_code": "62521"}


@pytest.fixture
def desk(as_role: Any) -> Client:
    return as_role("front_desk")


@pytest.fixture
def maria() -> Patient:
    return PatientFactory.create(family_name="Silva", given_name="Maria")


def url(name: str, row: Any, patient: Patient | None = None) -> str:
    return reverse(f"clinic:{name}", args=[(patient or row.patient).pk, row.pk])


def details(client: Client, patient: Patient) -> str:
    page = client.get(reverse("clinic:patients_detail", args=[patient.pk])).content.decode()
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def with_version(client: Client, path: str, **values: str) -> dict[str, str]:
    """What the form of a page sends: the version that it showed, and these values."""
    version = re.search(r'name="version" value="([^"]+)"', client.get(path).content.decode())
    assert version is not None
    return {"version": version[1], **values}


def test_somebody_is_added_whole(desk: Client, maria: Patient) -> None:
    answer = desk.post(
        reverse("clinic:patients_relate", args=[maria.pk]),
        {
            **PERSON,
            **PLACE,
            "birth_date": "1/2/1935",
            "gender": "male",
            "email": "carlos@example.org",
            "guarantor": "on",
        },
    )
    assert answer.headers["Location"] == reverse("clinic:patients_detail", args=[maria.pk])
    row = RelatedPerson.objects.get()
    assert (row.state, row.email, row.guarantor, row.emergency_contact) == ("IL", "carlos@example.org", True, False)
    page = details(desk, maria)
    assert "Bills go to Carlos Silva (Father)" in page
    assert "Carlos Silva · carlos@example.org · 9 Oak Avenue, Decatur, IL 62521 · born 02-Jan-1935" in page


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"family_name": ""}, "Enter the family name."),
        ({"phone": "555-0111"}, "area code"),
        ({"line1": "9 Oak Avenue"}, "The address needs this."),
        ({"relationship": ""}, "Enter the relationship."),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_lost(
    desk: Client, maria: Patient, wrong: dict[str, str], said: str
) -> None:
    answer = desk.post(reverse("clinic:patients_relate", args=[maria.pk]), {**PERSON, "given_name": "Kept", **wrong})
    page = answer.content.decode()
    assert (answer.status_code, said in page, 'value="Kept"' in page) == (422, True, True)
    assert not RelatedPerson.objects.exists()


def test_somebody_is_corrected(desk: Client, maria: Patient) -> None:
    path = url("related_persons_edit", RelatedPersonFactory(patient=maria))
    assert desk.post(path, with_version(desk, path, **PERSON, phone="2175550111")).status_code == 303
    row = RelatedPerson.objects.get()
    assert (str(row), row.relationship, row.phone, row.emergency_contact) == (
        "Carlos Silva",
        "Father",
        "+12175550111",
        False,
    )


def test_the_second_who_saves_is_told_and_keeps_what_was_typed(desk: Client, maria: Patient, as_role: Any) -> None:
    path, nurse = url("related_persons_edit", RelatedPersonFactory(patient=maria)), as_role("nurse")
    mine, theirs = with_version(desk, path, **PERSON), with_version(nurse, path, **{**PERSON, "given_name": "Theirs"})
    assert nurse.post(path, theirs).status_code == 303
    answer = desk.post(path, mine)
    assert answer.status_code == 409
    assert "changed by somebody else" in answer.content.decode()
    assert 'value="Carlos"' in answer.content.decode()
    assert RelatedPerson.objects.get().given_name == "Theirs"


def test_somebody_is_ended_and_stands_under_before(desk: Client, maria: Patient) -> None:
    row, today = RelatedPersonFactory(patient=maria, guarantor=True), clinic_today()
    path = url("related_persons_end", row)
    future = desk.post(path, {"period_end": (today + timedelta(days=1)).isoformat()})
    assert (future.status_code, "not in the future" in future.content.decode()) == (422, True)
    assert desk.post(path, {"period_end": today.isoformat()}).status_code == 303
    page = details(desk, maria)
    assert "Bills go to the patient" in page
    assert f"until {formats.day(today)}" in page


@pytest.mark.parametrize(
    ("name", "factory"),
    [
        ("related_persons_error", RelatedPersonFactory),
        ("names_error", PatientNameFactory),
        ("addresses_error", PatientAddressFactory),
    ],
)
def test_what_never_was_true_is_marked_with_a_reason(desk: Client, maria: Patient, name: str, factory: Any) -> None:
    row = factory(patient=maria)
    path = url(name, row)
    assert desk.post(path, {"reason": " "}).status_code == 422
    assert desk.post(path, {"reason": "Another patient's"}).status_code == 303
    row.refresh_from_db()
    assert (row.entered_in_error_by, row.entered_in_error_reason) == (desk.user, "Another patient's")  # type: ignore[attr-defined]
    assert str(row) not in details(desk, maria)
    assert desk.get(path).status_code == 404


@pytest.mark.parametrize(
    ("name", "factory"),
    [
        ("related_persons_edit", RelatedPersonFactory),
        ("related_persons_end", RelatedPersonFactory),
        ("related_persons_error", RelatedPersonFactory),
        ("names_error", PatientNameFactory),
        ("addresses_error", PatientAddressFactory),
    ],
)
def test_a_row_of_somebody_else_is_not_there(desk: Client, maria: Patient, name: str, factory: Any) -> None:
    path = url(name, factory(), maria)
    assert (desk.get(path).status_code, desk.post(path, {"reason": "x"}).status_code) == (404, 404)


@pytest.mark.feature("B09")
def test_a_stay_that_ends_in_the_future_is_where_the_patient_is_found(desk: Client, maria: Patient) -> None:
    end = clinic_today() + timedelta(days=30)
    stay = {"use": "temp", "line1": "1 Short Stay", "city": "Decatur", "state": "IL", "postal_code": "62521"}
    answer = desk.post(reverse("clinic:addresses_add", args=[maria.pk]), {**stay, "period_end": formats.day(end)})
    assert answer.status_code in {204, 303}, answer.content.decode()
    page = details(desk, maria)
    assert f"1 Short Stay, Decatur, IL 62521 (staying until {formats.day(end)})" in page
    assert "In force today" in page


@pytest.mark.feature("B09")
def test_a_former_name_and_a_former_home_are_added(desk: Client, maria: Patient) -> None:
    names, addresses = (reverse(f"clinic:{one}_add", args=[maria.pk]) for one in ("names", "addresses"))
    assert desk.post(names, {"use": "maiden", "period_end": "6/1/1990"}).status_code == 422
    assert desk.post(names, {"use": "maiden", "family_name": "Oliveira", "period_end": "6/1/1990"}).status_code == 303
    refused = desk.post(addresses, {"use": "old", **PLACE})
    assert (refused.status_code, "Enter until when" in refused.content.decode()) == (422, True)
    assert desk.post(addresses, {"use": "old", **PLACE, "period_end": "4/5/2010"}).status_code == 303
    page = details(desk, maria)
    assert "Maiden name Oliveira until 01-Jun-1990" in page
    assert "Previous address 9 Oak Avenue, Decatur, IL 62521 until 05-Apr-2010" in page
    assert (PatientName.objects.get().created_by, PatientAddress.objects.get().state) == (desk.user, "IL")  # type: ignore[attr-defined]


@pytest.mark.attack("double-submit")
def test_what_is_sent_twice_stands_once(desk: Client, maria: Patient) -> None:
    end = {"period_end": formats.day(clinic_today() + timedelta(days=30))}
    sent = {
        "patients_relate": {**PERSON, "guarantor": "on"},
        "names_add": {"use": "maiden", "family_name": "Oliveira", "period_end": "6/1/1990"},
        "addresses_add": {"use": "temp", **PLACE, "state": "IL", **end},
    }
    answers = [
        desk.post(reverse(f"clinic:{name}", args=[maria.pk]), data).status_code
        for name, data in sent.items()
        for _ in range(2)
    ]
    assert answers == [303] * 6
    assert [model.objects.count() for model in (RelatedPerson, PatientName, PatientAddress)] == [1, 1, 1]
    assert RelatedPerson.objects.get().guarantor


def test_details_ask_no_more_for_thirty_people_than_for_one(
    desk: Client, maria: Patient, django_assert_max_num_queries: Any
) -> None:
    RelatedPersonFactory(patient=maria)
    path = reverse("clinic:patients_detail", args=[maria.pk])
    desk.get(path)
    with django_assert_max_num_queries(60) as few:
        desk.get(path)
    for number in range(29):
        RelatedPersonFactory(patient=maria, given_name=f"Kin{number}")
        PatientNameFactory(patient=maria, family_name=f"Name{number}")
    with django_assert_max_num_queries(len(few)):
        desk.get(path)
