"""The pages to find, register, see and change a patient."""

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
from emr.audit.models import AccessEvent, LogEntry
from emr.shared.records import uuid7
from emr.ui import formats
from tests.factories.clinic import (
    ContactPointFactory,
    CoverageFactory,
    PatientAddressFactory,
    PatientFactory,
    PatientNameFactory,
    PayerFactory,
    grant_chart,
)

pytestmark = pytest.mark.django_db

SEARCH = "/patients/"
FRAGMENT = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "hits"}


def found(client: Client, text: str) -> list[str]:
    """The family names that the search shows, in its order."""
    response = client.post(SEARCH, {"q": text}, **FRAGMENT)
    assert response.status_code == 200
    return re.findall(r'primary-link" href="[^"]+">([^<,]+),', response.content.decode())


@pytest.fixture
def desk(as_role: Any) -> Client:
    return as_role("front_desk")


@pytest.fixture
def maria() -> Any:
    patient = PatientFactory(
        mrn="1004827", family_name="Silva", given_name="Maria", middle_name="Luz", preferred_name="Mia"
    )
    ContactPointFactory(patient=patient, value="+12175550142")
    PatientAddressFactory(patient=patient)
    PatientNameFactory(patient=patient, family_name="Oliveira", given_name="Maria")
    return patient


@pytest.mark.feature("B01")
@pytest.mark.parametrize(
    "text",
    [
        "Maria Silva",
        "maria silva",
        "Silva, Maria",
        "Silva Maria",
        "silva",
        "Sil",
        "si",
        "mia silva",
        "luz",
        "ilva",
        "3/14/1962",
        "14-Mar-1962",
        "1962-03-14",
        "03141962",
        "March 14, 1962",
        "3/14/62",
        "silva 3/14/1962",
        "217-555-0142",
        "(217) 555 0142",
        "+1 217 555 0142",
        "5550142",
        "217555",
        "1004827",
        "100 482 7",
        "10048",
        "oliveira",
        "Slva",
        "Sivla Maria",
        "Mraia Silva",
        "SILVÁ",
    ],
)
def test_each_way_of_asking_finds_her_and_nobody_else(desk: Client, maria: Patient, text: str) -> None:
    PatientFactory(family_name="Brown", given_name="Peter", birth_date=date(1970, 1, 1))
    assert found(desk, text) == ["SILVA"]


@pytest.mark.feature("B01")
@pytest.mark.parametrize(
    "text", ["silva 3/15/1962", "Brown", "1004826", "9995550142", "zzz", "%", "_______", "' OR 1=1"]
)
def test_what_does_not_fit_finds_nobody(desk: Client, maria: Patient, text: str) -> None:
    assert found(desk, text) == []


def test_the_best_fit_comes_first(desk: Client) -> None:
    for family, given in [("Martin", "Lee"), ("Lee", "Martina"), ("Lee", "Martin"), ("Leeson", "Martin")]:
        PatientFactory(family_name=family, given_name=given)
    assert found(desk, "Martin Lee") == ["LEE", "LEE", "MARTIN", "LEESON"]


@pytest.mark.feature("B01")
def test_a_hit_shows_enough_to_tell_two_apart(desk: Client, maria: Patient) -> None:
    PatientFactory(family_name="Silva", given_name="Mariana", birth_date=date(1991, 7, 2))
    page = desk.post(SEARCH, {"q": "silva"}, **FRAGMENT).content.decode()
    for text in ("SILVA, Maria Luz", "14-Mar-1962", "Female", "100 482 7", "12 Elm Street, Springfield"):
        assert text in page
    assert "(217) 555-0142" in page
    assert page.count("Similar name on file") == 2


def test_one_sure_hit_is_opened_by_enter(desk: Client, maria: Patient, as_role: Any) -> None:
    assert desk.post(SEARCH, {"q": "silva"}).headers["Location"] == reverse("clinic:patients_detail", args=[maria.pk])
    nurse = as_role("nurse")
    assert nurse.post(SEARCH, {"q": "silva"}).headers["Location"] == reverse("clinic:chart_summary", args=[maria.pk])


def test_a_hit_by_likeness_alone_is_never_opened(desk: Client, maria: Patient) -> None:
    response = desk.post(SEARCH, {"q": "Slva"})
    assert response.status_code == 200
    assert "Nobody is written just so" in response.content.decode()


def test_what_was_typed_stands_in_no_url(desk: Client, maria: Patient) -> None:
    PatientFactory(family_name="Silva", given_name="Ana")
    page = desk.post(SEARCH, {"q": "Silva"}).content.decode()
    assert not re.search(r'(?:href|action|src|hx-get|data-source)="[^"]*silva', page, re.IGNORECASE)
    assert "SILVA" not in desk.get(SEARCH, {"q": "Silva"}).content.decode()


def test_suggestions_lead_to_the_patient_or_fill_another_form(desk: Client, maria: Patient) -> None:
    lookup = {"HTTP_HX_REQUEST": "true", "HTTP_HX_TARGET": "find-list"}
    links = desk.post(SEARCH, {"q": "silva"}, **lookup).content.decode()
    picks = desk.post(SEARCH, {"q": "silva", "pick": "1"}, **lookup).content.decode()
    assert f'data-href="/patients/{maria.pk}/details/"' in links
    assert f'data-code="{maria.pk}"' in picks
    assert "data-href" not in picks


def test_every_patient_shown_is_recorded_once_as_found(desk: Client, maria: Patient) -> None:
    other = PatientFactory(family_name="Silva", given_name="Ana")
    desk.post(SEARCH, {"q": "silva"}, **FRAGMENT)
    events = AccessEvent.objects.filter(user=desk.user, action="search", section="search")
    assert sorted(event.patient_id for event in events) == sorted([maria.pk, other.pk])


def test_patients_opened_lately_stand_below_an_empty_box(desk: Client, maria: Patient) -> None:
    PatientFactory(family_name="Unopened")
    desk.get(reverse("clinic:patients_detail", args=[maria.pk]))
    page = desk.get(SEARCH).content.decode()
    assert "SILVA, Maria Luz" in page
    assert "UNOPENED" not in page


@pytest.mark.feature("A04")
def test_a_restricted_patient_is_in_no_answer_without_a_grant(as_role: Any) -> None:
    secret = PatientFactory(family_name="Silva", given_name="Maria", mrn="1004827", restricted=True)
    ContactPointFactory(patient=secret)
    PatientFactory(family_name="Silva", given_name="Mario", birth_date=date(1991, 7, 2))
    desk = as_role("front_desk")
    for text in ("silva", "3/14/1962", "1004827", "217-555-0142", "slvia"):
        page = desk.post(SEARCH, {"q": text}, **FRAGMENT).content.decode()
        assert "Maria" not in page
        assert "Similar name" not in page
    assert not AccessEvent.objects.filter(patient_id=secret.pk).exists()
    grant_chart(desk.user, secret)
    page = desk.post(SEARCH, {"q": "silva"}, **FRAGMENT).content.decode()
    assert page.count("Similar name on file") == 2
    assert "Restricted chart" in page


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


def count_queries(client: Client, text: str, capture: Any) -> int:
    client.post(SEARCH, {"q": text}, **FRAGMENT)
    with capture() as queries:
        client.post(SEARCH, {"q": text}, **FRAGMENT)
    return len([one for one in queries if "SAVEPOINT" not in one["sql"]])


def test_a_search_asks_no_more_queries_for_30_than_for_5(desk: Client) -> None:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    def capture() -> Any:
        return CaptureQueriesContext(connection)

    for number in range(5):
        PatientFactory(family_name="Fewer", given_name=f"Ada{number}")
    few = count_queries(desk, "fewer", capture)
    nothing = count_queries(desk, "x", capture)
    for number in range(30):
        ContactPointFactory(patient=PatientFactory(family_name="Many", given_name=f"Ada{number}"))
    assert count_queries(desk, "many", capture) <= few
    assert few - nothing <= 5


FORM = {
    "family_name": "Silva",
    "given_name": "Maria",
    "birth_date": "3/14/1962",
    "gender": "female",
}


def form(**values: Any) -> dict[str, Any]:
    return {**FORM, "token": str(uuid7()), **values}


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


def edit_form(client: Client, patient: Patient, **values: Any) -> dict[str, Any]:
    """What the page's form would send, with some values changed."""
    page = client.get(reverse("clinic:patients_edit", args=[patient.pk])).content.decode()
    version = re.search(r'name="version" value="([^"]+)"', page)
    assert version is not None
    base = {"family_name": patient.family_name, "given_name": patient.given_name, "gender": patient.gender}
    return {**base, "birth_date": "3/14/1962", "active": "on", "version": version[1], "keep_old_name": "on", **values}


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
