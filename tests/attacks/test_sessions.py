"""Sessions: kept alive by a script, brought back by a request, fixed, stolen, outliving a password or an account."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest
import time_machine
from django.conf import settings
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from tests.attacks.registry import Town
from tests.factories.accounts import PASSWORD
from tests.factories.base import someone
from tests.policy.urls import every_url
from tests.services import ROOT

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A05")]

NOW = datetime(2026, 3, 9, 15, tzinfo=UTC)
#: What a browser could say of itself; CVE-2026-25476 was the first of them.
TRICKS = {"skip_timeout_reset": "1", "keepalive": "1", "background": "0", "poll": "1", "_": "1"}
TRICK_HEADERS = {
    "X-Background": "false",
    "X-Keep-Alive": "1",
    "X-Skip-Timeout": "1",
    "X-HTTP-Method-Override": "POST",
    "X-Original-URL": "/accounts/login/",
    "X-Forwarded-For": "127.0.0.1",
    "X-Requested-With": "XMLHttpRequest",
}


def _log_in(user: User, client: Client | None = None) -> Client:
    client = client or Client()
    answer = client.post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert answer.status_code == 302
    return client


def _is_in(client: Client) -> bool:
    return client.get(reverse("jobs:jobs_list")).status_code == 200


@pytest.mark.attack("timeout-bypass")
def test_no_request_brings_a_session_back(town: Town, as_role: Callable[..., Client]) -> None:
    """After the time without a sign of life, each address sends to the log-in, whatever is said with it."""
    client = as_role("nurse", "manager", "biller", "clinician", "front_desk", "privacy_officer")
    key = client.session.session_key
    late = datetime.now(UTC) + timedelta(seconds=settings.SESSION_IDLE_SECONDS + 60)
    alive = []
    with time_machine.travel(late):
        for url in every_url():
            if url.third_party or url.door is None or url.door.kind == "public":
                continue
            path = town.paths(url)[0]
            for headers in ({}, TRICK_HEADERS):
                client.cookies[settings.SESSION_COOKIE_NAME] = key
                answer = client.get(path, TRICKS, headers=headers)
                to = answer.headers.get("Location", "/accounts/login/")
                if answer.status_code not in {302, 401, 405} or not to.startswith("/accounts/login/"):
                    alive.append((url.name, answer.status_code))
    assert alive == []


@pytest.mark.attack("timeout-bypass")
def test_polling_keeps_no_session_alive(town: Town, as_role: Callable[..., Client]) -> None:
    """What pages ask by their own clock, asked each minute, ends with the session like everything else."""
    with time_machine.travel(NOW, tick=False) as clock:
        client = as_role("biller")
        polled = [
            reverse("jobs:jobs_progress", args=[town.job.pk]),
            *(town.paths(url)[0] for url in every_url() if getattr(url.view, "background", False)),
        ]
        statuses = []
        for _ in range(settings.SESSION_IDLE_SECONDS // 60 + 1):
            clock.shift(60)
            statuses.append([client.get(path, headers={"HX-Request": "true"}).status_code for path in polled][-1])
            client.post(polled[-1])
        assert not _is_in(client)


@pytest.mark.attack("timeout-bypass")
def test_whatever_a_page_asks_by_itself_is_known_to_be_background() -> None:
    """Each address that a template asks for at an interval or on its own says so, or stands behind a marked view."""
    unmarked = []
    for path in (ROOT / "templates").rglob("*.html"):
        for element in re.findall(r"<[^>]*hx-trigger=\"[^\"]*\bevery\b[^>]*>", path.read_text(encoding="utf-8")):
            if "X-Background" not in element:
                unmarked.append(f"{path.relative_to(ROOT)}: {element[:80]}")
    assert unmarked == []


@pytest.mark.attack("timeout-bypass")
def test_a_session_ends_after_a_working_day_however_busy(as_role: Callable[..., Client]) -> None:
    with time_machine.travel(NOW, tick=False) as clock:
        client = as_role("nurse")
        step = settings.SESSION_IDLE_SECONDS - 60
        hours = 0.0
        while hours * 3600 < settings.SESSION_COOKIE_AGE - step:
            clock.shift(step)
            hours += step / 3600
            assert _is_in(client)
        clock.shift(step + 60)
        assert not _is_in(client)


@pytest.mark.attack("session-theft")
def test_a_fixed_session_is_worth_nothing(person: Callable[..., User]) -> None:
    """The key from before the log-in is not the key after it, and a key that we never gave is not taken on."""
    victim = Client()
    victim.get(reverse("account_login"))
    planted = "a" * 32
    victim.cookies[settings.SESSION_COOKIE_NAME] = planted
    before = victim.session.session_key
    _log_in(person("nurse"), victim)
    after = victim.cookies[settings.SESSION_COOKIE_NAME].value
    assert after not in {before, planted}
    for key in {before, planted} - {None}:
        attacker = Client()
        attacker.cookies[settings.SESSION_COOKIE_NAME] = key
        assert not _is_in(attacker)


@pytest.mark.attack("session-theft")
def test_a_stolen_cookie_is_worth_nothing_after_the_log_out(person: Callable[..., User]) -> None:
    victim = _log_in(person("nurse"))
    thief = Client()
    thief.cookies[settings.SESSION_COOKIE_NAME] = victim.cookies[settings.SESSION_COOKIE_NAME].value
    assert _is_in(thief)
    victim.post(reverse("account_logout"))
    assert not _is_in(thief)


@pytest.mark.attack("session-theft")
def test_a_new_password_ends_the_other_sessions(person: Callable[..., User]) -> None:
    user = person("nurse")
    mine, other = _log_in(user), _log_in(user)
    body = {"oldpassword": PASSWORD, "password1": "a new and long enough 1", "password2": "a new and long enough 1"}
    assert mine.post(reverse("account_change_password"), body).status_code == 302
    assert _is_in(mine)
    assert not _is_in(other)


@pytest.mark.attack("session-theft")
def test_a_closed_account_is_out_by_the_next_request(person: Callable[..., User]) -> None:
    from emr.accounts.actions.people import update_person

    user = person("nurse")
    client = _log_in(user)
    assert _is_in(client)
    update_person(by=someone(), user=user, first_name="A", last_name="B", roles=["nurse"], is_active=False)
    assert not _is_in(client)
    again = Client().post(reverse("account_login"), {"login": user.email, "password": PASSWORD})
    assert again.status_code != 302 or not again.headers["Location"].startswith("/jobs")


@pytest.mark.attack("escalation")
def test_a_role_that_was_taken_back_holds_no_longer(person: Callable[..., User]) -> None:
    from emr.accounts.actions.people import set_roles

    user = person("manager")
    person("manager")  # The last manager keeps the role.
    client = _log_in(user)
    assert client.get(reverse("accounts:people_list")).status_code == 200
    set_roles(by=someone(), user=user, roles=["front_desk"])
    assert client.get(reverse("accounts:people_list")).status_code == 403


@pytest.mark.attack("reflected-xss")
def test_the_page_that_brings_typed_text_back_leads_nowhere_else(person: Callable[..., User]) -> None:
    """What was sent when a session had ended is shown to its owner with a way back: within this house only."""
    user = person("nurse")
    with time_machine.travel(NOW, tick=False) as clock:
        client = _log_in(user)
        clock.shift(settings.SESSION_IDLE_SECONDS + 1)
        for referer in (
            "http://testserver//evil.example/x",
            "http://testserver/\\evil.example",
            "https://evil.example/",
        ):
            client.post(reverse("clinic:patients_register"), {"family_name": "A"}, headers={"Referer": referer})
            answer = client.post(
                reverse("account_login") + "?next=" + reverse("accounts:session_resume"),
                {"login": user.email, "password": PASSWORD},
                follow=True,
            )
            assert answer.status_code == 200
            assert "evil.example" not in answer.content.decode()
            clock.shift(settings.SESSION_IDLE_SECONDS + 1)


@pytest.mark.attack("timeout-bypass")
def test_only_what_scripts_ask_is_marked_as_background() -> None:
    marked = {url.name for url in every_url() if getattr(url.view, "background", False)}
    assert marked == {
        "accounts:session_status",
        "csp_reports",
        "clinic:notes_autosave",
        "jobs:jobs_progress",
        "scheduling:flow_rows",
        "scheduling:waiting_room",
        "scheduling:waiting_room_lines",
    }
