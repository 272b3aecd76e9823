"""What every URL answers to nobody and to somebody who may open most: asked once, for all rules about every answer."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

from django.test import Client

from tests.factories.accounts import make_person
from tests.policy.urls import every_url

#: Enough to open nearly every page.
ROLES = ("manager", "clinician", "biller", "front_desk", "privacy_officer")
OTHER_SITE = {"Origin": "https://elsewhere.example"}


@dataclass(frozen=True)
class Answer:
    """``name`` of the URL, by which verb and whether by somebody who was logged in, and what came."""

    name: str
    verb: str
    known: bool
    headers: dict[str, str]

    def __str__(self) -> str:
        return f"{self.verb} {self.name} as {'somebody' if self.known else 'nobody'}"


@cache
def answers() -> tuple[Answer, ...]:
    """Pages asked for by GET from another site, forms sent with nothing in them.

    The first test that asks for them lends its transaction; they are the same in each.
    """
    somebody = Client()
    somebody.force_login(make_person(*ROLES), backend="emr.accounts.backends.LoginBackend")
    found = []
    for url in every_url():
        asked = {("GET", False): Client().get(url.path(), headers=OTHER_SITE)}
        if url.name != "account_logout":
            asked["GET", True] = somebody.get(url.path(), headers=OTHER_SITE)
            asked["POST", True] = somebody.post(url.path())
        found += [Answer(url.name, verb, known, dict(got.headers)) for (verb, known), got in asked.items()]
    return tuple(found)
