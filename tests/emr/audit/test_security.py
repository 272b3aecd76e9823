"""The log of security events."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from emr.audit import security
from emr.audit.models import SecurityEvent
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A01")]


def kinds() -> list[tuple[str, User | None, User | None]]:
    """What is on record, in its order."""
    return [
        (event.kind, event.user, event.target_user)
        for event in SecurityEvent.objects.order_by("id").select_related("user", "target_user")
    ]


def log_in(client: Client, email: str, password: str = PASSWORD) -> None:
    """By the form."""
    client.post(reverse("account_login"), {"login": email, "password": password})


def test_the_way_in_and_out_is_on_record(person: Callable[..., User]) -> None:
    nurse, client = person("nurse"), Client(REMOTE_ADDR="203.0.113.9")
    log_in(client, nurse.email, "wrong-password-123")
    log_in(client, nurse.email)
    client.post(reverse("account_logout"))
    assert kinds() == [("login_failed", None, nurse), ("login", nurse, None), ("logout", nurse, None)]
    event = SecurityEvent.objects.latest("id")
    assert event.remote_addr == "203.0.113.9"
    assert len(event.request_id) == 32


def test_a_refusal_is_on_record(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    client.get(reverse("accounts:people_list"))
    event = SecurityEvent.objects.get(kind="permission_denied")
    assert (event.user, event.detail) == (client.user, "GET accounts:people_list")  # type: ignore[attr-defined]


def test_strangers_do_not_fill_the_table_and_leave_no_word(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(security, "STRANGER_EVENTS_PER_HOUR", 3)
    for number in range(6):
        log_in(Client(), f"secret-name-{number}@example.org", "wrong-password-123")
    log_in(Client(REMOTE_ADDR="203.0.113.9"), "x@example.org", "wrong-password-123")
    events = list(SecurityEvent.objects.order_by("id"))
    assert [(event.kind, event.remote_addr) for event in events] == [("login_failed", "127.0.0.1")] * 3 + [
        ("login_failed", "203.0.113.9")
    ]
    assert {(event.user, event.target_user, event.detail) for event in events} == {(None, None, "")}


def test_it_only_grows(person: Callable[..., User]) -> None:
    event = security.record_security_event("login", user=person("nurse"))
    assert event is not None
    for change in (
        lambda: SecurityEvent.objects.update(kind="logout"),
        lambda: SecurityEvent.objects.all().delete(),
    ):
        with pytest.raises(DatabaseError), transaction.atomic():
            change()
