"""What somebody without an account learns and fills: nothing, and no more than a little."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.core import mail
from django.core.cache import cache
from django.test import Client
from django.urls import reverse

from emr.accounts import tries
from emr.accounts.models import LoginTries, User
from emr.audit import security
from tests.attacks.fingerprint import LOGS, changed, fingerprint

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A01")]

LOGIN, RESET = "account_login", "account_reset_password"


def _answer(name: str, email: str, body: dict[str, str]) -> tuple[int, str, str]:
    cache.clear()
    answer = Client().post(reverse(name), {**body, "login": email, "email": email})
    html = re.sub(r'(name="csrf\S*" (?:value|content)=)"[^"]*"', "", answer.content.decode()).replace(email, "")
    return answer.status_code, answer.headers.get("Location", ""), html


@pytest.mark.attack("enumeration")
@pytest.mark.parametrize("name", [LOGIN, RESET])
def test_an_address_with_and_one_without_an_account_get_the_same_answer(name: str, person: Callable[..., User]) -> None:
    known, closed = person("nurse"), person("nurse", is_active=False)
    body = {"password": "wrong and long enough"}
    unknown = _answer(name, "nobody@example.org", body)
    assert _answer(name, known.email, body) == unknown
    assert _answer(name, closed.email, body) == unknown


@pytest.mark.attack("enumeration")
def test_a_closed_account_with_the_right_password_looks_like_none(person: Callable[..., User]) -> None:
    closed = person("nurse", is_active=False)
    right = {"password": "correct horse battery staple"}
    assert _answer(LOGIN, closed.email, right)[1:] == _answer(LOGIN, "nobody@example.org", right)[1:]


@pytest.mark.attack("enumeration")
def test_a_closed_account_is_mailed_what_a_stranger_is(person: Callable[..., User]) -> None:
    """No link that would open it again, and no time less than a stranger's answer takes."""
    _answer(RESET, "nobody@example.org", {})
    _answer(RESET, person("nurse", is_active=False).email, {})
    stranger, closed = mail.outbox
    assert closed.subject == stranger.subject
    assert "/password/reset/key/" not in closed.body


@pytest.mark.attack("growth")
def test_a_thousand_tries_of_strangers_fill_no_table(monkeypatch: pytest.MonkeyPatch) -> None:
    """With a thousand names, from one address and from many: the record is untouched, the logs grow by a share."""
    monkeypatch.setattr(security, "STRANGER_EVENTS_PER_HOUR_IN_ALL", 100)
    monkeypatch.setattr(tries, "_STRANGER_BITS", 6)
    before, sizes = fingerprint(), _sizes()
    for n in range(1000):
        client = Client(REMOTE_ADDR=f"198.51.{n // 250}.{n % 250 + 1}" if n >= 500 else "203.0.113.7")
        client.post(reverse(LOGIN), {"login": f"nobody{n}@example.org", "password": "wrong and long enough"})
        if n == 499:
            assert _grown(sizes) <= security.STRANGER_EVENTS_PER_HOUR
    assert _grown(sizes) <= 2 * 100  # Failed log-ins and locks, each its share.
    assert changed(before) == ["accounts_logintries"]
    assert LoginTries.objects.count() <= 2**6


def _grown(sizes: dict[str, int]) -> int:
    return sum(_sizes().values()) - sum(sizes.values())


def _sizes() -> dict[str, int]:
    from django.db import connection

    with connection.cursor() as cursor:
        found = {}
        for name in LOGS:
            cursor.execute(f'SELECT count(*) FROM "{name}"')
            found[name] = cursor.fetchone()[0]
        return found


@pytest.mark.attack("error-leak", "reflected-xss")
@pytest.mark.parametrize(
    "path",
    [
        "/<script>zz()</script>",
        "/patients/zz'\"><img src=x onerror=zz()>/",
        "/%00",
        "/a%0d%0aSet-Cookie:%20a=b",
        "/" + "a" * 8000,
    ],
)
def test_an_address_of_nothing_tells_nothing_and_runs_nothing(path: str, as_role: Callable[..., Client]) -> None:
    for client in (Client(raise_request_exception=False), as_role("nurse")):
        client.raise_request_exception = False
        for query in ({}, {"next": path, "q": path, "error": path}):
            answer = client.get(path, query)
            page = answer.content.decode(errors="replace")
            assert answer.status_code in {302, 400, 404}
            assert "<script>zz" not in page
            assert "<img src=x" not in page
            assert "Traceback" not in page
            assert "\r" not in answer.headers.get("Location", "")
