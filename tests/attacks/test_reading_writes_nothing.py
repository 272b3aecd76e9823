"""Looking changes nothing, for any role and any page with rows that are there; and no write goes without its token."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client

from emr.access.roles import ROLES
from tests.attacks.fingerprint import changed, fingerprint
from tests.attacks.registry import Town
from tests.policy.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03"), pytest.mark.attack("csrf")]

#: It ends the session, and asks before it does.
LEAVING = {"account_logout"}


@pytest.mark.feature("K01")
@pytest.mark.attack("sibling-verb")
@pytest.mark.parametrize("role", ROLES)
def test_looking_writes_nothing(role: str, town: Town, as_role: Callable[..., Client]) -> None:
    """Every address that the role may open, with its own objects, by GET, by htmx and by HEAD."""
    client = as_role(role)
    before = fingerprint()
    seen = 0
    for url in every_url():
        barred = url.door is not None and url.door.permission not in {None, *ROLES[role].permissions}
        if barred or url.name in LEAVING:
            continue
        for path in town.paths(url):
            seen += client.get(path).status_code == 200
            client.get(path, headers={"HX-Request": "true", "HX-Target": "x"})
            client.head(path)
    assert seen > 10, "hardly a page was opened, so this proves little"
    assert changed(before) == []


def test_no_write_without_its_token(town: Town, as_role: Callable[..., Client]) -> None:
    """A post of another site has no token: 403 for each address, with ids that are there, and nothing is written."""
    user = as_role(*ROLES).user
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    client.force_login(user, backend="emr.accounts.backends.LoginBackend")
    before = fingerprint()
    taken = {
        (url.name, verb): status
        for url in every_url()
        for path in town.paths(url)[:1]
        for verb in ("post", "put", "patch", "delete")
        for status in [getattr(client, verb)(path, {"reason": "tried"}).status_code]
        if status not in {403, 405}
    }
    assert {name for name, _ in taken} <= {"healthz", "csp_reports"}
    assert changed(before) == []


def test_a_token_of_somebody_else_is_none(town: Town, as_role: Callable[..., Client]) -> None:
    """The token belongs to the browser that was given it: another's, and one given before the log-in, are refused."""
    person = as_role("nurse").user
    other = Client(enforce_csrf_checks=True)
    other.force_login(as_role("nurse").user, backend="emr.accounts.backends.LoginBackend")
    path = f"/patients/{town.own.patient.pk}/allergies/none-known/"
    token = _token(other, "/patients/new/")
    victim = Client(enforce_csrf_checks=True)
    victim.force_login(person, backend="emr.accounts.backends.LoginBackend")
    victim.get("/patients/new/")
    before = fingerprint()
    assert victim.post(path, {"csrfmiddlewaretoken": token}).status_code == 403
    assert changed(before) == []


def test_the_log_in_itself_needs_a_token(person: Callable[..., object]) -> None:
    """Or another site could log a victim in as somebody else, whose record the victim would then write."""
    user = person("nurse")
    client = Client(enforce_csrf_checks=True)
    answer = client.post("/accounts/login/", {"login": user.email, "password": "correct horse battery staple"})
    assert answer.status_code == 403
    assert "_auth_user_id" not in client.session


def _token(client: Client, path: str) -> str:
    return client.get(path).content.decode().split('name="csrfmiddlewaretoken" value="')[1].split('"')[0]
