"""Called away in the middle of a note: the screen is covered, and the text is there after logging in again."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.contrib.sessions.models import Session
from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import expect

from clinic.actions.notes import save_note
from clinic.choices import SectionKind
from clinic.models import Note, NoteDraft
from emr.accounts.models import User
from emr.accounts.sessions.clock import SEEN
from tests.clinic.notes import a_note
from tests.emr.jobs.machinery import eventually
from tests.factories.accounts import PASSWORD, make_person
from tests.factories.sessions import age
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import ARGON
from tests.stories.people import Person, browsers

_TYPED = "Feels well. Sleeps badly. Eats little."


def _away(minutes: int = 16) -> None:
    """Nobody touches any browser for a while, as the server sees it."""
    for session in Session.objects.all():
        if SEEN in session.get_decoded():
            age(session.session_key, minutes * 60, SEEN)


def _draft(note: Note) -> str:
    sections = NoteDraft.objects.get(note=note).sections
    return str(sections[SectionKind.SUBJECTIVE])


@pytest.mark.timeout(240)
@pytest.mark.feature("A05")
def test_called_away_in_the_middle_of_a_note(committed_db: str, tmp_path: Path) -> None:
    with transaction.atomic(), override_settings(PASSWORD_HASHERS=[ARGON]):
        amara, ruth = (
            make_person("clinician", email="amara@example.org"),
            make_person("nurse", email="ruth@example.org"),
        )
        note = a_note(amara)
    with running(tmp_path) as address, browsers(address) as sit_down:
        desk = sit_down("amara")
        desk.log_in(amara.email)
        _typed_after_the_end_is_saved(desk, note, amara.email)
        _typed_after_a_colleague_saved_is_kept(desk, note, ruth)
        _nothing_to_save_leaves_nothing_behind(desk, note, amara.email)
        _another_person_gets_nothing(desk, note, ruth.email)
    refusals = re.compile("Failed to load resource")  # the draft that was refused
    assert [fault for fault in desk.faults if not refusals.search(fault)] == []


def _typed_after_the_end_is_saved(desk: Person, note: Note, email: str) -> None:
    page = desk.page
    desk.go(reverse("clinic:notes_edit", args=[note.patient_id, note.pk]))
    page.get_by_label("Subjective").fill("Feels well.")
    expect(page.get_by_text(re.compile("Draft saved"))).to_be_visible(timeout=15_000)
    _away()
    page.get_by_label("Subjective").fill("Feels well. Sleeps badly.")
    cover = page.get_by_role("heading", name="You are signed out")
    expect(cover).to_be_visible(timeout=15_000)
    desk.looks("covered")
    assert note.patient.family_name.lower() not in page.locator("body").inner_text().lower()
    assert note.patient.family_name.lower() not in page.title().lower()
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    _log_in(opened.value, email)
    expect(cover).to_be_hidden(timeout=15_000)
    expect(page.get_by_label("Subjective")).to_have_value("Feels well. Sleeps badly.")
    expect(page.get_by_text(re.compile("Draft saved"))).to_be_visible(timeout=15_000)
    assert _draft(note) == "Feels well. Sleeps badly."
    opened.value.close()


def _typed_after_a_colleague_saved_is_kept(desk: Person, note: Note, colleague: User) -> None:
    """Told of two versions, one writes on without leaving the box."""
    with transaction.atomic():
        save_note(by=colleague, note=note, base_version=note.version, sections={SectionKind.PLAN: "From Ruth."})
    box = desk.page.get_by_label("Subjective")
    box.fill("Feels well. Sleeps badly. Eats")
    expect(desk.page.get_by_role("link", name="Compare")).to_be_visible(timeout=15_000)
    box.press_sequentially(" little.")
    eventually(lambda: _draft(note) == _TYPED, what="the draft after two versions")


def _nothing_to_save_leaves_nothing_behind(desk: Person, note: Note, email: str) -> None:
    page = desk.page
    _away()
    page.evaluate("document.dispatchEvent(new CustomEvent('session:ended'))")
    page.wait_for_url(re.compile("/accounts/login/"), timeout=15_000)
    _log_in(page, email)
    expect(page.get_by_label("Subjective")).to_have_value(_TYPED)


def _another_person_gets_nothing(desk: Person, note: Note, email: str) -> None:
    page = desk.page
    _away()
    page.get_by_label("Subjective").fill("Only for Amara's eyes.")
    expect(page.get_by_role("heading", name="You are signed out")).to_be_visible(timeout=15_000)
    with page.context.expect_page() as opened:
        page.get_by_role("link", name="Sign in again").click()
    # The page tries to save before it knows who is there now: not even then is it saved under the other's name.
    status = f"**{reverse('accounts:session_status')}"
    page.route(status, lambda route: route.abort())
    _log_in(opened.value, email)
    opened.value.wait_for_url(lambda url: "/login/" not in url, timeout=15_000)
    for _ in range(2):
        with page.expect_response(lambda answer: "/autosave/" in answer.url, timeout=30_000) as answered:
            page.evaluate("window.dispatchEvent(new Event('focus'))")
        assert answered.value.status in (401, 403)
    page.unroute(status)
    page.wait_for_url(lambda url: "/notes/" not in url, timeout=15_000)
    opened.value.goto(f"{desk.address}{reverse('clinic:notes_edit', args=[note.patient_id, note.pk])}")
    assert "Amara's eyes" not in opened.value.content()
    assert "Sleeps badly" not in opened.value.content()


def _log_in(page: object, email: str) -> None:
    page.get_by_label("Email").fill(email)  # type: ignore[attr-defined]
    page.get_by_label("Password", exact=True).fill(PASSWORD)  # type: ignore[attr-defined]
    page.get_by_role("button", name="Sign in", exact=True).click()  # type: ignore[attr-defined]
    page.wait_for_url(re.compile(r"^((?!accounts/login).)*$"), timeout=15_000)  # type: ignore[attr-defined]
