"""The pages to register, see and change a patient."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.db import transaction
from django.test import Client
from django.urls import reverse

from clinic.models import Patient
from emr.audit.actor import acting
from emr.audit.models import AccessEvent
from emr.shared.records import uuid7
from emr.ui import formats
from tests.clinic.views.patient_forms import edit_form, form
from tests.factories.clinic import (
    CoverageFactory,
    PatientFactory,
    PayerFactory,
)

pytestmark = pytest.mark.django_db


CHART_PAGES = [
    "clinic:chart_summary",
    "clinic:patients_detail",
    "clinic:patients_edit",
    "clinic:patients_relate",
    "clinic:coverages_list",
    "clinic:coverages_add",
    "clinic:coverages_swap",
]


@pytest.mark.feature("A04")
@pytest.mark.parametrize("name", CHART_PAGES)
@pytest.mark.parametrize("method", ["get", "post"])
def test_a_restricted_chart_is_not_there_and_the_try_is_recorded(as_role: Any, name: str, method: str) -> None:
    client = as_role("front_desk", "nurse")
    secret = PatientFactory(family_name="Zebrowski", restricted=True)
    response = getattr(client, method)(reverse(name, args=[secret.pk]))
    nobody = getattr(client, method)(reverse(name, args=[uuid7()]))
    assert response.status_code == nobody.status_code == 404
    assert "ebrowski" not in response.content.decode()
    event = AccessEvent.objects.get(patient_id=secret.pk)
    assert (event.user, event.outcome) == (client.user, "denied")
    assert AccessEvent.objects.count() == 1


def test_registration_leads_to_the_new_patient(desk: Client) -> None:
    payer = PayerFactory()
    response = desk.post(
        "/patients/new/",
        form(
            race=["2028-9", "2106-3"],
            ethnicity="2135-2",
            language="es",
            interpreter_needed="on",
            line1="12 Elm Street",
            city="Springfield",
            state="il",
            postal_code="62701",
            mobile="217 555 0142",
            payer=payer.pk,
            subscriber_id="M1",
        ),
    )
    patient = Patient.objects.get()
    assert response.headers["Location"] == reverse("clinic:patients_detail", args=[patient.pk])
    assert (patient.birth_date, patient.language, patient.interpreter_needed) == (date(1962, 3, 14), "es", True)
    assert [race["display"] for race in patient.race] == ["Asian", "White"]
    assert [one["code"] for one in patient.ethnicity] == ["2135-2"]
    assert patient.addresses.get().state == "IL"
    assert patient.telecom.get().value == "+12175550142"
    assert patient.coverages.get().payer == payer
    assert patient.created_by == desk.user


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"birth_date": "3/14/62"}, "Enter a date that exists"),
        ({"birth_date": "3/14/2099"}, "not in the future"),
        ({"family_name": " "}, "Enter the family name."),
        ({"gender": ""}, "Choose the sex."),
        ({"phone": "555-0142"}, "area code"),
        ({"email": "maria@"}, "valid email"),
        ({"line1": "12 Elm Street"}, "Enter the city."),
        ({"state": "Illinois"}, "at most 2"),
        ({"contact_phone": "217-555-0177"}, "Enter the emergency contact&#39;s family name."),
        ({"race": ["x"]}, "not one of the available choices"),
    ],
)
def test_what_is_wrong_is_said_and_what_was_typed_is_kept(desk: Client, wrong: dict[str, Any], said: str) -> None:
    response = desk.post("/patients/new/", form(given_name="Maria-Kept", **wrong))
    page = response.content.decode()
    assert response.status_code == 422
    assert said in page
    assert 'value="Maria-Kept"' in page
    assert "<title>Error: " in page
    assert not Patient.objects.exists()


def test_the_same_form_twice_makes_one_patient(desk: Client) -> None:
    data = form()
    first, second = desk.post("/patients/new/", data), desk.post("/patients/new/", data)
    assert first.headers["Location"] == second.headers["Location"]
    assert Patient.objects.count() == 1


def test_a_change_is_saved_and_the_name_before_is_shown(desk: Client, maria: Patient) -> None:
    url = reverse("clinic:patients_edit", args=[maria.pk])
    response = desk.post(url, edit_form(desk, maria, family_name="Silva-Jones", died_on="01-Jun-2025"))
    assert response.status_code == 303
    page = desk.get(response.headers["Location"]).content.decode()
    assert "SILVA-JONES" in page
    assert "Previous name" in page
    assert "01-Jun-2025 (63y)" in page


def test_the_second_of_two_who_save_sees_both_values_and_decides(desk: Client, maria: Patient, as_role: Any) -> None:
    nurse = as_role("nurse")
    url = reverse("clinic:patients_edit", args=[maria.pk])
    mine, theirs = edit_form(desk, maria, pronouns="she/her"), edit_form(nurse, maria, pronouns="they/them")
    assert nurse.post(url, theirs).status_code == 303
    answer = desk.post(url, mine)
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Somebody else saved first" in page
    assert "she/her" in page
    assert "they/them" in page
    assert Patient.objects.get(pk=maria.pk).pronouns == "they/them"
    version = re.search(r'name="version" value="([^"]+)"', page)
    assert version is not None
    assert desk.post(url, {**mine, "version": version[1]}).status_code == 303
    assert Patient.objects.get(pk=maria.pk).pronouns == "she/her"


def test_two_tabs_never_mix_two_patients(desk: Client, maria: Patient) -> None:
    other = PatientFactory(family_name="Brown", given_name="Peter")
    for_maria = edit_form(desk, maria, pronouns="for-maria")
    for_peter = edit_form(desk, other, pronouns="for-peter")
    desk.get(reverse("clinic:patients_detail", args=[other.pk]))
    desk.post(reverse("clinic:patients_edit", args=[maria.pk]), for_maria)
    desk.post(reverse("clinic:patients_edit", args=[other.pk]), for_peter)
    assert dict(Patient.objects.values_list("family_name", "pronouns")) == {"Silva": "for-maria", "Brown": "for-peter"}
    # Nothing in the session says of whom the last page was; the messages name no key.
    kept = {name: value for name, value in desk.session.items() if name != "_messages"}
    assert not any(str(patient.pk) in str(kept) for patient in (maria, other))
    assert set(kept) <= {"_auth_user_id", "_auth_user_backend", "_auth_user_hash", "started_at", "seen_at", "proved_at"}


def test_a_contact_person_is_added(desk: Client, maria: Patient) -> None:
    url = reverse("clinic:patients_relate", args=[maria.pk])
    assert desk.post(url, {"family_name": "Silva"}).status_code == 422
    desk.post(url, {"family_name": "Silva", "relationship": "Sister", "phone": "2175550177", "guarantor": "on"})
    page = desk.get(reverse("clinic:patients_detail", args=[maria.pk])).content.decode()
    assert "Silva · (217) 555-0177" in page
    assert "Guarantor</span>" in page


def test_details_show_insurance_only_to_who_may_see_it(as_role: Any, maria: Patient) -> None:
    CoverageFactory(patient=maria, payer=PayerFactory(name="Prairie Plan"))
    url = reverse("clinic:patients_detail", args=[maria.pk])
    assert "Prairie Plan" in as_role("front_desk").get(url).content.decode()
    assert "Prairie Plan" not in as_role("privacy_officer").get(url).content.decode()


@pytest.mark.parametrize(
    ("role", "expected"),
    [("front_desk", 403), ("biller", 403), ("nurse", 200), ("clinician", 200), ("privacy_officer", 403)],
)
def test_the_summary_is_for_clinical_roles(as_role: Any, maria: Patient, role: str, expected: int) -> None:
    assert as_role(role).get(reverse("clinic:chart_summary", args=[maria.pk])).status_code == expected


@pytest.mark.feature("B02", "B09")
def test_every_demographic_element_of_uscdi_v3_is_taken_kept_and_shown(desk: Client) -> None:
    """The data class Patient Demographics/Information, element by element; what is before comes with a change."""
    typed = form(
        **{"middle_name": "Luz", "suffix": "III", "former_family_name": "Oliveira", "pronouns": "she/her"},
        **{"birth_sex": "male", "gender_identity": "Woman of trans experience", "sexual_orientation": "Bisexual"},
        **{"race": ["2028-9"], "race_detail": ["2029-7"], "ethnicity": "2135-2", "ethnicity_detail": ["2148-5"]},
        **{"tribal_affiliation": "Cherokee Nation", "language": "es", "occupation": "Welder", "industry": "Shipyards"},
        **{"line1": "12 Elm Street", "city": "Springfield", "state": "IL", "postal_code": "62701"},
        **{"phone": "217 555 0141", "mobile": "217 555 0142", "work": "217 555 0143", "email": "maria@example.org"},
        **{"contact_given_name": "Ana", "contact_family_name": "Silva", "contact_relationship": "Mother"},
    )
    assert desk.post("/patients/new/", typed).status_code == 303
    patient = Patient.objects.get()
    moved = {"line1": "9 Oak Avenue", "city": "Decatur", "state": "IL", "postal_code": "62521"}
    kept = {name: value for name, value in typed.items() if not name.startswith(("contact_", "former_", "token"))}
    changed = edit_form(desk, patient, **{**kept, **moved, "died_on": "01-Jun-2025"})
    assert desk.post(reverse("clinic:patients_edit", args=[patient.pk]), changed).status_code == 303
    page = desk.get(reverse("clinic:patients_detail", args=[patient.pk])).content.decode()
    told = " ".join(re.sub(r"<[^>]+>", " ", page).split())
    elements = {
        "First, middle, last name, suffix": "Legal name Maria Luz Silva III",
        "Previous name": "Maria Oliveira",
        "Date of birth": "Date of birth 14-Mar-1962",
        "Date of death": "Died 01-Jun-2025",
        "Race": "Race Asian, Asian Indian",
        "Ethnicity": "Ethnicity Hispanic or Latino, Mexican",
        "Tribal affiliation": "Tribal affiliation Cherokee Nation",
        "Sex": "Sex at birth Male",
        "Sexual orientation": "Sexual orientation Bisexual",
        "Gender identity": "Gender identity Woman of trans experience",
        "Preferred language": "Preferred language Spanish",
        "Current address": "Home address 9 Oak Avenue, Decatur, IL 62521",
        "Previous address": "Previous address 12 Elm Street, Springfield, IL 62701",
        "Phone number and its type": "Home phone (217) 555-0141",
        "A second number": "Mobile phone (217) 555-0142",
        "A third number": "Work phone (217) 555-0143",
        "Email address": "E-mail maria@example.org",
        "Related person's name": "Ana Silva",
        "Related person's relationship": "Mother",
        "Occupation": "Occupation Welder",
        "Occupation's industry": "Industry Shipyards",
    }
    assert {name: text for name, text in elements.items() if text not in told} == {}, told


@pytest.mark.feature("B02")
def test_race_and_ethnicity_are_kept_in_detail_and_what_no_form_knows_stays(desk: Client) -> None:
    data = form(race=["2028-9"], race_detail=["2029-7"], ethnicity="2135-2", ethnicity_detail=["2148-5"])
    assert desk.post("/patients/new/", data).status_code == 303
    patient = Patient.objects.get()
    assert [one["display"] for one in patient.race] == ["Asian", "Asian Indian"]
    assert [one["code"] for one in patient.ethnicity] == ["2135-2", "2148-5"]
    strange = {"system": "urn:x", "code": "x", "display": "Of another system"}
    with transaction.atomic(), acting(desk.user):
        patient.race = [*patient.race, strange]
        patient.save()
    page = desk.get(reverse("clinic:patients_edit", args=[patient.pk])).content.decode()
    assert re.search(r'value="2029-7" selected', page)
    changed = edit_form(desk, patient, race=["2106-3"], race_detail=[], ethnicity="")
    assert desk.post(reverse("clinic:patients_edit", args=[patient.pk]), changed).status_code == 303
    patient.refresh_from_db()
    assert [one["display"] for one in patient.race] == ["White", "Of another system"]


@pytest.mark.feature("B02")
def test_details_are_confirmed_with_the_patient(desk: Client, maria: Patient) -> None:
    page = reverse("clinic:patients_detail", args=[maria.pk])
    assert "not confirmed with the patient yet" in desk.get(page).content.decode()
    answer = desk.post(reverse("clinic:patients_verify", args=[maria.pk]))
    assert answer.headers["Location"] == page
    before, maria = maria, Patient.objects.get(pk=maria.pk)
    assert (maria.demographics_verified_by, maria.family_name) == (desk.user, before.family_name)
    shown = f"confirmed {formats.day(maria.demographics_verified_at)} by {desk.user}"
    assert shown in desk.get(page).content.decode()
    assert desk.get(reverse("clinic:patients_verify", args=[maria.pk])).status_code == 405
