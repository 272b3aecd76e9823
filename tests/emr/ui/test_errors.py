"""Error pages: what happened, what to do, and nothing that a stranger could learn from."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory

from emr.ui import errors


@pytest.mark.django_db
def test_a_page_that_is_not_there(as_role: Callable[..., Client]) -> None:
    response = as_role("nurse").get("/no/such/page/")
    assert response.status_code == 404
    assert "Nothing is here" in response.content.decode()


@pytest.mark.django_db
def test_a_page_that_one_may_not_open(as_role: Callable[..., Client]) -> None:
    response = as_role("nurse").get("/audit/")
    assert response.status_code == 403
    assert "You may not open this" in response.content.decode()


@pytest.mark.django_db
def test_an_address_that_only_takes_a_form(as_role: Callable[..., Client]) -> None:
    response = as_role("biller").get("/billing/batches/new/")
    assert response.status_code == 405
    assert response.headers["Allow"] == "POST"
    assert "only takes what a form sends" in response.content.decode()


@pytest.mark.django_db
def test_a_stale_form(as_role: Callable[..., Client]) -> None:
    client = Client(enforce_csrf_checks=True)
    response = client.post("/accounts/login/", {"login": "x"})
    assert response.status_code == 403
    assert "The page was open too long" in response.content.decode()


def test_broken_and_unavailable_need_no_database() -> None:
    request = RequestFactory().get("/")
    broken = errors.server_error(request)
    assert broken.status_code == 500
    assert "Something broke" in broken.content.decode()
    away = errors.unavailable(request)
    assert (away.status_code, away["Retry-After"]) == (503, "30")


@pytest.mark.django_db
def test_a_conflict_says_its_sentence() -> None:
    from django.contrib.auth.models import AnonymousUser

    request = RequestFactory().get("/")
    request.user = AnonymousUser()
    response = errors.conflict(request, "This slot was booked a moment ago.")
    assert response.status_code == 409
    assert "This slot was booked a moment ago." in response.content.decode()
