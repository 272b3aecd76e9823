"""URL × role × verb × foreign object: what is not one's own is not there, whatever the verb, and nothing is written."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from django.test import Client

from clinic.rules import IDENTITY_ONLY
from emr.access.roles import ROLES, permissions_of
from tests.attacks.fingerprint import changed, fingerprint
from tests.attacks.registry import PLAIN, STAFFS, Town, unregistered
from tests.policy.urls import Url, every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03"), pytest.mark.attack("idor-child")]

URLS = [url for url in every_url() if not url.third_party]
CHART = [url for url in URLS if url.door and url.door.kind == "chart"]
NESTED = [url for url in CHART if {name for name, _ in url.converters} - PLAIN - {"patient_id"}]
HIDDEN = ("restricted", "denied")
ANOTHERS = "a row of another patient under one's own"

#: Something valid for most forms, so that what stops a write is the id and not an empty field.
BODY = {
    "reason": "tried",
    "text": "tried",
    "kind": "addendum",
    "do": "save",
    "subjective": "tried",
    "plan": "tried",
    "version": "1",
    "status": "finished",
    "cancelled_for": "patient",
    "period_end": "2026-12-31",
    "on": "2026-12-31",
    "password": "correct horse battery staple",
    "abatement_date": "2026-12-31",
    "step": "book",
}
#: GET and HEAD, POST with and without a body, and the verbs that nobody thinks of.
VERBS: dict[str, Callable[[Client, str], int]] = {
    "GET": lambda client, path: client.get(path).status_code,
    "HEAD": lambda client, path: client.head(path).status_code,
    "POST": lambda client, path: client.post(path, BODY).status_code,
    "POST nothing": lambda client, path: client.post(path).status_code,
    "POST htmx": lambda client, path: client.post(path, BODY, headers={"HX-Request": "true"}).status_code,
    "PUT": lambda client, path: client.put(path, BODY).status_code,
    "PATCH": lambda client, path: client.patch(path, BODY).status_code,
    "DELETE": lambda client, path: client.delete(path).status_code,
    "OPTIONS": lambda client, path: client.options(path).status_code,
}
#: What a browser can be made to send; the others are tried as the roles that hold the right.
COMMON = ("GET", "POST")
#: One that reads, one that writes, one that nobody thinks of.
FEW = ("GET", "POST", "DELETE")
#: Addresses under a patient whose second id is no row of a patient's: a merge is of two charts, a questionnaire is the
#: house's, asked of anybody.
NOT_ANOTHERS = frozenset({"clinic:merges_preview", "clinic:intake_fill"})
NOT_THERE = {404, 405}
REFUSED = {403, 405}


def test_every_parameter_is_registered() -> None:
    """A new URL with a new id needs an owner in tests/attacks/registry.py, or the walks could not attack it."""
    assert {url.name: unregistered(url) for url in URLS if unregistered(url)} == {}


def _tries(url: Url, town: Town) -> Iterator[tuple[str, list[str]]]:
    """What can be foreign in a URL, and the addresses in which it is."""
    if url in NESTED and url.name not in NOT_ANOTHERS:
        yield ANOTHERS, town.paths(url, town.foreign["another"], patient=town.own.patient.pk)
    for kind in HIDDEN:
        if kind == "restricted" and url.door and url.door.permission in IDENTITY_ONLY:
            continue  # Who keeps the lists of who may open a restricted chart must find it.
        yield kind, town.paths(url, town.foreign[kind])


@pytest.mark.feature("A04")
@pytest.mark.attack("missing-check", "sibling-verb", "deny-ignored")
@pytest.mark.parametrize("roles", [*((role,) for role in ROLES), tuple(ROLES)], ids="+".join)
def test_what_is_foreign_is_not_there_for_any_verb(
    roles: tuple[str, ...], town: Town, as_role: Callable[..., Client]
) -> None:
    """As somebody with every role, whom no door stops, with every row and by every verb; as each role with one row of
    each kind, by what a browser sends. At a door that is shut for the role the test of refusals knocks.
    """
    client = as_role(*roles)
    client.raise_request_exception = False
    town.deny(client.user)
    held = permissions_of(frozenset(roles))
    before = fingerprint()
    opened = []
    for url in (url for url in CHART if url.door and url.door.permission in held):
        for what, paths in _tries(url, town):
            verbs = VERBS if len(roles) > 1 and what == ANOTHERS else COMMON
            for path in paths if len(roles) > 1 else paths[:1]:
                answers = {verb: VERBS[verb](client, path) for verb in verbs}
                opened += [(url.name, what, *answer) for answer in answers.items() if answer[1] not in NOT_THERE]
    assert opened == []
    assert changed(before) == []


@pytest.mark.attack("missing-check")
def test_nobody_gets_nothing(town: Town) -> None:
    """Not logged in: every address with ids that are there leads to the log-in, for every verb; nothing is written."""
    client = Client(raise_request_exception=False)
    before = fingerprint()
    opened = []
    for url in URLS:
        if url.door and url.door.kind == "public":
            continue
        path = town.paths(url)[0]
        for verb, send in VERBS.items():
            answer = send(client, path)
            if answer not in {302, 401, 405}:
                opened.append((url.name, verb, answer))
        to = client.get(path).headers["Location"]
        if not to.startswith("/accounts/login/"):
            opened.append((url.name, "GET", to))
    assert opened == []
    assert changed(before) == []


@pytest.mark.attack("missing-check", "sibling-verb")
@pytest.mark.parametrize("role", ROLES)
def test_a_role_without_the_right_is_refused_before_the_object_is_looked_at(
    role: str, town: Town, as_role: Callable[..., Client]
) -> None:
    """With ids that are there, so that a check behind the look-up would show."""
    client = as_role(role)
    client.raise_request_exception = False
    before = fingerprint()
    opened = []
    for url in URLS:
        if url.door is None or url.door.permission is None or url.door.permission in ROLES[role].permissions:
            continue
        for verb in FEW:
            status = VERBS[verb](client, town.paths(url)[0])
            if status not in REFUSED:
                opened.append((url.name, verb, status))
    assert opened == []
    assert changed(before) == []


@pytest.mark.attack("media")
@pytest.mark.parametrize("role", ROLES)
def test_a_colleagues_job_and_its_files_are_not_there(role: str, town: Town, as_role: Callable[..., Client]) -> None:
    client = as_role(role)
    client.raise_request_exception = False
    before = fingerprint()
    opened = [
        (url.name, verb)
        for url in URLS
        if STAFFS & {name for name, _ in url.converters}
        for verb, send in VERBS.items()
        if send(client, town.paths(url)[0]) not in NOT_THERE
    ]
    assert opened == []
    assert changed(before) == []


def test_the_walk_has_something_to_find(town: Town, as_role: Callable[..., Client]) -> None:
    """Under its own patient each address finds its row, so that a 404 under another's says something."""
    client = as_role(*ROLES)
    client.raise_request_exception = False
    blind = NESTED
    for verb in ("GET", "POST"):  # All are read before one is written: some writes take a row away.
        blind = [url for url in blind if all(VERBS[verb](client, path) in NOT_THERE for path in town.paths(url))]
    assert [url.name for url in blind] == []
