"""Text of a note while the network is away, and in two tabs of one browser: all of it is kept, and none is mixed."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import Page, expect

from clinic.choices import SectionKind
from clinic.models import Note, NoteDraft
from tests.clinic.notes import a_note
from tests.emr.jobs.machinery import eventually
from tests.factories.accounts import make_person
from tests.stories.clinic_server import running
from tests.stories.clinic_setup import ARGON
from tests.stories.people import Person, browsers

_FAILED = "Could not save. Your text is kept."
_SAVED = re.compile("Draft saved")


def _drafts(note: Note) -> list[str]:
    """What the server holds of each window, the one kept longest first."""
    rows = NoteDraft.objects.filter(note=note).order_by("saved_at")
    return [str(row.sections[SectionKind.SUBJECTIVE]) for row in rows]


@pytest.mark.timeout(240)
@pytest.mark.feature("E02")
@pytest.mark.feature("A05")
def test_a_lost_network_and_a_second_tab_lose_nothing(committed_db: str, tmp_path: Path) -> None:
    with transaction.atomic(), override_settings(PASSWORD_HASHERS=[ARGON]):
        amara = make_person("clinician", email="amara@example.org")
        note = a_note(amara)
    path = reverse("clinic:notes_edit", args=[note.patient_id, note.pk])
    with running(tmp_path) as address, browsers(address) as sit_down:
        desk = sit_down("amara")
        desk.log_in(amara.email)
        desk.go(path)
        _typed_in_the_lift(desk, note)
        _left_without_a_network(desk, path)
        _two_tabs(desk, note, path)
    refused = re.compile("Failed to load resource")  # what was asked while the network was away
    assert [fault for fault in desk.faults if not refused.search(fault)] == []


def _typed_in_the_lift(desk: Person, note: Note) -> None:
    """What can't be sent is said to be unsaved; with the network it goes out by itself, the whole of it."""
    page = desk.page
    box = page.get_by_label("Subjective", exact=True)
    box.fill("Before the lift.")
    expect(page.get_by_text(_SAVED)).to_be_visible(timeout=15_000)
    page.context.set_offline(True)
    box.fill("Before the lift. In the lift.")
    expect(page.get_by_text(_FAILED)).to_be_visible(timeout=15_000)
    assert _drafts(note) == ["Before the lift."]
    box.press_sequentially(" Still.")
    page.context.set_offline(False)
    expect(page.get_by_text(_SAVED)).to_be_visible(timeout=30_000)
    eventually(lambda: _drafts(note) == ["Before the lift. In the lift. Still."], what="the draft after the lift")


def _left_without_a_network(desk: Person, path: str) -> None:
    """Whoever goes away with text that the server has not got is asked first, and finds it still there."""
    page = desk.page
    page.context.set_offline(True)
    page.get_by_label("Subjective", exact=True).press_sequentially(" Lost?")
    expect(page.get_by_text(_FAILED)).to_be_visible(timeout=15_000)
    with page.expect_event("dialog") as asked:
        page.evaluate("setTimeout(() => location.assign('/'), 0)")
    assert asked.value.type == "beforeunload"
    asked.value.dismiss()
    page.context.set_offline(False)
    expect(page.get_by_text(_SAVED)).to_be_visible(timeout=30_000)
    assert page.url.endswith(path)
    expect(page.get_by_label("Subjective", exact=True)).to_have_value(re.compile("Lost[?]$"))


def _two_tabs(desk: Person, note: Note, path: str) -> None:
    """Each tab keeps its own text, however they take turns, and says that there is another."""
    first = desk.page
    second: Page = first.context.new_page()
    second.goto(f"{desk.address}{path}")
    mine, theirs = (tab.get_by_label("Subjective", exact=True) for tab in (first, second))
    mine.fill("First tab.")
    expect(first.get_by_text(_SAVED)).to_be_visible(timeout=15_000)
    theirs.fill("Second tab.")
    expect(second.get_by_text("you have unsaved text in another window")).to_be_visible(timeout=15_000)
    mine.fill("First tab, again.")
    wanted = {"First tab, again.", "Second tab."}
    eventually(lambda: set(_drafts(note)) == wanted, what="the drafts of both tabs")
    expect(mine).to_have_value("First tab, again.")
    expect(theirs).to_have_value("Second tab.")
    second.close()
