"""Every URL stands behind exactly one door, and each door keeps out whom it should."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import Client

from clinic.rules import IDENTITY_ONLY
from emr.access.permissions import LABELS, Permission
from emr.access.roles import ROLES
from emr.audit.models import AccessEvent
from tests.factories.clinic import PatientFactory
from tests.policy.urls import Url, every_url

URLS = [url for url in every_url() if not url.third_party]
RULES = Path(__file__).with_name("doors.txt")

pytestmark = [pytest.mark.feature("A03"), pytest.mark.django_db]


def _rule(url: Url) -> str:
    door = url.door
    assert door is not None, f"{url.name} has no door: put its view under staff_view, chart_view or public_view"
    return f"{url.name} {door.kind} {door.permission.value if door.permission else '-'}"


def test_every_url_is_registered() -> None:
    """A new URL needs a line in doors.txt: its name, its door, its permission. So nobody opens one unawares."""
    assert sorted({_rule(url) for url in URLS}) == RULES.read_text(encoding="utf-8").splitlines()


def test_a_name_leads_to_one_view() -> None:
    """Of two views with one name only the last is ever linked, and nothing says so."""
    views: dict[str, set[Callable[..., Any]]] = {}
    for url in URLS:
        views.setdefault(url.name, set()).add(url.view)
    assert [name for name, found in views.items() if len(found) > 1] == []


def test_public_views_give_a_reason() -> None:
    assert [url.name for url in URLS if url.door and url.door.kind == "public" and not url.door.reason] == []


def test_chart_urls_carry_the_patient_and_others_do_not() -> None:
    for url in URLS:
        has_patient = "patient_id" in dict(url.converters)
        assert has_patient == (url.door is not None and url.door.kind == "chart"), url.name


def test_anonymous_is_sent_to_the_log_in() -> None:
    for url in URLS:
        response = Client().get(url.path())
        if url.door and url.door.kind == "public":
            assert response.status_code in {200, 302, 404, 405}, url.name
        else:
            assert response.status_code == 302, f"{url.name} answers {response.status_code} to nobody"
            assert response.headers["Location"].startswith("/accounts/login/"), url.name


@pytest.mark.parametrize("role", ROLES)
def test_each_role_passes_its_doors_and_no_others(role: str, as_role: Callable[..., Client]) -> None:
    client = as_role(role)
    held = ROLES[role].permissions
    for url in URLS:
        door = url.door
        if door is None or door.permission is None:
            continue
        # Other verbs at doors that are shut, and ids that are there: tests/attacks/test_foreign_objects.py.
        for method in (client.get, client.post) if door.permission in held else (client.get,):
            status = method(url.path()).status_code
            if door.permission in held:
                assert status in {200, 204, 302, 303, 400, 404, 405, 409, 422}, (
                    f"{role}: {url.name} answers {status} though it holds {door.permission}"
                )
            else:
                assert status in {403, 405}, f"{role}: {url.name} answers {status} without {door.permission}"


@pytest.mark.feature("A04")
@pytest.mark.parametrize("role", ROLES)
def test_a_restricted_chart_is_not_there(role: str, as_role: Callable[..., Client]) -> None:
    """Restricted and missing look the same; the try is on record."""
    patient = PatientFactory(restricted=True)
    client = as_role(role)
    tried = 0
    for url in URLS:
        if url.door is None or url.door.kind != "chart" or url.door.permission not in ROLES[role].permissions:
            continue
        if url.door.permission in IDENTITY_ONLY:  # Who may open it is decided there.
            continue
        hidden = client.get(url.path(patient_id=patient.pk))
        missing = client.get(url.path())
        assert hidden.status_code == missing.status_code, url.name
        assert hidden.status_code in {404, 405}, f"{role}: {url.name} answers {hidden.status_code}"
        if hidden.status_code == 404:
            tried += 1
            assert patient.family_name not in hidden.content.decode()
    assert AccessEvent.objects.filter(patient_id=patient.pk, outcome="denied").count() == tried
    assert not AccessEvent.objects.filter(patient_id=patient.pk, outcome="granted").exists()


def test_a_view_without_a_door_is_refused_at_run_time(as_role: Callable[..., Client]) -> None:
    from django.http import HttpResponse
    from django.test import override_settings
    from django.urls import path

    from emr import urls

    class Bare:
        urlpatterns = [*urls.urlpatterns, path("bare/", lambda request: HttpResponse("leak"), name="bare")]

    with override_settings(ROOT_URLCONF=Bare):
        response = as_role("manager").get("/bare/")
    assert response.status_code == 403
    assert b"leak" not in response.content


def test_every_permission_is_named_in_words() -> None:
    assert set(LABELS) == set(Permission)


def test_every_permission_is_used_by_a_role() -> None:
    held = frozenset().union(*(role.permissions for role in ROLES.values()))
    assert held == set(Permission)


def test_no_role_is_a_django_superuser() -> None:
    assert not settings.DEMO or set(ROLES) == {
        "front_desk",
        "nurse",
        "clinician",
        "medical_director",
        "biller",
        "manager",
        "privacy_officer",
    }
