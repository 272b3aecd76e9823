"""A patient who looks like one on file is shown before anything is written."""

from __future__ import annotations

import re
from datetime import date

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Patient
from emr.audit.models import AccessEvent, LogEntry
from tests.clinic.views.patient_forms import FORM, edit_form, form
from tests.factories.clinic import (
    PatientFactory,
)

pytestmark = pytest.mark.django_db


@pytest.mark.feature("B03")
@pytest.mark.parametrize(
    ("typed", "same"),
    [
        ({}, "Same name, same birth date"),
        ({"given_name": "Marie"}, "Similar name, same birth date"),
        ({"given_name": "Silva", "family_name": "Maria"}, "Similar name, same birth date"),
        ({"family_name": "Jones"}, "Similar name, same birth date"),
        ({"given_name": "Mia"}, "Similar name, same birth date"),
        ({"birth_date": "3/15/1962"}, "Same name, birth date a slip away"),
        ({"birth_date": "8/9/1971"}, "Same name"),
        ({"given_name": "Peter", "birth_date": "1/1/2000", "phone": "2175550142"}, "Same telephone"),
    ],
)
def test_a_likely_duplicate_is_shown_before_anything_is_written(
    desk: Client, maria: Patient, typed: dict[str, str], same: str
) -> None:
    response = desk.post("/patients/new/", form(**typed))
    page = response.content.decode()
    assert response.status_code == 422
    assert f"<td>{same}</td>" in page
    assert Patient.objects.count() == 1
    assert AccessEvent.objects.filter(patient_id=maria.pk, section="duplicates").exists()
    live = desk.post("/patients/new/duplicates/", form(**typed), HTTP_HX_REQUEST="true").content.decode()
    assert f"<td>{same}</td>" in live
    desk.post("/patients/new/", form(**typed, duplicate_reason="checked with photo ID"))
    assert Patient.objects.count() == 2


@pytest.mark.feature("B03")
@pytest.mark.parametrize(
    "typed",
    [
        {"given_name": "Peter"},
        {"birth_date": "1/1/2000", "given_name": "Marta"},
        {"family_name": "Brown", "given_name": "Jo"},
    ],
)
def test_who_is_plainly_another_person_needs_no_reason(desk: Client, maria: Patient, typed: dict[str, str]) -> None:
    assert desk.post("/patients/new/", form(**typed)).status_code == 303


def test_a_half_typed_form_asks_nothing(desk: Client, maria: Patient) -> None:
    response = desk.post("/patients/new/duplicates/", {"birth_date": "3/1", "family_name": ""})
    assert (response.status_code, response.content) == (204, b"")


@pytest.mark.feature("A04")
def test_a_restricted_patient_is_no_duplicate_for_who_may_not_know_of_her(desk: Client) -> None:
    PatientFactory(family_name="Silva", given_name="Maria", restricted=True)
    assert "looks the same" not in desk.post("/patients/new/duplicates/", form()).content.decode()


@pytest.mark.feature("B03")
def test_a_change_that_makes_somebody_like_another_needs_a_reason(desk: Client, maria: Patient) -> None:
    other = PatientFactory(family_name="Silvano", given_name="Pia", birth_date=date(1962, 3, 14))
    url = reverse("clinic:patients_edit", args=[other.pk])
    same = edit_form(desk, other, family_name="Silva", given_name="Maria")
    refused = desk.post(url, same)
    assert refused.status_code == 422
    assert "say why this is another person" in refused.content.decode()
    assert Patient.objects.get(pk=other.pk).given_name == "Pia"
    assert desk.post(url, {**same, "duplicate_reason": "twin sister"}).status_code == 303
    said = LogEntry.objects.filter(object_pk=other.pk).latest("timestamp").reason
    assert said == "Kept beside a similar patient: twin sister"


@pytest.mark.feature("B03")
def test_a_patient_is_no_duplicate_of_herself(desk: Client, maria: Patient) -> None:
    url = reverse("clinic:patients_edit", args=[maria.pk])
    assert desk.post(url, edit_form(desk, maria, phone="2175550142")).status_code == 303
    live = desk.post(reverse("clinic:patients_alike", args=[maria.pk]), FORM, HTTP_HX_REQUEST="true")
    assert (live.status_code, live.content) == (204, b"")


@pytest.mark.feature("B03")
def test_the_live_warning_answers_with_hits_and_stays_quiet_about_what_is_shown(desk: Client, maria: Patient) -> None:
    ask = {"HTTP_HX_REQUEST": "true"}
    first = desk.post("/patients/new/duplicates/", FORM, **ask)
    page = first.content.decode()
    assert (first.status_code, "A patient on file looks the same" in page) == (200, True)
    assert reverse("clinic:patients_detail", args=[maria.pk]) in page
    shown = re.search(r'name="shown" value="([^"]+)"', page)
    assert shown is not None
    assert desk.post("/patients/new/duplicates/", {**FORM, "shown": shown[1]}, **ask).status_code == 204
    gone = desk.post(
        "/patients/new/duplicates/", {"family_name": "Zz", "birth_date": "1/1/2000", "shown": shown[1]}, **ask
    )
    assert (gone.status_code, "looks the same" in gone.content.decode()) == (200, False)
    assert AccessEvent.objects.filter(patient_id=maria.pk, section="duplicates", user=desk.user).exists()
