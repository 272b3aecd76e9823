from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from emr.access.permissions import Permission
from emr.access.roles import ROLES
from emr.codes.importers.rows import ConceptRow
from emr.codes.views.concepts import concepts_search
from tests.emr.codes.samples import DIAGNOSES, load

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}
URL = reverse("codes:concepts_search")


@pytest.fixture
def client(as_role: Callable[..., Client]) -> Client:
    load(*DIAGNOSES)
    return as_role("clinician")


def ask(client: Client, **query: str) -> str:
    response = client.get(URL, {"system": "icd-10-cm", **query}, headers=HTMX)
    assert response.status_code == 200
    return str(response.content.decode())


def test_options_carry_code_and_text(client: Client) -> None:
    html = ask(client, q="diab typ 2")
    assert re.findall(r'role="option" aria-selected="false" data-text="([^"]*)" data-code="([^"]*)"', html) == [
        ("E11.9 Type 2 diabetes mellitus without complications", "E11.9"),
        ("E11.65 Type 2 diabetes mellitus with hyperglycemia", "E11.65"),
    ]
    assert "<html" not in html


def test_guesses_are_called_guesses(client: Client) -> None:
    assert "Did you mean" in ask(client, q="hipertension")
    assert "Did you mean" not in ask(client, q="hypertension")


def test_nothing_found_and_not_loaded_are_told_apart(client: Client) -> None:
    assert "Nothing found for “&lt;zzz&gt;”" in ask(client, q="<zzz>")
    assert "CPT is not loaded in this clinic." in ask(client, q="visit", system="cpt")
    assert ask(client, q=" ").strip() == ""


def test_an_unknown_system_is_not_found(client: Client) -> None:
    assert client.get(URL, {"system": "icd-9", "q": "x"}, headers=HTMX).status_code == 404


@pytest.mark.parametrize("text", ["x" * 5_000, "%", "\\", "'", "a\x00b", "💊", "1 2 3 4 5 6 7 8 9 10 11 12"])
def test_odd_texts_are_answered(text: str, client: Client) -> None:
    ask(client, q=text)


def test_the_page_works_without_javascript(client: Client) -> None:
    html = client.get(URL, {"q": "blood pressure"}).content.decode()
    assert "<html" in html
    assert re.findall(r"<strong>([A-Z][\d.]+)</strong>", html) == ["I10", "R03.0"]
    assert 'value="blood pressure"' in html


def test_the_empty_page_says_what_to_do(client: Client) -> None:
    assert "Look up a code" in client.get(URL).content.decode()
    assert "CPT is not loaded" in client.get(URL, {"system": "cpt"}).content.decode()


def test_only_get(client: Client) -> None:
    assert client.post(URL).status_code == 405


@pytest.mark.parametrize("role", sorted(ROLES))
def test_the_door(role: str, as_role: Callable[..., Client]) -> None:
    assert concepts_search.door.permission is Permission.SEARCH_CODES  # type: ignore[attr-defined]
    allowed = Permission.SEARCH_CODES in ROLES[role].permissions
    assert as_role(role).get(URL, headers=HTMX).status_code == (200 if allowed else 403)


def test_strangers_are_asked_to_log_in() -> None:
    assert Client().get(URL).status_code == 302


def test_the_number_of_queries_is_fixed(client: Client) -> None:
    def queries(rows: int) -> list[str]:
        load(*(ConceptRow(f"A{number:02}", "Cholera") for number in range(rows)), version=f"of {rows}")
        ask(client, q="cholera")
        with CaptureQueriesContext(connection) as captured:
            html = ask(client, q="cholera")
        assert html.count('role="option"') == min(rows, 12)
        return [query["sql"] for query in captured if "codes_" in query["sql"]]

    assert len(queries(1)) == len(queries(30)) == 3
