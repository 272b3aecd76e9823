"""Drafts: each window keeps its own, and what one window has saved takes nothing from another."""

from __future__ import annotations

import pytest

from clinic.actions.note_drafts import Window, discard_draft, save_draft
from clinic.actions.notes import add_addendum, enter_in_error, save_note
from clinic.actions.signing import sign_note
from clinic.models import Note, NoteDraft
from clinic.note_keys import ADDENDUM
from emr.accounts.models import User
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from tests.clinic.notes import TEXT, P, Person, S, a_note, a_signed_note


def kept(note: Note, user: User) -> list[str]:
    """What is kept of the person's typing, in any window."""
    return sorted(draft.sections.get(S, "") for draft in NoteDraft.objects.filter(note=note, user=user))


@pytest.mark.feature("E02")
def test_a_window_left_open_in_another_room_overwrites_nothing(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_note(doctor)
    exam, office = Window(uuid7()), Window(uuid7())

    def typed(window: Window, text: str) -> NoteDraft:
        draft = save_draft(by=doctor, note=note, base_version=2, sections={S: text}, window=window)
        assert draft is not None
        return draft

    typed(exam, "Ten minutes of")
    shown = typed(exam, "Ten minutes of history").saved_at
    typed(office, "x")
    assert kept(note, doctor) == ["Ten minutes of history", "x"]
    again = Window(uuid7(), shown)
    typed(again, "Ten minutes of history, and more")
    assert kept(note, doctor) == ["Ten minutes of history, and more", "x"], "what a page shows goes over to it"
    typed(exam, "Ten minutes of history, typed on")
    late = Window(uuid7(), shown)
    typed(late, "Ten minutes of history, late")
    assert len(kept(note, doctor)) == 4, "what its own window changed meanwhile stays there"
    saved = save_note(
        by=doctor, note=note, base_version=2, sections={S: "Ten minutes of history, typed on"}, window=again
    )
    assert kept(note, doctor) == ["Ten minutes of history, late", "x"], "what now stands in the note is no draft"
    for window in (late, office):
        with pytest.raises(DomainError, match="not saved yet"):
            sign_note(by=doctor, note=saved, base_version=saved.version)
        discard_draft(by=doctor, note=note, window=window)
    assert sign_note(by=doctor, note=saved, base_version=saved.version).signed_at


@pytest.mark.feature("E02")
def test_a_part_that_is_not_sent_again_stays_in_the_draft(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_note(doctor)
    window = Window(uuid7())
    save_draft(by=doctor, note=note, base_version=2, sections={S: "Well.", P: "Rest."}, window=window)
    save_draft(by=doctor, note=note, base_version=2, sections={S: "Unwell."}, window=window)
    assert NoteDraft.objects.get().sections == {S: "Unwell.", P: "Rest."}
    assert save_draft(by=doctor, note=note, base_version=2, sections=TEXT, window=window) is None
    assert not NoteDraft.objects.exists()


@pytest.mark.feature("E04")
def test_an_addendum_is_kept_while_it_is_written(db: None, person: Person) -> None:
    doctor, nurse = person("clinician"), person("nurse")
    note = a_signed_note(doctor)
    window = Window(uuid7())
    for text in ("The pharmacy", "The pharmacy called."):
        save_draft(by=nurse, note=note, base_version=2, sections={ADDENDUM: text}, window=window)
    assert NoteDraft.objects.get().sections == {ADDENDUM: "The pharmacy called."}
    assert save_draft(by=nurse, note=note, base_version=2, sections={ADDENDUM: ""}, window=window) is None
    save_draft(by=nurse, note=note, base_version=2, sections={ADDENDUM: "The pharmacy called."}, window=window)
    add_addendum(by=nurse, note=note, text="The pharmacy called.", window=window)
    assert not NoteDraft.objects.exists()


@pytest.mark.feature("E02")
def test_what_a_colleague_typed_outlives_an_entry_in_error(db: None, person: Person) -> None:
    doctor, nurse = person("clinician"), person("nurse")
    note = a_note(doctor)
    for who in (doctor, nurse):
        save_draft(by=who, note=note, base_version=2, sections={S: "Typed."})
    enter_in_error(by=doctor, note=note, reason="Wrong visit")
    assert [draft.user for draft in NoteDraft.objects.all()] == [nurse]
