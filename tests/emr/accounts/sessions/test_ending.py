"""Where one is logged in, and ending it from elsewhere."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import User
from emr.accounts.sessions.devices import device_in_words
from emr.accounts.sessions.ending import open_sessions
from emr.audit.models import SecurityEvent
from tests.factories.accounts import PASSWORD
from tests.factories.sessions import leave_alone, make_stale

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A07")]

PAGE = "/jobs/"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:141.0) Gecko/20100101 Firefox/141.0"
IPAD = "Mozilla/5.0 (iPad; CPU OS 18_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18 Safari/604.1"


def logged_in(user: User, agent: str = FIREFOX, password: str = PASSWORD) -> Client:
    """A browser of a person."""
    client = Client(HTTP_USER_AGENT=agent)
    assert client.post(reverse("account_login"), {"login": user.email, "password": password}).status_code == 302
    return client


def test_one_session_is_ended_by_the_next_request(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    desk, tablet = logged_in(nurse), logged_in(nurse, IPAD)
    page = desk.get(reverse("usersessions_list")).content.decode()
    assert ("Firefox on Windows" in page, "Safari on iPad" in page) == (True, True)
    (other,) = [row for row in open_sessions(nurse, current_key=desk.session.session_key) if not row.current]
    stranger = logged_in(person("nurse"))
    assert stranger.post(reverse("accounts:sessions_end", args=[other.id])).status_code == 404
    assert tablet.get(PAGE).status_code == 200
    assert desk.post(reverse("accounts:sessions_end", args=[other.id])).status_code == 303
    assert (tablet.get(PAGE).status_code, desk.get(PAGE).status_code) == (302, 200)
    assert SecurityEvent.objects.filter(kind="session_ended", user=nurse, target_user=nurse).count() == 1


def test_all_others_are_ended(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    desk, tablet, phone = logged_in(nurse), logged_in(nurse, IPAD), logged_in(nurse)
    desk.post(reverse("usersessions_list"))
    assert [client.get(PAGE).status_code for client in (desk, tablet, phone)] == [200, 302, 302]


def test_ending_one_asks_again_who_one_is(person: Callable[..., User]) -> None:
    """Else whoever finds an open browser signs its owner out everywhere else, and stays alone with the account."""
    nurse = person("nurse")
    desk, tablet = logged_in(nurse), logged_in(nurse, IPAD)
    (other,) = [row for row in open_sessions(nurse, current_key=desk.session.session_key) if not row.current]
    make_stale(desk)
    assert desk.get(reverse("usersessions_list")).status_code == 200
    asked = [desk.post(reverse("usersessions_list")), desk.post(reverse("accounts:sessions_end", args=[other.id]))]
    assert [answer["Location"].partition("?")[0] for answer in asked] == [reverse("account_reauthenticate")] * 2
    assert tablet.get(PAGE).status_code == 200


def test_a_manager_ends_all_of_a_persons(person: Callable[..., User], as_role: Callable[..., Client]) -> None:
    nurse, manager = person("nurse"), as_role("manager")
    desk, tablet = logged_in(nurse), logged_in(nurse, IPAD)
    edit = reverse("accounts:people_edit", args=[nurse.pk])
    assert manager.get(edit).content.decode().count("last seen") == 2
    manager.post(reverse("accounts:people_sign_out", args=[nurse.pk]))
    assert [client.get(PAGE).status_code for client in (desk, tablet)] == [302, 302]
    assert "Nowhere." in manager.get(edit).content.decode()


def test_a_session_that_timed_out_is_not_listed(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    logged_in(nurse)
    tablet = logged_in(nurse, IPAD)
    assert len(open_sessions(nurse)) == 2
    leave_alone(tablet, 16)
    assert [row.device for row in open_sessions(nurse)] == ["Firefox on Windows"]


@pytest.mark.feature("A09")
def test_a_new_password_ends_the_other_sessions(person: Callable[..., User]) -> None:
    nurse = person("nurse")
    desk, tablet = logged_in(nurse), logged_in(nurse, IPAD)
    new = "three green lamps by the river"
    sent = {"oldpassword": PASSWORD, "password1": new, "password2": new}
    assert desk.post(reverse("account_change_password"), sent).status_code == 302
    assert (desk.get(PAGE).status_code, tablet.get(PAGE).status_code) == (200, 302)
    assert SecurityEvent.objects.filter(kind="password_changed", target_user=nurse).count() == 1
    logged_in(nurse, password=new)


@pytest.mark.parametrize(
    ("agent", "words"),
    [
        (FIREFOX, "Firefox on Windows"),
        (IPAD, "Safari on iPad"),
        ("Mozilla/5.0 (X11; Linux x86_64) Chrome/141.0 Safari/537.36 Edg/141.0", "Edge on Linux"),
        ("Mozilla/5.0 (Linux; Android 15) Chrome/141.0 Mobile Safari/537.36", "Chrome on Android"),
        ("curl/8", "Unknown browser"),
        ("", "Unknown browser"),
    ],
)
def test_a_device_in_words(agent: str, words: str) -> None:
    assert device_in_words(agent) == words
