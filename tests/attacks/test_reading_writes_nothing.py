"""Looking changes nothing, for any role and any page with rows that are there, and every link leads where the role may
go; and no write goes without its token.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from emr.access.roles import ROLES
from tests.attacks.fingerprint import changed, fingerprint
from tests.attacks.html_forms import HtmlForm, Page
from tests.attacks.registry import Town
from tests.policy.lookups import htmx_was_asked, note_headers
from tests.policy.urls import Url, every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03"), pytest.mark.attack("csrf")]

#: It ends the session, and asks before it does.
LEAVING = {"account_logout"}
#: So many pages of a name are opened by links at most, beside those with the own objects: each is like the next.
TIMES = 1
#: What a form that only asks says when it is sent with nothing filled in.
ASKED = 422


@dataclass
class Crawl:
    """A walk as somebody: each address is asked once."""

    client: Client
    answers: dict[str, int] = field(default_factory=dict)
    #: Every link, with the page on which it was found first.
    links: dict[str, str] = field(default_factory=dict)
    waiting: list[str] = field(default_factory=list)
    #: How many pages of each name were opened because a link led there.
    followed: Counter[str] = field(default_factory=Counter)

    def ask(self, path: str) -> Any:
        """Look at a page, and note where it leads."""
        answer = self.client.get(path)
        self.answers[path] = answer.status_code
        if answer.status_code in {301, 302, 303}:
            self._note(answer.headers["Location"], path)
        elif answer.status_code in {200, ASKED} and answer.headers.get("Content-Type", "").startswith("text/html"):
            for to in _leads(path, answer.content.decode()):
                self._note(to, path)
        return answer

    def _note(self, link: str, source: str) -> None:
        if link not in self.links:
            self.links[link] = source
            self.waiting.append(link)

    def follow(self, listed: set[str]) -> list[tuple[str, str, object]]:
        """Follow the links, and those found meanwhile; the links that lead nowhere, or to what is on no list."""
        dead: list[tuple[str, str, object]] = []
        while self.waiting:
            path = self.waiting.pop()
            name = _name(path)
            if name not in listed and not path.startswith("/static/"):
                dead.append((self.links[path], path, "on no list of pages"))
            if path not in self.answers:
                if self.followed[name] >= TIMES or name in LEAVING:
                    continue
                self.followed[name] += 1
                self.ask(path)
            if self.answers[path] >= 400 and self.answers[path] != ASKED:
                dead.append((self.links[path], path, self.answers[path]))
        return dead


@pytest.mark.feature("A02")
@pytest.mark.feature("K01")
@pytest.mark.attack("sibling-verb", "missing-check", "error-leak")
@pytest.mark.parametrize("role", ROLES)
def test_looking_writes_nothing(
    role: str, town: Town, as_role: Callable[..., Client], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every address that the role may open, with its own objects, and every link and every form that only asks on any
    page, from the first on: all answer, no link ends at 403, 404 or 500, and nothing is written.

    By htmx too where the page asks for it; by HEAD as the first role that may open it, for verbs know no roles.
    """
    note_headers(monkeypatch)
    client = as_role(role)
    client.raise_request_exception = False
    # The admin's pages are for superusers.
    urls = [url for url in every_url() if url.name not in LEAVING and not (url.door and url.door.kind == "admin")]
    crawl, broken = Crawl(client), []
    before = fingerprint()
    crawl.ask("/")
    for url in urls:
        roles = [name for name in ROLES if _may(name, url)]
        for path in town.paths(url) if role in roles else ():
            asked = [crawl.ask(path)]
            if htmx_was_asked(asked[0]):
                asked.append(client.get(path, headers={"HX-Request": "true", "HX-Target": "x"}))
            if role == roles[0]:
                asked.append(client.head(path))
            broken += [(path, answer.status_code) for answer in asked if answer.status_code >= 500]
    seen = sum(status == 200 for status in crawl.answers.values())
    dead = crawl.follow({url.name for url in every_url()})
    assert (dead, broken) == ([], [])
    assert changed(before) == []
    assert seen > 10, "hardly a page was opened, so this proves little"
    assert len(crawl.followed) > 8, "hardly a link was found, so this proves little"


def _may(role: str, url: Url) -> bool:
    return url.door is None or url.door.permission in {None, *ROLES[role].permissions}


def _leads(path: str, html: str) -> list[str]:
    page = Page(html)
    wanted = page.links + [_asked(form) for form in page.forms if form.method == "get"]
    found = [urljoin(path, link).partition("#")[0] for link in wanted]
    return [link for link in found if not urlsplit(link).scheme and not link.startswith(("//", "/static/"))]


def _asked(form: HtmlForm) -> str:
    return f"{form.action}?{urlencode(form.fields, doseq=True)}"


def _name(path: str) -> str:
    try:
        return resolve(urlsplit(path).path).view_name
    except Resolver404:
        return path


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
