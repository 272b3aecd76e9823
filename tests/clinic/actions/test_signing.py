"""Signatures: each kind of part is locked, a trainee waits for a supervisor, what was signed stays retrievable."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection, transaction
from django.db.utils import IntegrityError

from billing.actions.claims import create_claim, submit_claims
from billing.queries.charges import ready_to_bill
from clinic.actions.notes import add_addendum, enter_in_error, save_note, start_note
from clinic.actions.signing import cosign_note, sign_note, unlock_note
from clinic.choices import NoteStatus, SectionKind
from clinic.models import Encounter, Note, NoteSection, NoteVersion
from clinic.note_changes import changes, marked
from clinic.printouts.notes import readable
from clinic.snapshots import digest, signed_texts, snapshot_of, verify
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.shared.errors import Conflict, DomainError
from tests.clinic.notes import P, Person, S, a_note, a_signed_note, a_visit
from tests.factories.billing import charged, claim

ROS, AP = SectionKind.REVIEW_OF_SYSTEMS, SectionKind.ASSESSMENT_AND_PLAN


def a_trainee(person: Person, supervisor: User) -> User:
    """A clinician in training."""
    trainee = person("clinician")
    with acting(supervisor):
        trainee.practitioner.supervisor = supervisor.practitioner
        trainee.practitioner.save()
    return trainee


def content(note: Note) -> Any:
    assert note.snapshot is not None
    return note.snapshot


@pytest.mark.feature("E03")
def test_each_kind_of_part_is_locked_and_read_in_its_place(db: None, person: Person) -> None:
    doctor = person("clinician")
    source = a_signed_note(doctor)
    visit = a_visit(doctor)
    diagnosis = visit.diagnoses.get()
    note = start_note(by=doctor, encounter=visit)
    with transaction.atomic(), acting(doctor):
        whole = {"note": note, "rank": 1, "created_by": doctor}
        NoteSection.objects.create(**whole, kind=AP, diagnosis=diagnosis, text="Metformin on.")
        NoteSection.objects.create(**whole, kind=ROS, item="respiratory", finding="abnormal", text="Cough.")
        NoteSection.objects.create(**whole, kind=ROS, item="constitutional", finding="normal", text="")
        NoteSection.objects.create(
            **whole, kind=S, text="Feels well, mostly.", copied_from=source, copied_text="Feels well."
        )
    signed = sign_note(by=doctor, note=note, base_version=note.version)
    rows = [(row["key"], row["part"], row["finding"], row["text"]) for row in content(signed)["sections"]]
    assert rows == [
        (S, "", "", "Feels well, mostly."),
        (f"{ROS}/constitutional", "Constitutional", "normal", ""),
        (f"{ROS}/respiratory", "Respiratory", "abnormal", "Cough."),
        (f"{AP}/{diagnosis.pk}", diagnosis.display, "", "Metformin on."),
    ]
    assert content(signed)["schema"] == 2
    for words in ("Respiratory (abnormal): Cough.", "Type 2 diabetes", "Feels well, mostly.", "1. Type 2"):
        assert words in content(signed)["rendered"]
    stored = Note.objects.get(pk=note.pk)
    assert verify(stored)
    shown = readable(content(stored))
    assert [section.label for section in shown.sections] == ["Subjective", "Review of systems", "Assessment and plan"]
    assert shown.sections[0].parts[0].copied.startswith("Copied from the note of ")
    assert shown.sections[0].parts[0].copied.endswith("then edited")
    assert [(part.label, part.finding) for part in shown.sections[1].parts] == [
        ("Constitutional", "Normal"),
        ("Respiratory", "Abnormal"),
    ]
    content(stored)["sections"][2]["finding"] = "normal"
    assert not verify(stored)


@pytest.mark.feature("E03")
def test_a_snapshot_of_the_first_schema_still_reads_and_verifies(db: None, person: Person) -> None:
    doctor = person("clinician")
    note = a_note(doctor)
    new: Any = snapshot_of(note, by=doctor, at=note.created_at)
    old = {
        **{key: value for key, value in new.items() if key != "rendered"},
        "schema": 1,
        "sections": [{"kind": row["kind"], "label": row["label"], "text": row["text"]} for row in new["sections"]],
    }
    with acting(doctor):
        note.signed_at, note.signed_by, note.status = note.updated_at, doctor, NoteStatus.FINAL
        note.snapshot, note.content_hash = old, digest(old)  # type: ignore[arg-type]
        note.save()
    stored = Note.objects.get(pk=note.pk)
    assert verify(stored)
    assert signed_texts(stored) == {S: "Feels well.", P: "Recheck in 3 months."}
    assert [section.label for section in readable(content(stored)).sections] == ["Subjective", "Plan"]
    assert {change.state for change in changes(content(stored), new)} == {"same"}


@pytest.mark.feature("E05")
def test_nothing_is_billed_before_the_supervisor_cosigned(db: None, person: Person) -> None:
    boss, biller = person("clinician"), person("biller")
    trainee = a_trainee(person, boss)
    note = a_signed_note(trainee)
    visit = note.encounter
    charged(biller, visit)
    assert (note.cosign_required, note.cosigner) == (True, boss)
    assert not ready_to_bill().exists()
    with pytest.raises(DomainError, match="cosignature"):
        create_claim(by=biller, encounter=visit)
    peer = a_trainee(person, boss)
    for who in (trainee, peer, person("nurse")):
        with pytest.raises(DomainError):
            cosign_note(by=who, note=note, content_hash=note.content_hash)
    with pytest.raises(Conflict):
        cosign_note(by=boss, note=note, content_hash="0" * 64)
    done = cosign_note(by=boss, note=note, content_hash=note.content_hash, statement="I saw the patient and agree.")
    again = cosign_note(by=boss, note=note, content_hash=note.content_hash)
    assert (again.cosigned_by, again.cosigned_at) == (boss, done.cosigned_at)
    assert [(one.created_by, one.text) for one in note.addenda.all()] == [(boss, "I saw the patient and agree.")]
    assert list(ready_to_bill()) == [visit]
    assert create_claim(by=biller, encounter=visit).encounter == visit
    assert verify(Note.objects.get(pk=note.pk))


@pytest.mark.feature("E05")
def test_who_is_trained_signs_alone(db: None, person: Person) -> None:
    note = a_signed_note(person("clinician"))
    assert (note.cosign_required, note.cosigner) == (False, None)
    assert list(ready_to_bill()) == [note.encounter]


@pytest.mark.feature("E06")
def test_an_unlocked_note_keeps_each_version_that_was_signed(db: None, person: Person) -> None:
    doctor, director = person("clinician"), person("medical_director")
    note = a_signed_note(doctor)
    first = content(note)
    for who, reason in ((doctor, "Wrong side"), (director, " ")):
        with pytest.raises(DomainError):
            unlock_note(by=who, note=note, reason=reason)
    opened = unlock_note(by=director, note=note, reason="Wrong side")
    assert (opened.signed_at, opened.status, opened.snapshot) == (None, NoteStatus.PRELIMINARY, None)
    assert not ready_to_bill().exists()
    with pytest.raises(Conflict):
        unlock_note(by=director, note=note, reason="again")
    saved = save_note(by=doctor, note=opened, base_version=opened.version, sections={S: "Feels very well."})
    signed = sign_note(by=doctor, note=saved, base_version=saved.version)
    kept = NoteVersion.objects.get(note=note)
    assert (kept.number, kept.snapshot, kept.reason, kept.created_by) == (1, first, "Wrong side", director)
    assert digest(kept.snapshot) == kept.content_hash
    assert verify(Note.objects.get(pk=note.pk))
    assert list(ready_to_bill()) == [note.encounter]
    assert signed.status == NoteStatus.FINAL
    told = {change.label: (change.state, str(change.html)) for change in changes(kept.snapshot, content(signed))}
    assert told["Subjective"] == ("changed", "Feels <ins>very </ins>well.")
    assert told["Plan"] == ("same", "Recheck in 3 months.")


@pytest.mark.feature("E05", "E06")
@pytest.mark.parametrize("undone", ["unlocked", "in error"])
def test_a_claim_that_was_made_before_is_not_sent_without_a_signed_note(db: None, person: Person, undone: str) -> None:
    biller, director = person("biller"), person("medical_director")
    made = claim(biller)
    note = made.encounter.notes.get()
    if undone == "unlocked":
        unlock_note(by=director, note=note, reason="Wrong side")
    else:
        enter_in_error(by=director, note=note, reason="Wrong patient")
    with pytest.raises(Conflict, match=f"isn't signed any more.*{made.number}"):
        submit_claims(by=biller, claims=[made])


def test_the_database_unlocks_only_what_is_kept(db: None, person: Person) -> None:
    note = a_signed_note(person("clinician"))
    statement = """
        UPDATE clinic_note SET signed_at = NULL, signed_by_id = NULL, snapshot = NULL, content_hash = '',
        status = 'preliminary' WHERE id = %s"""
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement, [note.pk])


def test_changed_words_are_marked_and_html_stays_text() -> None:
    assert str(marked("a <b> c", "a <i> c")) == "a <del>&lt;b&gt;</del><ins>&lt;i&gt;</ins> c"
    long = "word " * 4000
    assert str(marked(long, long + "end")).startswith("<del>")


def test_an_addendum_after_a_cosignature_leaves_it(db: None, person: Person) -> None:
    boss = person("clinician")
    note = a_signed_note(a_trainee(person, boss))
    cosign_note(by=boss, note=note, content_hash=note.content_hash)
    add_addendum(by=boss, note=note, text="A1c came back.")
    row = Note.objects.get(pk=note.pk)
    assert (row.cosigned_by, row.status) == (boss, NoteStatus.AMENDED)
    assert Encounter.objects.get(pk=row.encounter_id).status == "finished"
