"""Whence a request comes, and what id it has: nothing that a client sends can change either."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client, RequestFactory, override_settings
from django.urls import reverse

from emr.audit.middleware import client_ip
from emr.audit.models import AccessEvent
from tests.factories.clinic import PatientFactory


@pytest.mark.parametrize(
    ("hops", "forwarded", "expected"),
    [
        (0, None, "192.0.2.1"),
        (0, "203.0.113.9", "192.0.2.1"),
        (1, "203.0.113.9", "203.0.113.9"),
        (1, "6.6.6.6, 203.0.113.9", "203.0.113.9"),
        (2, "6.6.6.6, 203.0.113.9, 198.51.100.2", "203.0.113.9"),
        (2, "203.0.113.9", "192.0.2.1"),
        (1, "junk", None),
        (1, "2001:db8::1", "2001:db8::1"),
        (1, "1" * 300, None),
    ],
)
def test_the_address_comes_from_the_trusted_hop(hops: int, forwarded: str | None, expected: str | None) -> None:
    headers = {"X-Forwarded-For": forwarded} if forwarded else {}
    request = RequestFactory(headers=headers).get("/", REMOTE_ADDR="192.0.2.1")
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=hops):
        assert client_ip(request) == expected


@pytest.mark.django_db
def test_spoofed_headers_change_nothing_in_the_log(as_role: Callable[..., Client]) -> None:
    client = as_role("clinician")
    patient = PatientFactory()
    headers = {"X-Forwarded-For": "6.6.6.6", "X-Correlation-ID": "x" * 300, "X-Request-Id": "mine"}
    response = client.get(reverse("clinic:chart_summary", args=[patient.pk]), headers=headers)
    event = AccessEvent.objects.get(patient_id=patient.pk, action="view")
    assert event.remote_addr == "127.0.0.1"
    assert event.request_id == response.headers["X-Request-Id"] != "mine"
    assert (event.user, event.section, event.outcome) == (client.user, "summary", "granted")  # type: ignore[attr-defined]
