"""Nonsense in every field of every form is answered, never a server error.

That in the parameters of addresses: tests/attacks/test_order_and_filter.py.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.test import Client

from emr.access.roles import ROLES
from tests.attacks.html_forms import send
from tests.policy.lives import Life
from tests.policy.lookups import body_was_read
from tests.policy.urls import every_url

pytestmark = pytest.mark.django_db

NONSENSE = [
    "a\x00b",
    "9" * 400,
    "-1",
    "1e999",
    "9999-12-31",
    "01900000-0000-7000-8000-000000000000",
    "2026-03-08T02:30",
]


def _client(as_role: Callable[..., Client]) -> Client:
    client = as_role(*ROLES)
    client.raise_request_exception = False
    return client


#: The tables of addresses by whose they are; one test each, for there are many requests.
FLOORS = ("clinic", "scheduling", "billing", "emr")
_by_floor = pytest.mark.parametrize("floor", FLOORS)


def _floor(name: str) -> str:
    space = name.partition(":")[0]
    return "clinic" if space == "intake" else space if space in FLOORS else "emr"


def _paths(life: Life, floor: str) -> list[tuple[str, str]]:
    found = []
    for url in every_url():
        if not url.third_party and _floor(url.name) == floor:
            keys = {name: life.keys[name][-1] for name, _ in url.converters if name in life.keys}
            found.append((url.name, url.path(patient_id=life.patient.pk, **keys)))
    return found


@_by_floor
def test_nonsense_in_a_form_is_answered(floor: str, life: Life, as_role: Callable[..., Client]) -> None:
    client = _client(as_role)
    broken = []
    for name, path in _paths(life, floor):
        page = client.get(path)
        is_page = page.headers.get("Content-Type", "").startswith("text/html")
        shown = set(re.findall(r'name="([^"]+)"', page.content.decode())) if is_page else set()
        fields = (shown | {"reason", "text", "token", "version"}) - {"csrfmiddlewaretoken"}
        for value in NONSENSE:
            answer = send(client, path, dict.fromkeys(fields, value))
            if answer.status_code >= 500:
                broken.append((name, value[:20]))
            if not body_was_read(answer):
                break
    assert broken == []


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", "2026-03-08", "2026-11-01"])
@pytest.mark.parametrize("view", ["grid", "list", "print"])
def test_the_first_and_the_last_day_of_the_calendar_have_a_page(
    day: str, view: str, as_role: Callable[..., Client]
) -> None:
    assert _client(as_role).get(f"/schedule/{day}/", {"view": view}).status_code in {200, 404}
