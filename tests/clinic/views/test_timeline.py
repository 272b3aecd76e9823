"""The page of the timeline: who may open it, what it is asked, how it leads on."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Patient
from emr.audit.models import AccessEvent
from emr.shared.dates import clinic_today
from emr.ui import formats
from tests.factories.chart import ConditionFactory, blood_pressure
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("F17")]


def _path(patient: Patient) -> str:
    return reverse("clinic:chart_timeline", args=[patient.pk])


def _titles(page: str) -> list[str]:
    return re.findall(r'class="strong"[^>]*>([^<]+)<', page)


def test_it_is_read_filtered_and_paged(as_role: Callable[..., Client]) -> None:
    patient: Patient = PatientFactory.create()
    for number in range(60):
        ConditionFactory(patient=patient, display=f"Ache {number:02}", code=f"M{number}", onset_date=date(2001, 1, 1))
    blood_pressure(patient=patient)
    client = as_role("clinician")

    page = client.get(_path(patient)).content.decode()
    first = _titles(page)
    assert len(first) == 50
    assert first[0] == "Vital signs"
    assert "152/88" in page
    cursor = re.search(r'name="before" value="([^"]+)"', page)
    assert cursor is not None
    second = _titles(client.post(_path(patient), {"before": cursor.group(1)}).content.decode())
    assert len(second) == 11
    assert len({*first, *second}) == 61

    only = client.get(_path(patient), {"kind": "vitals"}).content.decode()
    assert _titles(only) == ["Vital signs"]
    found = client.post(_path(patient), {"kind": "problem", "text": "ache 07"}).content.decode()
    assert _titles(found) == ["Ache 07 M7"]
    nothing = client.post(_path(patient), {"text": "rabies"}).content.decode()
    assert "Nothing fits" in nothing
    assert 'value="rabies"' in nothing
    events = AccessEvent.objects.filter(patient_id=patient.pk)
    assert {(event.section, event.url_name) for event in events} == {("timeline", "clinic:chart_timeline")}


def test_the_past_is_told_to_those_who_may_know_it(as_role: Callable[..., Client]) -> None:
    patient: Patient = PatientFactory.create()
    ConditionFactory(patient=patient, display="Gout")
    yesterday = formats.day(clinic_today() - timedelta(days=1))
    client = as_role("clinician")
    assert "Nothing was known yet" in client.post(_path(patient), {"on": yesterday}).content.decode()
    today = client.post(_path(patient), {"on": formats.day(clinic_today())})
    assert "As known on" in today.content.decode()

    assert as_role("front_desk").get(_path(patient)).status_code == 403


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"before": "yesterday"}, "This page is not there"),
        ({"before": "2026-01-01T00:00:00+00:00/99/0"}, "This page is not there"),
        ({"since": "05-Jan-2026", "until": "04-Jan-2026"}, "Choose a day that isn&#x27;t before"),
        ({"since": "soon"}, "Enter a day that exists"),
        ({"kind": "gossip"}, "Select a valid choice"),
    ],
)
def test_nonsense_is_answered_beside_the_field(
    asked: dict[str, str], said: str, as_role: Callable[..., Client]
) -> None:
    response = as_role("clinician").post(_path(PatientFactory()), asked)
    assert response.status_code == 422
    assert said in response.content.decode().replace("&#39;", "&#x27;")


def test_an_empty_chart_says_what_to_do(as_role: Callable[..., Client]) -> None:
    assert "Nothing is on record yet" in as_role("nurse").get(_path(PatientFactory())).content.decode()
