"""The pharmacies that patients may choose."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Pharmacy
from tests.factories.clinic import PatientFactory, PharmacyFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B06")]
LIST = "/patients/pharmacies/"
ELM = {
    "name": "Elm Pharmacy",
    "ncpdp_id": "1234567",
    "line1": "12 Elm Street",
    "city": "Springfield",
    "state": "IL",
    "postal_code": "62701",
    "phone": "217 555 0190",
    "fax": "217 555 0191",
    "active": "on",
}


@pytest.fixture
def desk(as_role: Any) -> Client:
    return as_role("front_desk")


def test_one_is_added_and_listed(desk: Client) -> None:
    assert "No pharmacies yet" in desk.get(LIST).content.decode()
    assert desk.post(f"{LIST}new/", ELM).headers["Location"] == LIST
    row = Pharmacy.objects.get()
    assert (row.phone, row.fax, row.created_by) == ("+12175550190", "+12175550191", desk.user)  # type: ignore[attr-defined]
    page = desk.get(LIST).content.decode()
    assert [text in page for text in ("Elm Pharmacy", "12 Elm Street, Springfield, IL 62701", "(217) 555-0190")] == [
        True,
        True,
        True,
    ]


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"name": ""}, "Enter the name."),
        ({"ncpdp_id": "12"}, "Enter the seven digits, or nothing."),
        ({"line1": ""}, "Enter the street."),
        ({"fax": "555-0191"}, "area code"),
    ],
)
def test_what_is_wrong_stands_beside_its_field(desk: Client, wrong: dict[str, str], said: str) -> None:
    answer = desk.post(f"{LIST}new/", {**ELM, "line2": "Kept", **wrong})
    page = answer.content.decode()
    assert (answer.status_code, said in page, 'value="Kept"' in page) == (422, True, True)
    assert not Pharmacy.objects.exists()


def test_there_is_one_row_of_a_pharmacy(desk: Client) -> None:
    desk.post(f"{LIST}new/", ELM)
    answer = desk.post(f"{LIST}new/", {**ELM, "name": "Another name"})
    assert (answer.status_code, "on file already" in answer.content.decode()) == (422, True)
    assert Pharmacy.objects.count() == 1


def test_one_that_closed_stays_with_its_patients_and_is_offered_to_no_other(desk: Client) -> None:
    row = PharmacyFactory(name="Closed Pharmacy")
    goes, other = PatientFactory(primary_pharmacy=row), PatientFactory()
    path = reverse("clinic:pharmacies_edit", args=[row.pk])
    version = re.search(r'name="version" value="([^"]+)"', desk.get(path).content.decode())
    assert version is not None
    closed = {**ELM, "name": row.name, "version": version[1], "active": ""}
    assert desk.post(path, closed).status_code == 303
    answer = desk.post(path, {**closed, "name": "Too late"})
    assert (answer.status_code, "changed by somebody else" in answer.content.decode()) == (409, True)
    assert "Not in use" in desk.get(LIST).content.decode()
    offered = [
        "Closed Pharmacy" in desk.get(reverse("clinic:patients_edit", args=[patient.pk])).content.decode()
        for patient in (goes, other)
    ]
    assert offered == [True, False]


@pytest.mark.parametrize(("role", "expected"), [("front_desk", 200), ("nurse", 200), ("privacy_officer", 403)])
def test_the_list_is_for_those_who_change_details(as_role: Any, role: str, expected: int) -> None:
    assert as_role(role).get(LIST).status_code == expected
