"""The page and the box that find a patient."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Patient
from emr.audit.models import AccessEvent
from tests.factories.clinic import (
    ContactPointFactory,
    PatientFactory,
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
