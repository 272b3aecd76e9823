"""Killed in the middle of a note: the worker, the web server, the database, the browser. Each really dies (SIGKILL)."""

from __future__ import annotations

import os
import re
import signal
import tempfile
import time
from contextlib import suppress
from pathlib import Path

import pytest
from django.db import transaction
from django.test import override_settings
from django.urls import reverse
from playwright.sync_api import Error, Locator, Page, Response, expect

from clinic.choices import SectionKind
from clinic.models import Note, NoteDraft
from emr.services.processes import running as processes
from tests.clinic.notes import a_note
from tests.emr.jobs.machinery import eventually
from tests.factories.accounts import make_person
from tests.stories.clinic_server import House, house
from tests.stories.clinic_setup import ARGON
from tests.stories.own_cluster import Cluster, own_cluster
from tests.stories.people import Person, browsers

#: No more typing than this may be lost (seconds).
MOST_LOST = 5.0
_SAVED = re.compile("Draft saved")


class Typist:
    """Somebody who types numbered words into a note without a pause, and knows when each was typed."""

    def __init__(self, page: Page, box: Locator) -> None:
        self.page, self.box = page, box
        self.typed: list[tuple[str, float]] = []
        self.slowest = 0.0
        page.on("response", self._answered)

    def type_for(self, seconds: float) -> None:
        """Type until the time is over."""
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            word = f"w{len(self.typed):04d}"
            self.page.keyboard.type(f" {word}", delay=15)
            self.typed.append((word, time.monotonic()))
            self.page.wait_for_timeout(100)

    def lost(self, kept: str, at: float) -> float:
        """How many seconds of typing before the moment ``at`` are not in what was kept."""
        missing = [when for word, when in self.typed if word not in kept and when <= at]
        return at - missing[0] if missing else 0.0

    @property
    def all(self) -> str:
        """Every word."""
        return "".join(f" {word}" for word, _ in self.typed)

    def _answered(self, answer: Response) -> None:
        if "/autosave/" in answer.url:
            self.slowest = max(self.slowest, answer.request.timing["responseStart"] / 1000)


def draft(note: Note) -> str:
    """What the server holds of the words; it may be on its way up again."""
    return "".join(NoteDraft.objects.filter(note=note).values_list(f"sections__{SectionKind.SUBJECTIVE}", flat=True))


@pytest.mark.timeout(390)
@pytest.mark.feature("E02")
@pytest.mark.feature("A05")
def test_whatever_dies_in_the_middle_of_a_note_no_more_than_five_seconds_are_lost(committed_db: str) -> None:
    with (
        tempfile.TemporaryDirectory(prefix="chartroom-test-") as folder,
        own_cluster(Path(folder) / "db", like=committed_db) as cluster,
    ):
        with transaction.atomic(), override_settings(PASSWORD_HASHERS=[ARGON]):
            doctor = make_person("clinician", email="amara@example.org")
            note = a_note(doctor)
        place = Path(folder) / "house"
        place.mkdir()
        with house(place) as clinic:
            alive = True
            # A browser that was killed can't be closed.
            with suppress(Error), browsers(clinic.address) as sit_down:
                desk = sit_down("amara")
                desk.log_in(doctor.email)
                typist = _begin(desk, note)
                _the_worker_dies(clinic, typist, note)
                _the_web_server_dies(clinic, typist, note)
                _the_database_dies(cluster, typist, note)
                _the_browser_dies(typist, note)
                alive = False
            assert not alive
            with browsers(clinic.address) as sit_down:
                desk = sit_down("amara")
                desk.log_in(doctor.email)
                assert _begin(desk, note).box.input_value().strip() == draft(note).strip()


def _begin(desk: Person, note: Note) -> Typist:
    desk.go(reverse("clinic:notes_edit", args=[note.patient_id, note.pk]))
    box = desk.page.get_by_label("Subjective", exact=True)
    expect(box).to_be_visible()
    box.focus()
    box.press("Control+End")
    return Typist(desk.page, box)


def _the_worker_dies(clinic: House, typist: Typist, note: Note) -> None:
    typist.type_for(1)
    clinic.kill("worker")
    typist.type_for(1)
    _all_is_kept(typist, note)


def _the_web_server_dies(clinic: House, typist: Typist, note: Note) -> None:
    typist.type_for(7)
    clinic.kill("web")
    _was_behind(typist, note)
    typist.type_for(2)
    clinic.start("web")
    _all_is_kept(typist, note)


def _the_database_dies(cluster: Cluster, typist: Typist, note: Note) -> None:
    typist.type_for(7)
    acknowledged, before = draft(note), cluster.process
    cluster.kill()
    died = time.monotonic()
    typist.type_for(2)
    eventually(lambda: _up_again(cluster, before), what="the database")
    assert typist.lost(draft(note), died) <= MOST_LOST + typist.slowest
    assert acknowledged in draft(note)
    _all_is_kept(typist, note)


def _the_browser_dies(typist: Typist, note: Note) -> None:
    typist.type_for(7)
    os.kill(_browser(), signal.SIGKILL)
    _was_behind(typist, note)


def _was_behind(typist: Typist, note: Note) -> None:
    """What the server holds right after something died is at most five seconds old, beside the longest answer."""
    died = time.monotonic()
    assert typist.lost(draft(note), died) <= MOST_LOST + typist.slowest


def _all_is_kept(typist: Typist, note: Note) -> None:
    """The page saves by itself once it can again, and then nothing at all is lost."""
    expect(typist.page.get_by_text(_SAVED)).to_be_visible(timeout=90_000)
    eventually(lambda: typist.all in draft(note), what="the draft")


def _up_again(cluster: Cluster, before: int) -> bool:
    from django.db import OperationalError, connection

    with suppress(OSError, ValueError, OperationalError, Error):
        if cluster.process == before:
            return False
        connection.close()
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
            return True
    return False


def _browser() -> int:
    """The Chromium that this test started."""
    found = processes()

    def ours(number: int) -> bool:
        while number in found:
            if number == os.getpid():
                return True
            number = found[number].parent
        return False

    (browser,) = (
        number
        for number, one in found.items()
        if "--remote-debugging-pipe" in one.command
        and "--type=" not in one.command
        and ours(number)
        and "chrom" in one.command.split(" ", 1)[0]
    )
    return browser
