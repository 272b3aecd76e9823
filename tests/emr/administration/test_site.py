"""Django's admin: for superusers, to look at the machinery, on record."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.apps import apps
from django.test import Client
from django.urls import reverse

from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.administration.site import SHOWN, site
from emr.audit.models import SecurityEvent
from emr.audit.registry import recorded_models
from tests.policy.urls import every_url

pytestmark = [pytest.mark.feature("A08", "K05"), pytest.mark.django_db]

PAGES = [url for url in every_url() if url.name.startswith("admin:")]
GUARDED = [url for url in PAGES if url.door and url.door.kind == "admin"]


@pytest.fixture
def root(person: Callable[..., User]) -> Client:
    """A superuser at a browser."""
    user = person(is_staff=True, is_superuser=True)
    client = Client()
    client.force_login(user, backend="emr.accounts.backends.LoginBackend")
    client.user = user
    return client


def test_a_superuser_reads_and_each_look_is_on_record(root: Client) -> None:
    for url in GUARDED:
        arguments = {"app_label": "jobs", "object_id": "1"}
        response = root.get(url.path(**arguments))
        assert response.status_code in {200, 302}, url.name
    seen = SecurityEvent.objects.filter(kind="admin_view", user=root.user).values_list("detail", flat=True)
    assert sorted(seen) == sorted(url.name for url in GUARDED)
    assert len(seen) == 3 + 2 * len(SHOWN)


def test_nobody_else_comes_in(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    staff = Client()
    staff.force_login(person("manager", is_staff=True), backend="emr.accounts.backends.LoginBackend")
    for url in GUARDED:
        assert as_role(*ROLES).get(url.path()).status_code == 403, url.name
        assert staff.get(url.path()).status_code == 403, url.name
        assert Client().get(url.path()).headers["Location"].startswith("/accounts/login/")


def test_nothing_can_be_changed(root: Client) -> None:
    for url in GUARDED:
        for ask in (root.post, root.put, root.delete):
            assert ask(url.path()).status_code == 403, url.name


def test_its_log_in_is_the_houses_own(client: Client) -> None:
    assert client.get("/admin/login/?next=/admin/").headers["Location"] == "/accounts/login/?next=/admin/"


def test_no_record_is_in_it() -> None:
    shown = {apps.get_model(label) for label in SHOWN}
    assert set(site._registry) == shown
    assert shown & set(recorded_models()) == set()
    fields = {field.name for model in shown for field in model._meta.get_fields() if field.concrete}
    assert {"patient", "patient_id", "for_patient"} & fields == set()


def test_its_pages_need_no_inline_script_or_style(root: Client) -> None:
    for url in GUARDED:
        html: Any = root.get(url.path(app_label="jobs")).content.decode()
        assert " style=" not in html, url.name
        assert "<style" not in html
        assert "<script>" not in html
        assert " onclick=" not in html


def test_a_first_account_is_made_by_command_alone() -> None:
    assert not User.objects.exists()
    assert reverse("admin:index") == "/admin/"
