"""One patient full of markup, looked at on every page: it stays text, looking writes nothing, and no log names her."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from html.parser import HTMLParser
from io import BytesIO

import pdfplumber
import pytest
from django.apps import apps
from django.db import transaction
from django.test import Client
from django.urls import reverse

from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.logs import JsonFormatter
from tests.factories.accounts import PASSWORD, make_person
from tests.factories.base import someone
from tests.policy.lives import Life, a_life
from tests.policy.urls import every_url

pytestmark = pytest.mark.django_db

MARK = "zzmarkup"
HOSTILE = f"<img src={MARK} onerror={MARK}()>\"'></textarea><{MARK}>"
FORMULA = f"=HYPERLINK({MARK})"
#: Looking is on record and keeps a session; nothing else may come of a GET.
_WRITTEN_BY_LOOKING = {
    "audit.AccessEvent",
    "audit.SecurityEvent",
    "sessions.Session",
    "usersessions.UserSession",
}


class Finder(HTMLParser):
    """Collects tags and attributes that can only have come from what somebody typed."""

    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        names = {name for name, _ in attrs}
        sources = [value for name, value in attrs if name in {"src", "href"} and value and MARK in value]
        if tag == MARK or any(name.startswith("on") for name in names) or sources:
            self.found.append(self.get_starttag_text() or tag)


def _a_hostile_life() -> Life:
    life = a_life(make_person("clinician"), make_person("biller"), text=HOSTILE)
    payer = life.draft_claim.payer
    assert payer is not None
    life.patient.family_name, life.patient.given_name = HOSTILE[:50], FORMULA[:50]
    life.patient.preferred_name = HOSTILE[:50]
    payer.name = FORMULA
    with transaction.atomic(), acting(someone()):
        life.patient.save(update_fields=["family_name", "given_name", "preferred_name"])
        payer.save(update_fields=["name"])
    return life


@pytest.fixture(scope="module")
def standing_life(stage: Callable[[Callable[[], Life]], Life]) -> Life:
    """Made once for the module."""
    return stage(_a_hostile_life)


@pytest.fixture
def lines() -> Iterator[list[str]]:
    """What the logs of the running program would say."""

    class Keep(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            kept.append(JsonFormatter().format(record))

    kept: list[str] = []
    handler = Keep()
    logging.getLogger().addHandler(handler)
    yield kept
    logging.getLogger().removeHandler(handler)


def _paths(life: Life) -> Iterator[str]:
    for url in every_url():
        if url.name in {"account_logout"}:
            continue
        names = [name for name, _ in url.converters if name in life.keys]
        longest = max((len(life.keys[name]) for name in names), default=1)
        for n in range(longest):
            keys = {name: life.keys[name][n % len(life.keys[name])] for name in names}
            yield url.path(patient_id=life.patient.pk, **keys)


def _rows() -> dict[str, int]:
    models = [model for model in apps.get_models(include_auto_created=True) if model._meta.managed]
    return {m._meta.label: m._base_manager.count() for m in models if m._meta.label not in _WRITTEN_BY_LOOKING}


@pytest.mark.feature("A03")
def test_typed_markup_stays_text_looking_writes_nothing_and_logs_name_nobody(
    life: Life, lines: list[str], as_role: Callable[..., Client]
) -> None:
    client = as_role(*ROLES)
    before = _rows()
    shown, injected = 0, {}
    for path in _paths(life):
        response = client.get(path)
        assert response.status_code < 500, f"{path} answers {response.status_code}"
        if not response.headers.get("Content-Type", "").startswith("text/html"):
            continue
        page = response.content.decode()
        finder = Finder()
        finder.feed(page)
        shown += MARK in page
        if finder.found:
            injected[path] = finder.found
    assert injected == {}
    assert shown > 20, "the markup was hardly shown, so this proves little"
    assert {label: count for label, count in _rows().items() if count != before[label]} == {}
    client.post(reverse("clinic:patients_search"), {"q": MARK})
    client.post(reverse("scheduling:appointments_book"), {"step": "find", "q": MARK})
    assert [line for line in lines if MARK in line or life.patient.mrn in line] == []


@pytest.mark.feature("A03")
def test_printed_markup_stays_text(life: Life, as_role: Callable[..., Client]) -> None:
    client = as_role(*ROLES)
    pdf = client.get(reverse("clinic:notes_print", args=[life.patient.pk, life.signed_note.pk]))
    with pdfplumber.open(BytesIO(pdf.content)) as paper:
        text = "".join(page.extract_text() for page in paper.pages)
    assert f"<{MARK}>" in text.replace("\n", "")


def test_exported_cells_are_no_formulas(life: Life, as_role: Callable[..., Client]) -> None:
    content = as_role("biller").get(reverse("billing:claims_export")).getvalue().decode()
    assert MARK in content
    assert [cell for line in content.splitlines() for cell in line.split(",") if cell.startswith(("=", '"='))] == []


@pytest.mark.parametrize(
    "path", ["/accounts/login/?next=", "/accounts/reauthenticate/?next=", "/accounts/logout/?next="]
)
@pytest.mark.parametrize("to", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"])
def test_no_page_leads_to_another_site(path: str, to: str, person: Callable[..., User]) -> None:
    user = person("nurse")
    client = Client()
    if "login" not in path:
        client.force_login(user, backend="emr.accounts.backends.LoginBackend")
    answer = client.post(path + to, {"login": user.email, "password": PASSWORD, "next": to})
    assert "evil" not in answer.headers.get("Location", "")
    assert "javascript" not in answer.headers.get("Location", "")


def test_a_worklist_leads_back_to_this_site_only(as_role: Callable[..., Client]) -> None:
    client = as_role("biller")
    for to in ("https://evil.example/", "//evil.example/", "/\\evil.example", "\\\\evil.example", "/%09/evil.example"):
        answer = client.post(reverse("billing:claims_submit"), {"back": to})
        assert answer.headers["Location"].startswith("/")
        assert not answer.headers["Location"].startswith(("//", "/\\"))
