"""What the walks leave out because nobody looked at it was truly looked at by nobody."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from tests.policy.lookups import body_was_read, htmx_was_asked, note_headers, query_was_read

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A03")]


def test_the_walks_see_what_a_page_looks_at(as_role: Callable[..., Client], monkeypatch: pytest.MonkeyPatch) -> None:
    client = as_role("manager")
    search, people, matrix = map(reverse, ("clinic:patients_search", "accounts:people_list", "access:matrix"))
    assert query_was_read(client.get(matrix))
    assert not query_was_read(client.get(search, {"q": "x"}))
    assert body_was_read(client.post(search, {"q": "x"}))
    assert not body_was_read(client.post(matrix, {"q": "x"}))
    assert not htmx_was_asked(client.get(search))  # Nobody has been told to note it.
    note_headers(monkeypatch)
    assert htmx_was_asked(client.post(search, {"q": "x"}))
    assert not htmx_was_asked(client.get(people))
