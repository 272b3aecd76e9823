"""The cache's stand-in: a server that hangs, or is gone, keeps nobody from logging in and lifts no limit."""

from __future__ import annotations

import socket
import time
from collections.abc import Iterator
from typing import Any

import pytest
from allauth.account import app_settings
from django.conf import settings as configured
from django.core.cache import cache, caches
from django.test import Client

from tests.factories.accounts import PASSWORD, make_person


@pytest.fixture(params=["hangs", "is gone"])
def away(request: pytest.FixtureRequest, settings: Any) -> Iterator[None]:
    """The cache's server takes connections and never answers, or nobody listens."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
        if request.param == "is gone":
            server.close()
        settings.CACHES = {"default": {**settings.CACHES["default"], "LOCATION": address}}
        cache.clear()
        yield
        cache.clear()


def log_in(email: str, password: str) -> Any:
    return Client().post("/accounts/login/", {"login": email, "password": password})


@pytest.mark.usefixtures("db", "away")
def test_log_in_works_and_is_quick_while_the_cache_is_away() -> None:
    person = make_person("nurse")
    begun = time.monotonic()
    answer = log_in(person.email, PASSWORD)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/")
    assert time.monotonic() - begun < 15


@pytest.mark.usefixtures("db", "away")
def test_wrong_passwords_are_still_limited_while_the_cache_is_away() -> None:
    """By account in the database, by address in the process's own memory."""
    person = make_person("nurse")
    by_address = int(app_settings.RATE_LIMITS["login_failed"].split("/")[0])
    for number in range(by_address):
        log_in(person.email if number < configured.LOGIN_LOCK_AFTER else f"{number}@example.org", "not the password")
    for name in (person.email, make_person("nurse").email):
        answer = log_in(name, PASSWORD)
        assert "Location" not in answer.headers
        assert "Too many" in answer.content.decode()


@pytest.mark.usefixtures("away")
def test_the_stand_in_answers_as_a_cache_does() -> None:
    assert cache.add("code", "used", timeout=30)
    assert not cache.add("code", "used", timeout=30)
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    assert (cache.incr("a"), cache.has_key("b"), cache.touch("b")) == (2, True, True)
    cache.delete_many(["a", "b"])
    assert (cache.get("a", "none"), cache.delete("b")) == ("none", False)


def test_a_server_that_came_back_is_asked_again(settings: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("emr.cache.PAUSE_SECONDS", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = f"redis://127.0.0.1:{server.getsockname()[1]}/0"
    here = settings.CACHES["default"]
    settings.CACHES = {"default": here, "gone": {**here, "LOCATION": address}}
    gone = caches["gone"]
    gone.set("greeting", "from the stand-in")
    assert gone.get("greeting") == "from the stand-in"
    gone._cache._servers[:] = [here["LOCATION"]]  # It came back.
    gone._cache._pools.clear()
    gone.set("greeting", "from the server")
    assert caches["default"].get("greeting") == "from the server"
