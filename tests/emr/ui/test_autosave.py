"""Drafts: saved by themselves, kept when the server is away, and never a reason to stay signed in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest
from django.template import engines
from playwright.sync_api import Page, Request, expect

from tests.emr.ui.browser import shown

SOURCE = """
{% extends "base.html" %}
{% block body %}<main id="main"><h1>Note</h1>
<form method="post" action="/sign/" data-autosave="/draft/" data-submit-once>
  <input type="hidden" name="version" value="1">
  <label for="text">Text</label><textarea id="text" name="text"></textarea>
  <label for="more">More</label><input id="more" name="more">
  {{ ui.save_state() }}{{ ui.button("Sign", kind="primary", name="do", value="sign") }}
</form></main>{% endblock %}
"""
Reply = dict[str, Any]


def saved(version: int) -> Reply:
    """What the server says to a draft that it has taken."""
    body = {"text": f"Draft saved 10:4{version}", "version": version}
    return {"body": json.dumps(body), "content_type": "application/json"}


class Server:
    """Gives the replies in turn, the last one for ever, and keeps what was asked."""

    def __init__(self, *replies: Reply) -> None:
        self.replies = list(replies)
        self.asked: list[Request] = []

    def __call__(self, request: Request) -> Reply:
        self.asked.append(request)
        return self.replies.pop(0) if len(self.replies) > 1 else self.replies[0]


@pytest.fixture
def note() -> Callable[..., Any]:
    """Show the note over a server."""
    html = engines["jinja2"].from_string(SOURCE).render({"csrf_token": "t0ken"})

    def show(server: Server, sign: Server | None = None, *, refusals: bool = False) -> Any:
        return shown(html, {"/draft/": server, "/sign/": sign or server}, refusals=refusals)

    return show


def state(page: Page) -> Any:
    """The words beside the form."""
    return page.locator("[data-save-state]")


def type_and_leave(page: Page, text: str) -> None:
    """Type like a person and move on to the next field."""
    page.locator("#text").press_sequentially(text)
    expect(state(page)).to_have_text("Not saved yet")
    page.locator("#more").focus()


def test_leaving_a_field_saves(note: Callable[..., Any]) -> None:
    server = Server(saved(2))
    with note(server) as page:
        type_and_leave(page, "Feels well")
        expect(state(page)).to_have_text("Draft saved 10:42")
        expect(page.locator("[name=version]")).to_have_value("2")
    asked = server.asked[0]
    assert "text=Feels+well" in (asked.post_data or "")
    assert asked.headers["x-csrftoken"] == "t0ken"


def test_it_saves_after_five_seconds_of_writing(note: Callable[..., Any]) -> None:
    server = Server(saved(2))
    with note(server) as page:
        page.clock.install()
        page.locator("#text").press_sequentially("Still writing")
        page.clock.run_for(5100)
        expect(state(page)).to_have_text("Draft saved 10:42")
    assert len(server.asked) == 1


def test_signed_out_says_so_and_keeps_the_text(note: Callable[..., Any]) -> None:
    with note(Server({"status": 401, "body": ""}), refusals=True) as page:
        type_and_leave(page, "Kept")
        expect(state(page)).to_contain_text("You are signed out. Your text is kept")
        expect(page.locator("#text")).to_have_value("Kept")


def test_a_conflict_leads_to_the_comparison(note: Callable[..., Any]) -> None:
    body = json.dumps({"text": "R. Adeyemi changed this note.", "url": "/merge/"})
    with note(Server({"status": 409, "body": body, "content_type": "application/json"}), refusals=True) as page:
        type_and_leave(page, "Mine")
        expect(state(page)).to_contain_text("R. Adeyemi changed this note.")
        expect(state(page).get_by_role("link", name="Compare")).to_have_attribute("href", "/merge/")


def test_it_tries_again_by_itself(note: Callable[..., Any]) -> None:
    server = Server({"status": 503, "body": ""}, saved(3))
    with note(server, refusals=True) as page:
        page.clock.install()
        type_and_leave(page, "Once more")
        expect(state(page)).to_have_text("Could not save. Your text is kept.")
        page.clock.run_for(5100)
        expect(state(page)).to_have_text("Draft saved 10:43")
    assert "text=Once+more" in (server.asked[-1].post_data or "")


def test_a_second_click_sends_nothing(note: Callable[..., Any]) -> None:
    signed = Server({"status": 204})
    with note(Server(saved(2)), signed) as page:
        page.get_by_role("button", name="Sign").dblclick()
        expect(page.get_by_role("button", name="Sign")).to_be_disabled()
    assert len(signed.asked) == 1
    assert "do=sign" in (signed.asked[0].post_data or "")
