"""A session ends when nobody is there, and when the day is over; nothing that runs by itself keeps it."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from django.contrib.sessions.models import Session
from django.test import Client
from django.urls import reverse

from emr.accounts.sessions.clock import SEEN, STARTED
from emr.audit.models import SecurityEvent
from tests.factories.sessions import age, leave_alone

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A05")]

PAGE = "/jobs/"


def test_a_quarter_of_an_hour_without_anybody_ends_it(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    key = client.session.session_key
    leave_alone(client, 14.5)
    assert client.get(PAGE).status_code == 200
    leave_alone(client, 15.1)
    assert client.get(PAGE).headers["Location"] == f"/accounts/login/?next={PAGE}"
    assert not Session.objects.filter(session_key=key).exists()
    event = SecurityEvent.objects.get(kind="session_expired")
    assert (event.user, event.detail) == (client.user, "idle")  # type: ignore[attr-defined]


def test_work_makes_it_last_until_the_day_is_over(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    for _ in range(3):
        leave_alone(client, 10)
        assert client.get(PAGE).status_code == 200
    age(client.session.session_key, 12 * 3600 - 60, STARTED)
    assert client.get(PAGE).status_code == 200
    age(client.session.session_key, 61, STARTED)
    assert client.get(PAGE).status_code == 302
    assert SecurityEvent.objects.get(kind="session_expired").detail == "absolute"


def test_the_stamp_is_written_once_a_minute_and_moves_no_end(
    as_role: Callable[..., Client], django_assert_num_queries: object
) -> None:
    client = as_role("nurse")
    client.get(PAGE)
    before = Session.objects.get(session_key=client.session.session_key)
    client.get(PAGE)
    client.get(PAGE)
    unchanged = Session.objects.get(session_key=client.session.session_key)
    assert (unchanged.session_data, unchanged.expire_date) == (before.session_data, before.expire_date)
    leave_alone(client, 1.1)
    client.get(PAGE)
    after = Session.objects.get(session_key=client.session.session_key)
    assert abs(after.get_decoded()[SEEN] - time.time()) < 30
    assert (after.get_decoded()[STARTED], after.expire_date) == (before.get_decoded()[STARTED], before.expire_date)


@pytest.mark.parametrize(
    ("path", "headers"),
    [
        ("accounts:session_status", {}),
        ("accounts:session_status", {"X-User-Activity": "1", "X-Background": "0"}),
        ("jobs:jobs_list", {"X-Background": "1"}),
        ("jobs:jobs_list", {"X-Background": "0"}),
    ],
)
def test_what_runs_by_itself_never_extends_it(
    path: str, headers: dict[str, str], as_role: Callable[..., Client]
) -> None:
    client = as_role("nurse")
    leave_alone(client, 14)
    before = client.session[SEEN]
    assert client.get(reverse(path), headers=headers).status_code == 200
    assert client.session[SEEN] == before
    leave_alone(client, 2)
    client.get(reverse(path), headers=headers)
    assert "_auth_user_id" not in client.session


@pytest.mark.parametrize("header", ["skip_timeout_reset", "X-Background", "X-User-Activity", "X-Polling"])
def test_nothing_a_browser_says_gets_past_the_end(header: str, as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    leave_alone(client, 16)
    assert client.get(PAGE + "?skip_timeout_reset=1", headers={header: "1"}).status_code == 302


def test_staying_is_said_by_a_post(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    leave_alone(client, 14)
    left = client.get(reverse("accounts:session_status")).json()["left"]
    assert 50 <= left <= 60
    assert client.get(reverse("accounts:session_extend")).status_code == 405
    answer = client.post(reverse("accounts:session_extend")).json()
    assert answer["user"] == str(client.user.pk)  # type: ignore[attr-defined]
    assert answer["left"] > 800
    leave_alone(client, 16)
    assert client.post(reverse("accounts:session_extend")).json() == {"left": 0, "user": ""}
    assert client.get(PAGE).status_code == 302


def test_a_session_without_stamps_is_none_of_ours(as_role: Callable[..., Client]) -> None:
    client = as_role("nurse")
    session = client.session
    del session[STARTED]
    session.save()
    assert client.get(PAGE).status_code == 302
