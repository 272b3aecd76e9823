"""Strangers may try so often and no oftener: on each page whose address or form takes a secret."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse

from clinic.views import intake_public
from emr.access import limits
from emr.access.limits import Limit
from scheduling.views import feeds, offers, reminder_answers, waiting_room
from tests.factories.accounts import ClinicFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03")]


def tries(limit: Limit, count: int, address: str = "192.0.2.1") -> list[bool]:
    request = RequestFactory().get("/", REMOTE_ADDR=address)
    return [limit.allows(request) for _ in range(count)]


def test_one_address_has_its_share(one_minute: None) -> None:
    limit = Limit("door", per_address=3, in_all=10)
    assert tries(limit, 5) == [True] * 3 + [False] * 2
    assert tries(limit, 1, "192.0.2.2") == [True]
    assert tries(Limit("gate", per_address=3, in_all=10), 1) == [True]


def test_many_addresses_share_what_there_is(one_minute: None) -> None:
    limit = Limit("door", per_address=3, in_all=4)
    assert [tries(limit, 1, f"192.0.2.{n}")[0] for n in range(1, 7)] == [True] * 4 + [False] * 2


def test_the_next_minute_begins_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    limit = Limit("door", per_address=1, in_all=10)
    for minute in (1, 2):
        monkeypatch.setattr(limits, "_minute", lambda now=minute: now)
        assert tries(limit, 2) == [True, False]


@pytest.mark.parametrize(
    ("name", "args", "form", "limit"),
    [
        ("intake:arrive", ["guess"], None, intake_public.TRIES),
        ("intake:enter", [], {"code": "GUESS00000"}, intake_public.TRIES),
        ("scheduling:feeds_read", ["guess"], None, feeds.READS),
        ("scheduling:offers_answer", ["guess"], {"birth_date": "1980-01-01"}, offers.TRIES),
        ("scheduling:reminders_answer", ["guess"], None, reminder_answers.LINKS),
        ("scheduling:waiting_open", ["guess"], {}, waiting_room.OPENED),
        ("scheduling:waiting_room", [], None, waiting_room.ASKED),
    ],
)
def test_each_page_that_takes_a_secret_counts(
    name: str, args: list[str], form: dict[str, Any] | None, limit: Limit, one_minute: None
) -> None:
    ClinicFactory()
    client, path = Client(), reverse(name, args=args)
    answers = [client.get(path) if form is None else client.post(path, form) for _ in range(limit.per_address + 1)]
    assert {answer.status_code for answer in answers[:-1]} <= {200, 404, 422}
    assert answers[-1].status_code == 429
