"""A crawl as each role: from the first page through every link and every form that only asks."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from urllib.parse import urlencode, urljoin, urlsplit

import pytest
from django.test import Client
from django.urls import Resolver404, resolve

from emr.access.roles import ROLES
from tests.attacks.html_forms import HtmlForm, Page
from tests.attacks.registry import a_town
from tests.policy.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03"), pytest.mark.feature("A02")]

#: A page is looked at so often at most: each patient's is like the next.
TIMES = 3


@pytest.mark.attack("missing-check", "error-leak")
@pytest.mark.parametrize("role", ROLES)
def test_every_link_leads_where_the_role_may_go(role: str, as_role: Callable[..., Client]) -> None:
    """No link ends at 403, 404 or 500; no page is found that is not on the list of pages."""
    a_town()
    client = as_role(role)
    client.raise_request_exception = False
    listed = {url.name for url in every_url()}
    waiting, seen = [("/", "the start")], set()
    times: Counter[str] = Counter()
    dead, unlisted = [], set()
    while waiting:
        path, source = waiting.pop()
        name = _name(path)
        if path in seen or times[name] >= TIMES or name == "account_logout":
            continue
        seen.add(path)
        times[name] += 1
        if name not in listed and not path.startswith("/static/"):
            unlisted.add((path, source))
        answer = client.get(path)
        # 422: the form that only asks, sent with nothing filled in.
        if answer.status_code >= 400 and answer.status_code != 422:
            dead.append((source, path, answer.status_code))
        elif answer.status_code in {301, 302, 303}:
            waiting.append((answer.headers["Location"], path))
        elif answer.headers.get("Content-Type", "").startswith("text/html"):
            waiting += [(to, path) for to in _leads(path, answer.content.decode())]
    assert dead == []
    assert unlisted == set()
    assert len(times) > 8, "hardly a page was found, so this proves little"


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
