"""What every answer tells the browser, and what it may keep."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.conf import settings
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from tests.factories.accounts import PASSWORD
from tests.policy.answers import answers

pytestmark = [pytest.mark.feature("A08"), pytest.mark.django_db]

LogIn = Callable[..., Client]
POLICY = {
    "base-uri 'none'",
    "connect-src 'self'",
    "default-src 'none'",
    "font-src 'self'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "img-src 'self' data:",
    "object-src 'none'",
    "report-uri /csp-reports",
    "script-src 'self'",
    "style-src 'self'",
}
HEADERS = {
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "Reporting-Endpoints": 'csp="/csp-reports"',
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
#: What settings.py sets outside the demo.
PRODUCTION = {
    "SESSION_COOKIE_NAME": "__Host-session",
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_NAME": "__Host-csrf",
    "CSRF_COOKIE_SECURE": True,
    "SECURE_SSL_REDIRECT": True,
    "SECURE_HSTS_SECONDS": 365 * 24 * 60 * 60,
    "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
    "SECURE_HSTS_PRELOAD": True,
}


#: Pages on which somebody who is logged in may be asked for the camera.
WITH_CAMERA = {"clinic:documents_capture"}


def tied_down(response: Any, *, camera: str = "()") -> None:
    """The answer has every header, and its policy is the strict one (or stricter)."""
    policy = response.headers["Content-Security-Policy"]
    assert policy == "sandbox; default-src 'none'" or set(policy.split("; ")) == POLICY, str(response)
    assert {name: response.headers.get(name) for name in HEADERS} == HEADERS, str(response)
    features = set(response.headers["Permissions-Policy"].split(", "))
    assert {f"camera={camera}", "geolocation=()", "microphone=()"} <= features, str(response)
    assert "no-store" in response.headers["Cache-Control"], str(response)


def test_every_answer_to_each_kind_of_request_ties_the_browser_down() -> None:
    for answer in answers():
        camera = answer.known and answer.name in WITH_CAMERA
        tied_down(answer, camera="(self)" if camera else "()")


def test_an_address_that_is_not_there_does() -> None:
    tied_down(Client().get("/nothing-here/"))


def test_cookies_belong_to_this_host_alone(person: Callable[..., Any], settings: Any) -> None:
    for name, value in PRODUCTION.items():
        setattr(settings, name, value)
    client = Client()
    page = client.get(reverse("account_login"), secure=True)
    assert page.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains; preload"
    typed = {"login": person("nurse").email, "password": PASSWORD}
    kept = {**page.cookies, **client.post(reverse("account_login"), typed, secure=True).cookies}
    assert set(kept) == {"__Host-session", "__Host-csrf"}
    for cookie in kept.values():
        assert (cookie["secure"], cookie["httponly"], cookie["path"], cookie["domain"]) == (True, True, "/", "")
        assert cookie["samesite"] == "Lax"


def test_plain_http_is_sent_to_https(settings: Any) -> None:
    settings.SECURE_SSL_REDIRECT = True
    assert Client().get("/schedule/").headers["Location"] == "https://testserver/schedule/"


def test_a_message_is_kept_on_the_server() -> None:
    """It names the patient whom it is about; a cookie would leave the name in the browser."""
    assert settings.MESSAGE_STORAGE == "django.contrib.messages.storage.session.SessionStorage"


def test_logging_out_empties_the_browser(as_role: LogIn) -> None:
    client = as_role("nurse")
    key = client.session.session_key
    response = client.post(reverse("account_logout"))
    assert response.headers["Clear-Site-Data"] == '"cache", "storage"'
    assert client.session.session_key != key
    assert not Session.objects.filter(pk=key).exists()


def test_too_many_tries_get_a_page(client: Client) -> None:
    statuses = []
    for _ in range(40):
        response = client.post(reverse("account_reset_password"), {"email": "nobody@example.org"})
        statuses.append(response.status_code)
        if response.status_code == 429:
            break
    assert statuses[-1] == 429
    assert "This was tried too often" in response.content.decode()
    tied_down(response)
