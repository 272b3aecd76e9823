"""Two who sign at the same moment, and one who saves while another signs."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from clinic.actions.notes import save_note
from clinic.actions.signing import sign_note
from clinic.models import Note
from clinic.snapshots import verify
from emr.accounts.models import User
from emr.audit.models import LogEntry
from tests.clinic.notes import P, S, a_note
from tests.races import refusals


@pytest.mark.feature("E09")
def test_a_note_signed_in_two_tabs_at_once_is_signed_once(committed_db: str, person: Callable[..., User]) -> None:
    doctor = person("clinician")
    note = a_note(doctor)
    once = partial(sign_note, by=doctor, note=note, base_version=note.version)
    refusals(once, once, once)
    row = Note.objects.get(pk=note.pk)
    assert row.signed_by == doctor
    assert verify(row)
    told = [entry for entry in LogEntry.objects.filter(object_pk=note.pk, action=1) if "signed_at" in entry.changes]
    assert len(told) == 1


@pytest.mark.feature("E09")
def test_what_is_signed_is_what_was_read_though_another_saves(committed_db: str, person: Callable[..., User]) -> None:
    doctor = person("clinician")
    for n in range(4):
        note = a_note(doctor)
        sign = partial(sign_note, by=doctor, note=note, base_version=note.version)
        save = partial(
            save_note, by=doctor, note=note, base_version=note.version, sections={S: f"Slipped in {n}.", P: "x"}
        )
        said = refusals(sign, save)
        row = Note.objects.get(pk=note.pk)
        assert len(said) == 1, "one of the two is told"
        if row.signed_at:
            assert verify(row)
            assert "Slipped in" not in str(row.snapshot)
            assert not row.sections.filter(text__startswith="Slipped").exists()
        else:
            assert row.sections.get(kind=S).text == f"Slipped in {n}."
