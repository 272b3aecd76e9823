"""In a real Chromium: typed text that would run, and two tabs with two patients."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
from django.conf import settings
from django.contrib.staticfiles.handlers import StaticFilesHandler
from django.db import transaction
from django.test import Client
from django.test.testcases import LiveServerThread
from django.urls import reverse
from playwright.sync_api import BrowserContext, Page, sync_playwright

from clinic.models import ContactPoint, Patient, PatientAddress
from emr.access.roles import ROLES
from emr.audit.actor import acting
from tests.attacks.html_forms import HtmlForm
from tests.attacks.html_forms import Page as Html
from tests.attacks.registry import Town, a_town
from tests.database import beside_a_loop
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.policy.urls import every_url
from tests.stories.people import _ARGS, unfold

pytestmark = [pytest.mark.usefixtures("committed_db"), pytest.mark.feature("X3")]

MARK = "zzxss"
PAYLOADS = (
    f"<script>{MARK}()</script>",
    f"<img src=x onerror={MARK}()>",
    f"\"'><svg onload={MARK}()>",
    f"</textarea></title><a href=javascript:{MARK}()>",
    f"[x](javascript:{MARK}()) {{{{7*7}}}} {{% {MARK} %}}",
    f"`</code><{MARK}>` <a href='data:text/html,<script>{MARK}()</script>'>",
    f"\u202e{MARK}\u2066\ufeff<b onclick={MARK}()>",
)
#: Elements and links that only typed text could have made.
FOUND = f"""() => [...document.querySelectorAll("*")].filter(e => e.localName === "{MARK}"
  || [...e.attributes].some(a => a.name.startsWith("on") || /^(javascript|data:text)/i.test(a.value))
  || (e.localName === "script" && !e.src && e.type !== "application/json" && e.textContent.includes("{MARK}"))
).map(e => e.outerHTML.slice(0, 120))"""
#: Forms that end what stands there are not sent, or nothing would be left to show.
ENDING = (
    "access_chart",
    "_cancel",
    "_complete",
    "_discard",
    "_end",
    "_error",
    "_lift",
    "_no_show",
    "_replace",
    "_reset",
    "_resolve",
    "_revoke",
    "_stop",
    "_undiagnose",
    "_void",
    "_withdraw",
)
#: Pages without a form or text of their own to show, or that end the session.
LEAVING = {"account_logout"}


@contextmanager
def _browser(client: Client) -> Iterator[tuple[BrowserContext, str]]:
    """A Chromium that is logged in as the client, at a web server on the test's database."""
    thread = LiveServerThread("127.0.0.1", StaticFilesHandler)
    thread.daemon = True
    thread.start()
    assert thread.is_ready.wait(60), thread.error
    address = f"http://127.0.0.1:{thread.port}"
    with sync_playwright() as playwright, beside_a_loop():
        chromium = os.environ.get("CHROMIUM_PATH") or shutil.which("chromium") or shutil.which("google-chrome")
        browser = playwright.chromium.launch(executable_path=chromium, args=_ARGS)
        context = browser.new_context()
        key = client.cookies[settings.SESSION_COOKIE_NAME].value
        context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": key, "url": address}])
        try:
            yield context, address
        finally:
            browser.close()
            thread.terminate()


@pytest.fixture(autouse=True)
def _async_safe(monkeypatch: pytest.MonkeyPatch) -> None:
    """Playwright keeps a loop running in this thread, and Django would take it for asynchronous code."""
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "true")


@pytest.mark.timeout(600)
@pytest.mark.attack("stored-xss")
@pytest.mark.feature("A03")
def test_text_typed_into_every_form_runs_in_no_browser(as_role: Callable[..., Client]) -> None:
    """Every typed field of every form is sent as a payload; then each page is opened and looked through."""
    town = a_town(text=PAYLOADS[1])
    _rename(town.own.patient)
    client = as_role(*ROLES)
    client.raise_request_exception = False
    sent, pages = _type_into_all(client, town)
    assert (sent > 20, len(pages) > 60) == (True, True)
    faults: list[str] = []
    shown = 0
    with _browser(client) as (context, address):
        page = context.new_page()
        page.on("dialog", lambda dialog: faults.append(f"dialog {dialog.message}"))
        page.on("dialog", lambda dialog: dialog.dismiss())
        page.on("console", lambda said: faults.append(said.text) if "Content Security Policy" in said.text else None)
        for path in pages:
            page.goto(address + path, wait_until="domcontentloaded")
            faults += [f"{path}: {found}" for found in page.evaluate(FOUND)]
            shown += MARK in page.content().lower()  # family names stand in capitals
    assert faults == []
    assert shown > 20, "the payloads were hardly shown, so this proves little"


def _rename(patient: Patient) -> None:
    """A name that would run, on every page of the chart."""
    patient.family_name = patient.given_name = patient.preferred_name = PAYLOADS[1]
    with transaction.atomic(), acting(someone()):
        patient.save(update_fields=["family_name", "given_name", "preferred_name"])


def _type_into_all(client: Client, town: Town) -> tuple[int, list[str]]:
    """Send each form of each page once with a payload in all its text; how many there were, and the pages."""
    sent, pages = 0, []
    for n, url in enumerate(url for url in every_url() if url.name not in LEAVING and not url.third_party):
        path = town.paths(url)[0]
        answer = client.get(path)
        if answer.status_code != 200 or not answer.headers.get("Content-Type", "").startswith("text/html"):
            continue
        pages.append(path)
        for form in Html(answer.content.decode()).forms if not url.name.endswith(ENDING) else []:
            if form.method == "post" and form.typed:
                status = client.post(form.action or path, _filled(form, n)).status_code
                assert status < 500, f"{path} answers {status}"
                sent += 1
    return sent, pages


def _filled(form: HtmlForm, n: int) -> dict[str, list[str]]:
    """What was there stays where it must have a form of its own (a date, a number); words are payloads."""
    shaped = ("date", "time", "email", "phone", "npi", "tax", "postal", "password", "code", "amount", "day")
    payload = PAYLOADS[n % len(PAYLOADS)]
    typed = {name: [payload] for name in form.typed if not any(word in name for word in shaped)}
    return form.fields | typed


@pytest.mark.attack("active-patient")
def test_two_tabs_with_two_patients_never_cross(as_role: Callable[..., Client]) -> None:
    """Both forms are opened, then sent in turn, and again the other way round: each lands on its own patient."""
    client = as_role("front_desk")
    one, two = PatientFactory(family_name="Zzone"), PatientFactory(family_name="Zztwo")
    with _browser(client) as (context, address):
        tabs = {patient.pk: context.new_page() for patient in (one, two)}
        for order in ((one, two), (two, one)):
            for patient in (one, two):
                tabs[patient.pk].goto(address + reverse("clinic:patients_edit", args=[patient.pk]))
            for patient in order:
                _type_own_name(tabs[patient.pk], patient)
            for patient in reversed(order):
                _send(tabs[patient.pk])
    for patient in (one, two):
        patient.refresh_from_db()
        assert patient.preferred_name == f"Called {patient.family_name}"
    assert not ContactPoint.objects.exists()
    assert not PatientAddress.objects.exists()


def _type_own_name(page: Page, patient: Patient) -> None:
    own = page.locator("[name=preferred_name]")
    unfold(own)
    own.fill(f"Called {patient.family_name}")


def _send(page: Page) -> None:
    with page.expect_navigation():
        page.locator(
            "form:has([name=preferred_name]) button[type=submit], form:has([name=preferred_name]) button:not([type])"
        ).first.click()
