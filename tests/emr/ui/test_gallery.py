"""The gallery in a real browser: accessible in both themes and at each width, and its keys work."""

from __future__ import annotations

from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from django.test import Client
from django.urls import reverse
from playwright.sync_api import Page, Request, expect

from emr.ui.context import THEME_COOKIE
from tests.emr.ui.browser import ORIGIN, shown

pytestmark = pytest.mark.django_db


@pytest.fixture
def gallery(as_role: Callable[..., Client]) -> str:
    """The gallery's HTML as a clinician gets it."""
    return as_role("clinician").get(reverse("ui:gallery")).content.decode()


def test_it_is_accessible_and_fits(gallery: str) -> None:
    with shown(gallery) as page:
        for scheme, width in product(("light", "dark"), (1366, 768, 390)):
            page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]
            page.set_viewport_size({"width": width, "height": 768})
            page.reload()
            found = Axe().run(page).response["violations"]
            assert [(item["id"], [node["html"] for node in item["nodes"]]) for item in found] == [], (scheme, width)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, (scheme, width)


def test_the_theme_is_kept_in_a_cookie(gallery: str) -> None:
    with shown(gallery, color_scheme="light") as page:
        page.locator(".me > summary").click()
        page.locator(".me [data-theme-toggle]").click()
        expect(page.locator("html")).to_have_attribute("data-theme", "dark")
        cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies()}
        assert cookies == {THEME_COOKIE: "dark"}


def test_over_https_cookies_of_scripts_belong_to_this_host_alone(gallery: str) -> None:
    with shown(gallery, color_scheme="light") as page:
        page.goto(f"{ORIGIN.replace('http:', 'https:')}/page/")
        page.locator(".me > summary").click()
        page.locator(".me [data-theme-toggle]").click()
        page.keyboard.press("?")
        page.locator("[data-shortcut-switch]").click()
        page.wait_for_function("document.cookie.includes('shortcuts')")
        kept = {
            cookie["name"]: (cookie["value"], cookie["secure"], cookie["path"], cookie["sameSite"])
            for cookie in page.context.cookies()
        }
        assert kept == {"__Host-theme": ("dark", True, "/", "Lax"), "__Host-shortcuts": ("off", True, "/", "Lax")}


def test_the_server_paints_the_chosen_theme(as_role: Callable[..., Client]) -> None:
    client = as_role("clinician")
    for cookie, attribute in (("dark", 'data-theme="dark"'), ("<x>", '<html lang="en">')):
        client.cookies[THEME_COOKIE] = cookie
        assert attribute in client.get(reverse("ui:gallery")).content.decode()
    client.cookies[f"__Host-{THEME_COOKIE}"] = "light"
    assert 'data-theme="light"' in client.get(reverse("ui:gallery"), secure=True).content.decode()


def _answered(body: str) -> Callable[[Request], dict[str, Any]]:
    return lambda request: {"body": body, "content_type": "text/html"}


def test_keys_move_select_and_list(gallery: str) -> None:
    with shown(gallery) as page:
        page.keyboard.press("j")
        page.keyboard.press("j")
        expect(page.locator("tr[data-row]").nth(1)).to_be_focused()
        page.keyboard.press("x")
        expect(page.locator("tr[data-row] input").nth(1)).to_be_checked()
        page.locator("[data-check-all]").check()
        assert page.locator("tbody .check input:checked").count() == page.locator("tr[data-row]").count()
        page.locator("main").focus()
        page.keyboard.press("?")
        expect(page.locator("#shortcuts")).to_be_visible()
        expect(page.locator("[data-shortcut-list]")).to_contain_text("New patient")
        _single_keys_can_be_turned_off(page)


def _single_keys_can_be_turned_off(page: Page) -> None:
    page.locator("[data-shortcut-switch]").uncheck()
    page.keyboard.press("Escape")
    page.keyboard.press("?")
    expect(page.locator("#shortcuts")).not_to_be_visible()


def test_a_sequence_of_keys_follows_its_link(gallery: str) -> None:
    jobs = reverse("jobs:jobs_list")
    with shown(gallery, {jobs: _answered("<title>Jobs</title>")}) as page:
        page.keyboard.press("g")
        page.keyboard.press("j")
        page.wait_for_url(f"{ORIGIN}{jobs}")


def test_keys_are_letters_while_one_writes(gallery: str) -> None:
    with shown(gallery) as page:
        page.locator("#id_note").press_sequentially("gj? x")
        expect(page.locator("#id_note")).to_have_value("gj? x")
        expect(page.locator("#shortcuts")).not_to_be_visible()


def test_a_lookup_fills_text_and_code(gallery: str, as_role: Callable[..., Client]) -> None:
    address = reverse("ui:gallery_suggest")
    options = as_role("nurse").get(address, {"q": "type 2"}).content.decode()
    with shown(gallery, {address: _answered(options)}) as page:
        field = page.get_by_label("Problem", exact=False).first
        field.press_sequentially("type 2")
        expect(page.locator("#id_problem_list [role=option]")).to_have_count(2)
        assert Axe().run(page).response["violations"] == []
        field.press("ArrowDown")
        field.press("Enter")
        expect(field).to_have_value("Type 2 diabetes mellitus without complications")
        expect(page.locator("#id_problem_code")).to_have_value("E11.9")
        field.press_sequentially("!")
        expect(page.locator("#id_problem_code")).to_have_value("")


def test_dialogs_open_and_close_and_return_the_focus(gallery: str) -> None:
    with shown(gallery) as page:
        opener = page.get_by_role("button", name="Open a dialog")
        opener.click()
        expect(page.locator("#sample-dialog")).to_be_visible()
        page.keyboard.press("Escape")
        expect(page.locator("#sample-dialog")).not_to_be_visible()
        expect(opener).to_be_focused()


def test_toasts_say_text_only(gallery: str) -> None:
    with shown(gallery) as page:
        page.get_by_role("button", name="Toast").click()
        expect(page.locator(".toast")).to_have_text("Saved.")
        page.locator(".toast button").click()
        expect(page.locator(".toast")).to_have_count(0)
        event = "document.body.dispatchEvent(new CustomEvent('toast', {detail: {text: '<b>x</b>', level: 'error'}}))"
        page.evaluate(event)
        expect(page.locator(".toast")).to_contain_text("<b>x</b>")
