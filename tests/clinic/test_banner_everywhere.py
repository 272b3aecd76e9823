"""The banner of a page is that of the patient in its address, on every page, in two tabs too."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date

import pytest
from django.test import Client

from emr.access.roles import ROLES
from tests.factories.clinic import PatientFactory
from tests.policy.urls import Url, every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B10")]

#: Pages of a chart that need nothing but the patient.
PAGES = [
    url
    for url in every_url()
    if url.door is not None and url.door.kind == "chart" and [name for name, _ in url.converters] == ["patient_id"]
]
#: The privacy officer says there who may open a chart without being let into it.
WITHOUT_BANNER = {"clinic:access_chart"}
_BANNER = re.compile(r'<section class="banner[^"]*" aria-label="Patient ([^"]+)"')


@pytest.mark.parametrize("url", PAGES, ids=lambda url: url.name)
def test_two_tabs_each_name_their_own_patient(url: Url, as_role: Callable[..., Client]) -> None:
    assert url.door is not None
    client = as_role(next(name for name, role in ROLES.items() if url.door.permission in role.permissions))
    second = {"family_name": "Secondtab", "given_name": "Otto", "birth_date": date(1990, 7, 1)}
    tabs = [PatientFactory(family_name="Firsttab"), PatientFactory(**second)]
    for patient in (*tabs, *tabs):
        answer = client.get(url.path(patient_id=patient.pk))
        if answer.status_code != 200 or answer.streaming or "html" not in answer.headers["Content-Type"]:
            return
        page = answer.content.decode()
        if "<html" not in page:
            return
        expected = [] if url.name in WITHOUT_BANNER else [f"{patient.given_name} {patient.family_name}"]
        assert _BANNER.findall(page) == expected
        other = next(one for one in tabs if one != patient)
        assert other.family_name.casefold() not in page.casefold()
