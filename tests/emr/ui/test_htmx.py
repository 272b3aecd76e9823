"""Fragments for htmx, whole pages for everyone else."""

from __future__ import annotations

import json

import pytest
from django.contrib.messages.storage.base import BaseStorage
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory

from emr.ui import htmx


class Messages(BaseStorage):
    """Keeps the messages of one request."""

    def _get(self, *args: object, **kwargs: object) -> tuple[list[object], bool]:
        return [], True

    def _store(self, messages: list[object], response: HttpResponse, *args: object, **kwargs: object) -> list[object]:
        return []


def make(**headers: str) -> HttpRequest:
    request = RequestFactory().get("/", headers=headers)
    request._messages = Messages(request)  # type: ignore[attr-defined]
    return request


@pytest.mark.parametrize(
    ("headers", "fragment"),
    [
        ({}, False),
        ({"HX-Request": "true"}, True),
        ({"HX-Request": "true", "HX-Boosted": "true"}, False),
        ({"HX-Request": "true", "HX-History-Restore-Request": "true"}, False),
    ],
)
def test_who_gets_a_fragment(headers: dict[str, str], fragment: bool) -> None:
    assert htmx.is_htmx(make(**headers)) is fragment


def test_redirect_follows_the_asker() -> None:
    plain = htmx.redirect(make(), "/there/", "Saved.")
    assert (plain.status_code, plain["Location"]) == (303, "/there/")
    swapped = htmx.redirect(make(**{"HX-Request": "true"}), "/there/")
    assert (swapped.status_code, swapped["HX-Redirect"]) == (204, "/there/")


def test_redirect_leaves_its_message_for_the_next_page() -> None:
    request = make()
    htmx.redirect(request, "/there/", "Saved.")
    assert [str(message) for message in request._messages] == ["Saved."]  # type: ignore[attr-defined]


def test_events_add_up() -> None:
    response = htmx.trigger(htmx.no_content("Done."), "listChanged")
    assert json.loads(response["HX-Trigger"]) == {"toast": {"text": "Done.", "level": "success"}, "listChanged": None}


def test_the_answer_varies_by_asker() -> None:
    options: dict[str, list[str]] = {"found": []}
    response = htmx.render(make(**{"HX-Request": "true"}), "ui/gallery.html", "ui/_gallery_options.html", options)
    assert "Nothing found" in response.content.decode()
    assert response["Vary"] == "HX-Request"
