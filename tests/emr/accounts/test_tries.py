"""Wrong passwords lock an account for a time, and tell nobody whether there is one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from itertools import count

import pytest
from django.contrib.auth.hashers import PBKDF2PasswordHasher
from django.core.cache import cache
from django.http import HttpResponse
from django.test import Client, override_settings
from django.urls import reverse
from django.utils import timezone

from emr.accounts import tries
from emr.accounts.models import LoginTries, User
from emr.audit.models import SecurityEvent
from tests.factories.accounts import PASSWORD

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A01")]

LOGIN = reverse("account_login")
WRONG = "wrong-password-123"
LOCKED = "Too many failed login attempts"


_addresses = count(1)


def attempt(email: str, password: str = WRONG, **meta: str) -> HttpResponse:
    """One try from a new browser, at an address of its own unless one is given."""
    number = next(_addresses)
    meta.setdefault("REMOTE_ADDR", f"10.9.{number // 250}.{number % 250 + 1}")
    return Client(**meta).post(LOGIN, {"login": email, "password": password})  # type: ignore[arg-type,return-value]


def plain(answer: HttpResponse, email: str) -> str:
    """The page without what differs each time."""
    lines = answer.content.decode().replace(email, "").splitlines()
    return "".join(line for line in lines if "csrf" not in line)


def test_five_bad_tries_lock_and_a_manager_unlocks(person: Callable[..., User], as_role: Callable[..., Client]) -> None:
    nurse, manager = person("nurse"), as_role("manager")
    for _ in range(5):
        assert LOCKED not in attempt(nurse.email).content.decode()
    cache.clear()
    refused = attempt(nurse.email.upper(), PASSWORD)
    assert (refused.status_code, LOCKED in refused.content.decode()) == (200, True)
    page = manager.get(reverse("accounts:people_edit", args=[nurse.pk])).content.decode()
    assert "Locked until" in page
    for role in ("nurse", "privacy_officer", "clinician"):
        assert as_role(role).post(reverse("accounts:people_unlock", args=[nurse.pk])).status_code == 403
    manager.post(reverse("accounts:people_unlock", args=[nurse.pk]))
    assert attempt(nurse.email, PASSWORD).status_code == 302
    events = SecurityEvent.objects.filter(target_user=nurse).order_by("id")
    assert [event.kind for event in events] == [*["login_failed"] * 5, "locked", "unlocked"]
    assert events[6].user == manager.user  # type: ignore[attr-defined]


def test_a_lock_passes_and_a_right_password_forgets(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    for _ in range(4):
        attempt(nurse.email)
    assert attempt(nurse.email, PASSWORD).status_code == 302
    cache.clear()
    for _ in range(5):
        attempt(nurse.email)
    LoginTries.objects.update(locked_until=timezone.now() - timedelta(seconds=1))
    cache.clear()
    assert attempt(nurse.email, PASSWORD).status_code == 302
    assert not LoginTries.objects.exists()


def test_known_and_unknown_are_locked_alike(person: Callable[..., User]) -> None:
    nurse, gone, nobody = person("nurse").email, person("nurse", is_active=False).email, "nobody@example.org"
    for number in range(7):
        cache.clear()
        answers = {email: attempt(email) for email in (nurse, gone, nobody)}
        assert {answer.status_code for answer in answers.values()} == {200}
        assert len({plain(answer, email) for email, answer in answers.items()}) == 1
        assert [LOCKED in answer.content.decode() for answer in answers.values()] == [number >= 5] * 3


def test_an_unknown_name_costs_a_hash_too(person: Callable[..., User], monkeypatch: pytest.MonkeyPatch) -> None:
    """The time of a log-in is the time of its hash: as many for a stranger as for a member of staff."""
    counted: list[str] = []
    real = PBKDF2PasswordHasher.encode

    def counting(self: PBKDF2PasswordHasher, password: str, salt: str, iterations: int | None = None) -> str:
        counted.append("hash")
        return real(self, password, salt, iterations)

    monkeypatch.setattr(PBKDF2PasswordHasher, "encode", counting)
    monkeypatch.setattr(PBKDF2PasswordHasher, "iterations", 1)
    with override_settings(PASSWORD_HASHERS=["django.contrib.auth.hashers.PBKDF2PasswordHasher"]):
        nurse, gone = person("nurse"), person("nurse", is_active=False)
        costs = []
        for email in (nurse.email, gone.email, "nobody@example.org"):
            counted.clear()
            attempt(email)
            costs.append(len(counted))
    assert len(set(costs)) == 1, costs
    assert costs[0] >= 1


def test_strangers_cannot_make_the_table_grow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tries, "_STRANGER_BITS", 2)
    for number in range(40):
        cache.clear()
        attempt(f"stranger{number}@example.org")
    assert 1 <= LoginTries.objects.count() <= 4
    LoginTries.objects.update(last_at=timezone.now() - timedelta(days=2), locked_until=None)
    assert 1 <= tries.forget_old() <= 4
    assert not LoginTries.objects.exists()


@pytest.mark.parametrize("proxies", [0, 1])
def test_an_address_is_limited_whatever_it_says_of_itself(proxies: int) -> None:
    """Without a proxy the header is not read; with one, only what our own proxy wrote at its end."""
    with override_settings(ALLAUTH_TRUSTED_PROXY_COUNT=proxies):
        pages = []
        for number in range(12):
            forged = f"198.51.100.{number}" + (", 203.0.113.5" if proxies else "")
            answer = attempt(f"s{number}@example.org", HTTP_X_FORWARDED_FOR=forged, REMOTE_ADDR="10.8.0.1")
            pages.append(answer.content.decode())
        assert [LOCKED in page for page in pages] == [False] * 10 + [True] * 2
        elsewhere = {"HTTP_X_FORWARDED_FOR": "203.0.113.6", "REMOTE_ADDR": "10.8.0.1"} if proxies else {}
        assert LOCKED not in attempt("s99@example.org", **elsewhere).content.decode()


def test_confirming_is_counted_apart(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    """Who is logged in isn't kept from signing by a stranger who guesses at their log-in, and can't guess either."""
    client = as_role("clinician")
    email = client.user.email  # type: ignore[attr-defined]
    for _ in range(6):
        attempt(email)
    ask = "/accounts/reauthenticate/"
    assert client.post(ask, {"password": PASSWORD}).status_code == 302
    for _ in range(5):
        client.post(ask, {"password": "wrong-password-123"})
    cache.clear()
    assert client.post(ask, {"password": PASSWORD}).status_code == 200


def test_unlocking(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    for _ in range(5):
        attempt(nurse.email)
    assert tries.locked_until(nurse) is not None
    assert tries.unlock(nurse) is True
    assert tries.unlock(nurse) is False
    assert tries.locked_until(nurse) is None
