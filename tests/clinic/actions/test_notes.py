"""Notes: one open note a writer, nobody overwrites, a signature locks, the database holds it."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from clinic.actions import notes as actions
from clinic.actions.encounters import set_diagnoses, set_status
from clinic.actions.note_drafts import save_draft
from clinic.actions.signing import sign_note
from clinic.choices import EncounterStatus, NoteStatus, NoteType
from clinic.models import Encounter, Note, NoteAddendum, NoteDraft, NoteSection
from clinic.snapshots import digest, verify
from emr.audit.actor import acting
from emr.audit.models import LogEntry
from emr.shared.errors import Conflict, DomainError
from tests.clinic.notes import HYPERTENSION, TEXT, A, O, P, Person, S, a_note, a_signed_note, a_visit, measure
from tests.races import at_once

_OF_ITS_VISIT = "WHERE encounter_id = (SELECT encounter_id FROM clinic_note WHERE id = %s)"


def texts(note: Note) -> dict[str, str]:
    return dict(note.sections.values_list("kind", "text"))


def content(note: Note) -> Any:
    """What was signed."""
    assert note.snapshot is not None
    return note.snapshot


@pytest.mark.feature("E01")
def test_a_note_puts_its_visit_in_progress_and_holds_its_sections(db: None, person: Person) -> None:
    doctor = person("clinician")
    visit = a_visit(doctor)
    note = actions.start_note(by=doctor, encounter=visit, title=" Diabetes review ")
    assert (note.patient_id, note.author, note.title) == (visit.patient_id, doctor, "Diabetes review")
    visit.refresh_from_db()
    assert visit.status == EncounterStatus.IN_PROGRESS
    saved = actions.save_note(by=doctor, note=note, base_version=1, sections={S: "a\r\nb", "unknown": "x"})
    assert saved.version == 2
    assert texts(saved) == {S: "a\nb"}


def test_opening_a_note_again_makes_no_second_copy(db: None, person: Person) -> None:
    doctor, colleague = person("clinician"), person("clinician")
    visit = a_visit(doctor)
    first = actions.start_note(by=doctor, encounter=visit)
    assert actions.start_note(by=doctor, encounter=visit) == first
    assert actions.start_note(by=doctor, encounter=visit, type=NoteType.TELEPHONE) != first
    assert actions.start_note(by=colleague, encounter=visit) != first
    assert Note.objects.count() == 3


def test_two_tabs_that_begin_a_note_at_once_get_the_same_one(committed_db: str, person: Person) -> None:
    doctor = person("clinician")
    visit = a_visit(doctor)
    found = at_once(6, lambda _: actions.start_note(by=doctor, encounter=visit).pk)
    assert set(found) == {Note.objects.get().pk}


@pytest.mark.parametrize("status", [EncounterStatus.CANCELLED, EncounterStatus.PLANNED])
def test_a_visit_that_did_not_take_place_takes_no_note(db: None, person: Person, status: str) -> None:
    doctor = person("clinician")
    visit = a_visit(doctor)
    if status == EncounterStatus.CANCELLED:
        set_status(by=doctor, encounter=visit, status=EncounterStatus.CANCELLED)
    else:
        with acting(doctor):
            visit.status = status
            visit.save()
    with pytest.raises(DomainError):
        actions.start_note(by=doctor, encounter=visit)


@pytest.mark.feature("E02")
def test_the_second_writer_is_told_and_both_texts_are_there(db: None, person: Person) -> None:
    one, other = person("clinician"), person("nurse")
    note = actions.start_note(by=one, encounter=a_visit(one))
    actions.save_note(by=one, note=note, base_version=1, sections={S: "from one"})
    with pytest.raises(actions.NoteConflict) as caught:
        actions.save_note(by=other, note=note, base_version=1, sections={S: "from the other", P: "plan"})
    assert isinstance(caught.value, Conflict)
    assert caught.value.mine == {S: "from the other", P: "plan"}
    assert caught.value.theirs == {S: "from one"}
    assert texts(note) == {S: "from one"}
    again = actions.save_note(by=other, note=note, base_version=2, sections={S: "both", P: "plan"})
    assert again.version == 3
    assert texts(note) == {S: "both", P: "plan"}


@pytest.mark.feature("E02")
def test_of_two_saves_at_the_same_time_one_is_kept_and_one_is_told(committed_db: str, person: Person) -> None:
    one, other = person("clinician"), person("clinician")
    note = actions.start_note(by=one, encounter=a_visit(one))
    said = [(one, "one"), (other, "other")]
    results = at_once(
        2, lambda n: actions.save_note(by=said[n][0], note=note, base_version=1, sections={S: said[n][1]})
    )
    told = [result for result in results if isinstance(result, actions.NoteConflict)]
    note.refresh_from_db()
    assert note.version == 2
    assert len(told) == 1
    assert {told[0].mine[S], told[0].theirs[S]} == {"one", "other"}


def test_saving_the_same_text_again_changes_nothing(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_note(doctor)
    before = LogEntry.objects.count()
    saved = actions.save_note(by=doctor, note=note, base_version=1, sections=TEXT)
    assert saved.version == note.version
    assert LogEntry.objects.count() == before


@pytest.mark.feature("E02")
def test_a_draft_is_one_a_person_and_leaves_the_note_and_the_log_alone(db: None, person: Person) -> None:
    one, other = person("clinician"), person("nurse")
    note = a_note(one)
    before = LogEntry.objects.count()
    for text in ("first", "second"):
        save_draft(by=one, note=note, base_version=2, sections={S: text})
    save_draft(by=other, note=note, base_version=2, sections={S: "theirs"})
    assert {draft.user: draft.sections[S] for draft in NoteDraft.objects.all()} == {one: "second", other: "theirs"}
    assert texts(note) == TEXT
    assert LogEntry.objects.count() == before
    actions.save_note(by=one, note=note, base_version=2, sections={S: "second"})
    assert LogEntry.objects.count() == before + 2
    assert [draft.user for draft in NoteDraft.objects.all()] == [other]


def test_a_draft_that_arrives_after_its_own_save_does_not_come_back(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_note(doctor)
    actions.save_note(by=doctor, note=note, base_version=2, sections={S: "Now. .wt"})
    assert save_draft(by=doctor, note=note, base_version=2, sections={S: "Now. .wt"}) is None
    assert not NoteDraft.objects.exists()


@pytest.mark.feature("E07")
def test_tokens_become_the_newest_values_on_file(db: None, person: Person) -> None:
    doctor = person("clinician")
    visit = a_visit(doctor)
    measure(doctor, visit)
    note = actions.start_note(by=doctor, encounter=visit)
    actions.save_note(by=doctor, note=note, base_version=1, sections={O: ".bp, .WT. See 3.bp and www.bp.org .a1c"})
    assert texts(note)[O] == "BP 152/88 mmHg, weight 81.4 kg. See 3.bp and www.bp.org A1c not on file"


@pytest.mark.feature("E03")
def test_signing_locks_all_that_was_signed(db: None, person: Person) -> None:
    doctor = person("clinician")
    visit = a_visit(doctor)
    measure(doctor, visit)
    note = a_note(doctor, visit)
    signed = sign_note(by=doctor, note=note, base_version=2)
    snapshot = content(signed)
    assert signed.status == NoteStatus.FINAL
    assert [section["text"] for section in snapshot["sections"]] == list(TEXT.values())
    assert snapshot["diagnoses"] == [
        {
            "rank": 1,
            "system": "http://hl7.org/fhir/sid/icd-10-cm",
            "code": "E11.9",
            "display": "Type 2 diabetes mellitus without complications",
        }
    ]
    assert [value["value"] for vital in snapshot["vitals"] for value in vital["values"]] == ["152", "88", "81.4"]
    assert snapshot["patient"]["birth_date"] == "1962-03-14"
    assert snapshot["signed_by"]["name"] == str(doctor.practitioner)
    visit.refresh_from_db()
    assert (visit.status, visit.finished_by) == (EncounterStatus.FINISHED, doctor)
    stored = Note.objects.get(pk=note.pk)
    assert digest(stored.snapshot) == stored.content_hash == signed.content_hash
    assert verify(stored)


@pytest.mark.feature("E03")
def test_what_was_signed_stays_when_the_patient_changes(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_signed_note(doctor)
    with acting(doctor):
        note.patient.family_name = "Newname"
        note.patient.save()
    stored = Note.objects.get(pk=note.pk)
    assert content(stored)["patient"]["family_name"] != "Newname"
    assert verify(stored)


def test_a_changed_snapshot_is_found_out(db: None, person: Person) -> None:
    note = a_signed_note(person("clinician"))
    content(note)["sections"][0]["text"] = "Feels unwell."
    assert not verify(note)


def test_signing_twice_is_signing_once(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_signed_note(doctor)
    again = sign_note(by=doctor, note=note, base_version=2)
    assert again.signed_at == note.signed_at


@pytest.mark.parametrize("fault", ["nurse", "colleague", "empty", "no diagnosis", "stale", "unsaved"])
def test_what_can_not_be_signed(db: None, person: Person, fault: str) -> None:
    doctor = person("clinician")
    visit = a_visit(doctor, diagnosed=fault != "no diagnosis")
    note = actions.start_note(by=doctor, encounter=visit) if fault == "empty" else a_note(doctor, visit)
    if fault == "unsaved":
        save_draft(by=doctor, note=note, base_version=note.version, sections={S: "more"})
    signer = {"nurse": person("nurse"), "colleague": person("clinician")}.get(fault, doctor)
    version = 1 if fault == "stale" else note.version
    with pytest.raises(DomainError) as caught:
        sign_note(by=signer, note=note, base_version=version)
    assert isinstance(caught.value, Conflict) == (fault == "stale")
    assert ("Diagnoses" in str(caught.value)) == (fault == "no diagnosis")
    note.refresh_from_db()
    assert note.signed_at is None


def test_a_clinician_signs_what_a_nurse_wrote_and_the_visit_stays_open(db: None, person: Person) -> None:
    nurse, doctor = person("nurse"), person("clinician")
    visit = a_visit(doctor, diagnosed=False)
    note = a_note(nurse, visit, type=NoteType.NURSE)
    signed = sign_note(by=doctor, note=note, base_version=2)
    assert content(signed)["author"]["id"] == str(nurse.pk)
    assert content(signed)["signed_by"]["id"] == str(doctor.pk)
    visit.refresh_from_db()
    assert visit.status == EncounterStatus.IN_PROGRESS
    set_diagnoses(by=doctor, encounter=visit, diagnoses=[HYPERTENSION])
    a_signed_note(doctor, visit)


@pytest.mark.feature("E03")
def test_a_signed_visit_takes_nothing_more(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_signed_note(doctor)
    for attempt in (
        lambda: actions.save_note(by=doctor, note=note, base_version=2, sections={S: "other"}),
        lambda: actions.start_note(by=doctor, encounter=note.encounter),
        lambda: actions.start_note(by=person("nurse"), encounter=note.encounter, type=NoteType.NURSE),
        lambda: set_diagnoses(by=doctor, encounter=note.encounter, diagnoses=[HYPERTENSION]),
    ):
        with pytest.raises(DomainError):
            attempt()
    assert verify(Note.objects.get(pk=note.pk))


@pytest.mark.feature("E03")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE clinic_note SET content_hash = repeat('0', 64) WHERE id = %s",
        "UPDATE clinic_note SET snapshot = '{}' WHERE id = %s",
        "UPDATE clinic_note SET signed_at = NULL, signed_by_id = NULL, status = 'preliminary' WHERE id = %s",
        "UPDATE clinic_note SET status = 'preliminary' WHERE id = %s",
        "UPDATE clinic_notesection SET text = 'other' WHERE note_id = %s",
        "DELETE FROM clinic_notesection WHERE note_id = %s",
        "DELETE FROM clinic_note WHERE id = %s",
        f"UPDATE clinic_encounterdiagnosis SET rank = 2 {_OF_ITS_VISIT}",
        f"UPDATE clinic_encounterdiagnosis SET code = 'I10' {_OF_ITS_VISIT}",
        f"UPDATE clinic_encounterdiagnosis SET entered_in_error_at = now(), entered_in_error_by_id = created_by_id, "
        f"entered_in_error_reason = 'x' {_OF_ITS_VISIT}",
        f"UPDATE clinic_observation SET encounter_id = NULL {_OF_ITS_VISIT}",
    ],
)
def test_the_database_refuses_to_change_a_signed_note(db: None, person: Person, statement: str) -> None:
    doctor = person("clinician")
    visit = a_visit(doctor)
    measure(doctor, visit)
    note = a_signed_note(doctor, visit)
    with pytest.raises(DatabaseError) as refused, transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [note.pk])
    assert "audit" not in str(refused.value), "the rule refuses it, not the missing entry of the log"
    assert verify(Note.objects.get(pk=note.pk))


@pytest.mark.feature("E04")
def test_the_database_lets_an_entry_in_error_stand_and_adds_to_signed_notes_alone(db: None, person: Person) -> None:
    doctor = person("clinician")
    wrong, draft = a_signed_note(doctor), a_note(doctor)
    actions.enter_in_error(by=doctor, note=wrong, reason="Wrong patient")
    taken_back = "UPDATE clinic_note SET status = 'amended', entered_in_error_at = NULL, entered_in_error_by_id = NULL,"
    with pytest.raises(DatabaseError, match="does not change"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"{taken_back} entered_in_error_reason = '' WHERE id = %s", [wrong.pk])
    for note in (wrong, draft):
        with pytest.raises(DatabaseError, match="Only a signed note"), transaction.atomic(), acting(doctor):
            NoteAddendum.objects.create(note=note, text="more", created_by=doctor)
        with pytest.raises(DomainError):
            actions.add_addendum(by=doctor, note=note, text="more")


@pytest.mark.feature("E03")
def test_the_orm_can_not_change_a_signed_note_either(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_signed_note(doctor)
    section = note.sections.first()
    assert section is not None
    section.text = note.title = "other"
    for attempt in (
        section.save,
        note.save,
        section.delete,
        lambda: NoteSection.objects.filter(note=note).update(text="other"),
        lambda: NoteSection.objects.create(note=note, kind=A, rank=3, text="more", created_by=doctor),
    ):
        with pytest.raises(DatabaseError), transaction.atomic(), acting(doctor):
            attempt()
    assert verify(Note.objects.get(pk=note.pk))


@pytest.mark.feature("E04")
def test_an_addendum_is_added_and_the_signed_text_stays(db: None, person: Person) -> None:
    doctor, nurse = person("clinician"), person("nurse")
    note = a_signed_note(doctor)
    added = actions.add_addendum(by=nurse, note=note, text=" A1c came back. ", kind="late-entry")
    assert (added.text, added.created_by, added.kind) == ("A1c came back.", nurse, "late-entry")
    stored = Note.objects.get(pk=note.pk)
    assert stored.status == NoteStatus.AMENDED
    assert verify(stored)
    assert actions.add_addendum(by=nurse, note=note, text="again", request_token=added.pk) == added
    with pytest.raises(DomainError):
        actions.add_addendum(by=nurse, note=note, text="  ")


@pytest.mark.feature("E02")
def test_a_colleagues_unsaved_text_survives_the_signature(db: None, person: Person) -> None:
    doctor, nurse = person("clinician"), person("nurse")
    note = a_note(doctor)
    save_draft(by=nurse, note=note, base_version=2, sections={S: "Dizzy on standing."})
    sign_note(by=doctor, note=note, base_version=2)
    assert [draft.user for draft in NoteDraft.objects.all()] == [nurse]
    actions.add_addendum(by=nurse, note=note, text="Dizzy on standing.")
    assert not NoteDraft.objects.exists()


@pytest.mark.feature("E04")
def test_entered_in_error_needs_a_reason_and_keeps_the_text(db: None, person: Person) -> None:
    doctor, nurse = person("clinician"), person("nurse")
    note = a_signed_note(doctor)
    for who in (nurse, person("clinician")):
        with pytest.raises(DomainError):
            actions.enter_in_error(by=who, note=note, reason="wrong patient")
    with pytest.raises(DomainError):
        actions.enter_in_error(by=doctor, note=note, reason=" ")
    actions.enter_in_error(by=doctor, note=note, reason="wrong patient")
    stored = Note.objects.get(pk=note.pk)
    assert (stored.status, stored.entered_in_error_reason) == (NoteStatus.ENTERED_IN_ERROR, "wrong patient")
    assert texts(stored) == TEXT
    assert verify(stored)
    assert actions.start_note(by=doctor, encounter=Encounter.objects.get(pk=note.encounter_id)) != note
