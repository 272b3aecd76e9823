"""A patient's words stay in the chart: not in any log, mail, address, job or browser, whatever goes wrong."""

from __future__ import annotations

import http.client
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pytest
from django.db import connection, transaction
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from clinic.models import Patient
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.jobs.models import Job
from emr.jobs.queue import enqueue
from tests.emr.jobs.machinery import database_url, eventually
from tests.factories.accounts import ClinicFactory, make_person
from tests.factories.chart import VisitFactory
from tests.services import VAR
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import ARGON
from tests.stories.mail_sink import mail_sink
from tests.stories.people import Person, browsers, unfold

FAMILY, GIVEN, STREET, NOTE = "Quillfeather", "Zebulonia", "77 Marzipan Crescent", "xylophone allergy since 1999"
PHONE, TYPED, BAD_PASSWORD = "2175550193", "Umbrellastand", "kumquat jamboree 12"
WORDS = [FAMILY, GIVEN, STREET, NOTE, "555-0193", "5550193", TYPED, BAD_PASSWORD, "correct horse"]
SERVER_LOG = VAR / "log" / "postgres.log"


@pytest.mark.timeout(400)
@pytest.mark.feature("K06", "A08")
def test_nothing_leaks(committed_db: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    started = SERVER_LOG.stat().st_size if SERVER_LOG.exists() else 0
    monkeypatch.setenv("LOG_LEVEL", "INFO")
    monkeypatch.setenv("EMAIL_BACKEND", "django.core.mail.backends.smtp.EmailBackend")
    with transaction.atomic(), override_settings(PASSWORD_HASHERS=[ARGON]):
        ClinicFactory()
        everyone = make_person("front_desk", "clinician", "manager", "biller", email="ana@example.org")
    with mail_sink() as (port, mails):
        monkeypatch.setenv("EMAIL_HOST", "127.0.0.1")
        monkeypatch.setenv("EMAIL_PORT", str(port))
        with running(tmp_path, jobs=True) as address, browsers(address) as sit_down:
            ana = sit_down("ana")
            asked: list[str] = []
            ana.page.on("request", lambda request: asked.append(request.url))
            kept = list(_a_day(ana, everyone))
            _everything_goes_wrong(ana, address, everyone)
            eventually(lambda: len(mails) == 1, what="the mail")
        links = [line for line in mails[0].splitlines() if "/password/reset/key/" in line]
    logs = {path.name: path.read_text(errors="replace") for path in tmp_path.glob("*.log")}
    logs["postgres.log"] = SERVER_LOG.read_bytes()[started:].decode(errors="replace")
    assert {"web.log", "worker.log", "relay.log"} <= set(logs)
    assert _found(logs, [*WORDS, Patient.objects.get().mrn, str(Patient.objects.get().pk), *_tokens(links)]) == []
    assert _found({"mail": mails[0], "addresses": "\n".join(asked)}, [*WORDS, Patient.objects.get().mrn]) == []
    assert _found({"jobs": str(list(Job.objects.values()))}, WORDS) == []
    _every_line_is_json(logs["web.log"])
    assert set(kept) == {"{}"}


def _a_day(ana: Person, everyone: User) -> Iterator[str]:
    """Register, find and chart a patient; gives what the browser keeps after each page."""
    page = ana.page
    ana.go("/accounts/login/")
    page.get_by_label("Email").fill(everyone.email)
    page.get_by_label("Password", exact=True).fill(BAD_PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    expect(page.locator("input[type=password]")).to_be_visible()
    ana.log_in(everyone.email)
    ana.go(reverse("clinic:patients_register"))
    values = {"family_name": FAMILY, "given_name": GIVEN, "birth_date": "3/9/1954", "mobile": PHONE, "line1": STREET}
    for name, value in {**values, "city": "Springfield", "state": "IL", "postal_code": "62704"}.items():
        unfold(page.locator(f"#id_{name}"))
        page.locator(f"#id_{name}").fill(value)
    page.get_by_label("Sex", exact=True).select_option("female")
    page.get_by_role("button", name="Register patient").click()
    expect(page.get_by_text(f"{GIVEN} {FAMILY} is registered.")).to_be_visible()
    yield _kept(page)
    ana.go(reverse("clinic:patients_search"))
    page.locator("#search-text").fill(FAMILY)
    page.locator("#search-text").press("Enter")
    page.wait_for_load_state()
    yield _kept(page)
    patient = Patient.objects.get()
    for name in ("clinic:chart_summary", "clinic:notes_list", "clinic:medications_list", "clinic:patients_detail"):
        ana.go(reverse(name, args=[patient.pk]))
        page.wait_for_load_state("networkidle")
        yield _kept(page)
    with transaction.atomic(), acting(everyone):
        VisitFactory(patient=patient, practitioner=everyone.practitioner)
    ana.go(reverse("clinic:notes_list", args=[patient.pk]))
    page.get_by_role("button", name="Write note").click()
    page.get_by_label("Subjective").fill(NOTE)
    expect(page.get_by_text(re.compile("Draft saved"))).to_be_visible(timeout=15_000)
    yield _kept(page)


def _kept(page: Page) -> str:
    """Everything but cookies that a browser can keep for a site, as JSON: ``{}`` for nothing."""
    found: dict[str, Any] = page.evaluate(
        """async () => Object.fromEntries(Object.entries({
            local: Object.keys(localStorage), session: Object.keys(sessionStorage),
            databases: (await indexedDB.databases()).map((found) => found.name),
            caches: window.caches ? await caches.keys() : [],
            workers: navigator.serviceWorker ? (await navigator.serviceWorker.getRegistrations()).length : 0,
        }).filter(([, value]) => (value.length ?? value) > 0))"""
    )
    cookies = {cookie["name"] for cookie in page.context.cookies()}
    return json.dumps(
        {**found, **({"cookies": sorted(cookies)} if cookies - {"chartroom-session", "chartroom-csrf"} else {})}
    )


def _everything_goes_wrong(ana: Person, address: str, everyone: User) -> None:
    """Mistakes of people, attackers and machines, each with words that must not be repeated."""
    ask, patient = ana.page.request, Patient.objects.get()
    forged = 'x%0d%0a{"level":"INFO"}'
    for path in (f"/{TYPED}/?q={FAMILY}", f"/patients/{TYPED}/", f"/patients/{patient.pk}/{TYPED}/", f"/{forged}/"):
        assert ask.get(f"{address}{path}").status == 404
    assert ask.post(f"{address}{reverse('clinic:patients_search')}", form={"q": FAMILY}).status == 403
    assert ask.get(f"{address}{reverse('billing:batches_new')}?{TYPED}").status == 405
    _raw(address, f"GET /{TYPED} HTTP/9.9 {FAMILY}\r\nHost: x\r\n\r\n")
    _raw(address, f"GET / HTTP/1.1\r\nHost: {TYPED}.example\r\nConnection: close\r\n\r\n")
    token = ana.page.locator("input[name=csrfmiddlewaretoken]").first.input_value()
    headers = {"Referer": address}
    form = {"csrfmiddlewaretoken": token, "family_name": TYPED, "birth_date": NOTE, "line1": STREET + "\x00"}
    assert ask.post(f"{address}{reverse('clinic:patients_register')}", form=form, headers=headers).status == 422
    assert (
        _with_a_table_locked(lambda: ask.get(f"{address}{reverse('clinic:chart_summary', args=[patient.pk])}")) >= 500
    )
    _wrong_statements()
    with transaction.atomic():
        job = enqueue("billing.claim_batch_pdf", key="gone", by=everyone, payload={"batch": str(patient.pk)})
    eventually(lambda: Job.objects.get(pk=job.pk).attempts > 0, what="the failing job")
    ana.page.context.clear_cookies()
    ana.go(reverse("account_reset_password"))
    ana.page.locator("input[type=email]").fill(everyone.email)
    ana.page.get_by_role("main").get_by_role("button").first.click()


def _raw(address: str, text: str) -> None:
    """Send what no browser sends; the answer doesn't matter."""
    parts = urlsplit(address)
    line = http.client.HTTPConnection(str(parts.hostname), parts.port, timeout=10)
    line.connect()
    line.sock.sendall(text.encode())
    line.sock.recv(1000)
    line.close()


def _with_a_table_locked(ask: Any) -> int:
    """The status of an answer while a table can't be read: the database gives up, with the statement in hand."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(1)")
        with psycopg.connect(_owner_url()) as owner:
            owner.execute("LOCK TABLE clinic_patient IN ACCESS EXCLUSIVE MODE")
            status: int = ask().status
            owner.rollback()
    return status


def _owner_url() -> str:
    import os

    owner = urlsplit(os.environ["DATABASE_OWNER_URL"])
    return owner._replace(path=f"/{connection.settings_dict['NAME']}").geturl()


def _wrong_statements() -> None:
    """What a mistake in the program would send to the database."""
    with psycopg.connect(database_url(), autocommit=True) as wrong:
        for statement, value in (
            ("SELECT %s::uuid", FAMILY),
            ("SELECT %s::int", NOTE),
            ("INSERT INTO clinic_patient (family_name) VALUES (%s)", FAMILY),
            (f"SELECT '{FAMILY}' FROM nowhere WHERE x = %s", NOTE),
        ):
            with pytest.raises(psycopg.Error):
                wrong.execute(statement, [value])


def _tokens(links: list[str]) -> list[str]:
    assert len(links) == 1
    return [links[0].rstrip("/\r").rpartition("/")[2]]


def _found(places: dict[str, str], words: list[str]) -> list[str]:
    return [f"{place}: {word}" for place, text in places.items() for word in words if word.lower() in text.lower()]


def _every_line_is_json(log: str) -> None:
    """So nobody forged one; and something was logged at all."""
    lines = [json.loads(line) for line in log.splitlines() if line.strip()]
    assert {"at", "level", "logger", "message"} <= set(lines[0])
    assert len(lines) >= 5
