"""The pages of notes: who may see them, whose they are, what they keep, what they tell."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.actions import notes as actions
from clinic.actions.encounters import set_diagnoses
from clinic.actions.signing import sign_note
from clinic.choices import NoteType
from clinic.models import Encounter, Note, NoteDraft, Patient
from emr.audit.actor import acting
from emr.audit.models import AccessEvent, LogEntry
from tests.clinic.notes import HYPERTENSION, P, S, a_note, a_signed_note, a_visit, measure
from tests.emr.codes.samples import DIAGNOSES, load
from tests.factories.accounts import PASSWORD
from tests.factories.clinic import PatientFactory, grant_chart
from tests.factories.sessions import make_stale

AsRole = Callable[..., Any]
ONE = ("edit", "autosave", "merge", "discard", "sign", "detail", "add", "error", "print")
SECRET = "Feels well."


def url(verb: str, note: Note, patient: Patient | None = None) -> str:
    return reverse(f"clinic:notes_{verb}", args=[(patient or note.patient).pk, note.pk])


def body(note: Note, version: int | None = None, **more: str) -> dict[str, str]:
    return {"version": str(version or note.version), "subjective": "", "do": "save", **more}


def hidden(answer: Any) -> dict[str, str]:
    """What the page's form carries unseen: which version, window and draft it shows."""
    found = re.findall(r'<input type="hidden" name="(?!csrf)([^"]+)" value="([^"]*)"', answer.content.decode())
    return dict(found)


@pytest.fixture
def doctor(db: None, as_role: AsRole) -> Any:
    """A clinician's browser."""
    return as_role("clinician")


@pytest.fixture
def codes(db: None) -> None:
    """A few diagnoses to search."""
    load(*DIAGNOSES)


@pytest.mark.feature("E01")
def test_from_the_list_to_a_signed_note_without_a_script(doctor: Any, codes: None) -> None:
    visit = a_visit(doctor.user, diagnosed=False)
    patient = visit.patient
    listed = doctor.get(reverse("clinic:notes_list", args=[patient.pk])).content.decode()
    assert "Diabetes review" in listed
    started = doctor.post(reverse("clinic:notes_start", args=[patient.pk]), {"encounter": visit.pk})
    note = Note.objects.get()
    assert (started.status_code, started["Location"]) == (303, url("edit", note))
    assert doctor.post(reverse("clinic:notes_start", args=[patient.pk]), {"encounter": visit.pk}).status_code == 303
    assert Note.objects.count() == 1
    saved = doctor.post(url("edit", note), body(note, subjective="Feels **well**.", diagnosis="E11.9", do="sign"))
    assert saved["Location"] == url("sign", note)
    page = doctor.get(url("sign", note)).content.decode()
    assert "<strong>well</strong>" in page
    assert "Type 2 diabetes mellitus without complications" in page
    signed = doctor.post(url("sign", note), {"version": "2"})
    assert signed["Location"] == url("detail", note)
    read = doctor.get(url("detail", note)).content.decode()
    assert "Unchanged since" in read
    assert str(doctor.user.practitioner) in read
    assert doctor.get(url("edit", note))["Location"] == url("detail", note)


def test_the_diagnoses_are_moved_removed_and_taken_from_the_problems_by_buttons(doctor: Any, codes: None) -> None:
    note = a_note(doctor.user)
    visit = note.encounter
    doctor.post(url("edit", note), body(note, subjective=SECRET, diagnosis="I10", do="add"))

    def listed() -> list[str]:
        rows = Encounter.objects.get(pk=visit.pk).diagnoses.filter(entered_in_error_at=None)
        return [row.code for row in rows]

    assert listed() == ["E11.9", "I10"]
    second = visit.diagnoses.get(code="I10")
    doctor.post(url("edit", note), body(note, subjective=SECRET, do=f"up:{second.pk}"))
    assert listed() == ["I10", "E11.9"]
    doctor.post(url("edit", note), body(note, subjective=SECRET, do=f"remove:{second.pk}"))
    assert listed() == ["E11.9"]
    from clinic.actions.conditions import add_problem

    problem = add_problem(by=doctor.user, patient=note.patient, coding=HYPERTENSION)
    assert b"Essential (primary) hypertension" in doctor.get(url("edit", note)).content
    doctor.post(url("edit", note), body(note, subjective=SECRET, do=f"use:{problem.pk}"))
    assert listed() == ["E11.9", "I10"]


def test_words_that_mean_several_diagnoses_are_offered_and_the_text_is_kept(doctor: Any, codes: None) -> None:
    note = a_note(doctor.user)
    answer = doctor.post(url("edit", note), body(note, subjective="Half a sente", diagnosis="diabetes", do="add"))
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Half a sente" in page
    assert "E11.65" in page
    assert NoteDraft.objects.get().sections[S] == "Half a sente", "the page may be closed now"


@pytest.mark.feature("E02")
def test_a_draft_is_shown_again_and_told_of(doctor: Any) -> None:
    note = a_note(doctor.user)
    before = LogEntry.objects.count()
    answer = doctor.post(url("autosave", note), body(note, subjective="typing"), headers={"accept": "application/json"})
    assert answer.status_code == 200
    assert answer.json()["text"].startswith("Draft saved ")
    assert "version" not in answer.json()
    assert LogEntry.objects.count() == before
    page = doctor.get(url("edit", note)).content.decode()
    assert "typing" in page
    assert "did not save" in page
    doctor.post(url("edit", note), body(note, subjective="typing"))
    assert LogEntry.objects.count() > before
    assert not NoteDraft.objects.exists()


@pytest.mark.feature("E02")
@pytest.mark.parametrize(
    ("wrong", "status"),
    [
        ({"diagnosis": "diab"}, 200),
        ({"objective": "a\0b"}, 200),
        ({"plan": "x" * 100_001}, 422),
        ({"version": "none"}, 422),
        ({"window": "?"}, 422),
    ],
    ids=lambda value: next(iter(value)) if isinstance(value, dict) else "",
)
def test_what_can_be_kept_is_kept_whatever_else_is_wrong(
    doctor: Any, codes: None, wrong: dict[str, str], status: int
) -> None:
    note = a_note(doctor.user)
    doctor.post(url("autosave", note), body(note, subjective="First", plan="Rest."))
    answer = doctor.post(url("autosave", note), body(note, subjective="Half a sentence", plan="Rest.") | wrong)
    assert answer.status_code == status
    assert NoteDraft.objects.get().sections[S] == "Half a sentence"
    assert NoteDraft.objects.get().sections[P] == "Rest."


@pytest.mark.feature("E02")
def test_two_windows_of_one_person_keep_both_texts(doctor: Any) -> None:
    """The page was left open in the exam room, then opened in the office."""
    note = a_note(doctor.user)
    exam, office = hidden(doctor.get(url("edit", note))), hidden(doctor.get(url("edit", note)))
    doctor.post(url("autosave", note), body(note, subjective="In the exam room.", **exam))
    told = doctor.post(url("autosave", note), body(note, subjective="In the office.", **office)).json()["text"]
    assert "you have unsaved text in another window" in told
    page = doctor.get(url("edit", note))
    assert "In the office." in page.content.decode()
    assert "You have more unsaved text in this note" in page.content.decode()
    assert doctor.post(url("edit", note), body(note, subjective="In the office.", **hidden(page))).status_code == 303
    later = doctor.get(url("edit", note)).content.decode()
    assert "In the exam room." in later
    assert "Two versions" in later
    page = doctor.get(url("merge", note))
    assert "In the office.\nIn the exam room." in page.content.decode()
    doctor.post(url("discard", note), hidden(page))
    assert not NoteDraft.objects.exists()


@pytest.mark.feature("A05")
@pytest.mark.feature("E02")
def test_a_session_that_ends_mid_note_loses_nothing(doctor: Any) -> None:
    note = a_note(doctor.user)
    doctor.post(url("autosave", note), body(note, subjective="Half a sente"), headers={"accept": "application/json"})
    doctor.logout()
    told = doctor.post(
        url("autosave", note), body(note, subjective="Half a sentence"), headers={"accept": "application/json"}
    )
    assert told.status_code == 401
    assert "signed out" in told.json()["text"]
    assert doctor.get(url("edit", note)).status_code == 302
    doctor.force_login(doctor.user, backend="emr.accounts.backends.LoginBackend")
    assert "Half a sente" in doctor.get(url("edit", note)).content.decode()


def test_two_writers_hear_of_each_other(doctor: Any, as_role: AsRole) -> None:
    nurse = as_role("nurse")
    note = a_note(doctor.user)
    nurse.post(url("autosave", note), body(note, subjective="Dizzy"))
    said = doctor.post(url("autosave", note), body(note, subjective="Well")).json()["text"]
    assert f"{nurse.user.practitioner} is writing too" in said
    doctor.post(url("edit", note), body(note, subjective="Well"))
    told = nurse.post(url("autosave", note), body(note, subjective="Dizzy!"))
    assert told.status_code == 409
    assert str(doctor.user.practitioner) in told.json()["text"]
    page = nurse.get(told.json()["url"]).content.decode()
    assert "Dizzy!" in page
    assert "Well" in page


@pytest.mark.feature("E02")
def test_a_conflict_shows_both_texts_and_the_merged_one_is_saved(doctor: Any, as_role: AsRole) -> None:
    nurse = as_role("nurse")
    note = a_note(doctor.user)
    doctor.post(url("edit", note), body(note, subjective="Line one\nFrom the doctor"))
    answer = nurse.post(url("edit", note), body(note, subjective="Line one\nFrom the nurse", plan="Rest"))
    page = answer.content.decode()
    assert answer.status_code == 409
    assert "Line one\nFrom the doctor\nFrom the nurse" in page
    assert NoteDraft.objects.get(user=nurse.user).sections[S] == "Line one\nFrom the nurse"
    saved = nurse.post(url("edit", note), body(note, 3, subjective="Both", plan="Rest"))
    assert saved.status_code == 303
    assert note.sections.get(kind=S).text == "Both"
    assert not NoteDraft.objects.exists()


def test_text_typed_while_the_note_was_signed_is_offered_as_an_addendum(doctor: Any, as_role: AsRole) -> None:
    nurse = as_role("nurse")
    note = a_note(doctor.user)
    sign_note(by=doctor.user, note=note, base_version=2)
    told = nurse.post(url("autosave", note), body(note, subjective="Dizzy on standing."))
    assert (told.status_code, told.json()["url"]) == (409, url("detail", note))
    posted = nurse.post(url("edit", note), body(note, subjective="Dizzy on standing, twice."))
    assert posted.status_code == 409
    assert "Subjective: Dizzy on standing, twice." in posted.content.decode()
    answer = nurse.get(url("detail", note))
    page = answer.content.decode()
    assert "Subjective: Dizzy on standing, twice." in page
    assert "Plan: Recheck" not in page, "what was signed is not offered once more"
    assert "Dizzy" not in doctor.get(url("detail", note)).content.decode()
    kept = nurse.post(url("autosave", note), {**hidden(answer), "kind": "addendum", "text": "Dizzy, and fell."})
    assert (kept.status_code, kept.json()["text"][:11]) == (200, "Draft saved")
    answer = nurse.get(url("detail", note))
    assert "Here is what you typed until" in answer.content.decode()
    assert "Dizzy, and fell.</textarea>" in answer.content.decode()
    nurse.post(url("discard", note), hidden(answer))
    assert "Dizzy" not in nurse.get(url("detail", note)).content.decode()


def test_text_typed_into_a_note_that_was_marked_as_wrong_is_there_to_be_copied(doctor: Any, as_role: AsRole) -> None:
    nurse = as_role("nurse")
    note = a_note(doctor.user)
    nurse.post(url("autosave", note), body(note, subjective="Dizzy."))
    actions.enter_in_error(by=doctor.user, note=note, reason="Wrong visit")
    told = nurse.post(url("autosave", note), body(note, subjective="Dizzy on standing."))
    assert (told.status_code, told.json()["url"]) == (409, url("detail", note))
    assert "entered in error" in told.json()["text"]
    posted = nurse.post(url("edit", note), body(note, subjective="Dizzy on standing, twice."))
    assert posted.status_code == 409
    assert "Subjective: Dizzy on standing, twice." in posted.content.decode()
    assert "Dizzy on standing, twice." in nurse.get(url("detail", note)).content.decode()


@pytest.mark.feature("E03")
def test_a_signature_needs_a_fresh_proof_of_who_signs(doctor: Any) -> None:
    """A screen left open can't sign; ten notes in a row ask once."""
    note = a_note(doctor.user)
    make_stale(doctor)
    asked = doctor.post(url("sign", note), {"version": note.version})
    assert asked["Location"] == "/accounts/reauthenticate/"
    assert "sign this note" in doctor.get(asked["Location"]).content.decode()
    assert doctor.post(asked["Location"], {"password": "wrong-password-123"}).status_code == 200
    note.refresh_from_db()
    assert note.signed_at is None
    went_on = doctor.post(asked["Location"], {"password": PASSWORD}).content.decode()
    assert f'action="{url("sign", note)}"' in went_on
    for each in (note, *(a_note(doctor.user) for _ in range(2))):
        assert doctor.post(url("sign", each), {"version": each.version}).status_code == 303


def test_guessing_the_password_is_stopped(doctor: Any) -> None:
    make_stale(doctor)
    doctor.post(url("sign", a_note(doctor.user)), {"version": "2"})
    answers = [doctor.post("/accounts/reauthenticate/", {"password": "guess"}).status_code for _ in range(12)]
    assert answers[-1] == 429


def test_the_page_to_sign_names_the_patient_and_what_is_missing(doctor: Any) -> None:
    note = a_note(doctor.user, a_visit(doctor.user, diagnosed=False))
    page = doctor.get(url("sign", note)).content.decode()
    assert note.patient.family_name.upper() in page
    assert "14-Mar-1962" in page
    assert "The visit has no diagnosis" in page
    assert 'name="password"' not in page


def test_a_version_that_the_signer_has_not_seen_is_not_signed(doctor: Any) -> None:
    note = a_note(doctor.user)
    actions.save_note(by=doctor.user, note=note, base_version=2, sections={S: "newer"})
    answer = doctor.post(url("sign", note), {"version": "2"})
    assert answer.status_code == 409
    assert "newer" in answer.content.decode()
    assert 'value="3"' in answer.content.decode()


@pytest.mark.feature("E03")
@pytest.mark.parametrize("change", ["vital signs", "diagnoses"])
def test_nothing_is_locked_that_the_signer_was_not_shown(doctor: Any, change: str) -> None:
    note = a_note(doctor.user)
    shown = hidden(doctor.get(url("sign", note)))
    if change == "diagnoses":
        set_diagnoses(by=doctor.user, encounter=note.encounter, diagnoses=[HYPERTENSION])
    else:
        measure(doctor.user, note.encounter)
    answer = doctor.post(url("sign", note), shown)
    assert answer.status_code == 409
    assert ("152/88" if change == "vital signs" else "Essential (primary)") in answer.content.decode()
    note.refresh_from_db()
    assert note.signed_at is None
    assert doctor.post(url("sign", note), hidden(answer)).status_code == 303


@pytest.mark.feature("E07")
def test_a_blank_that_nobody_filled_is_not_signed(doctor: Any) -> None:
    note = a_note(doctor.user)
    note = actions.save_note(by=doctor.user, note=note, base_version=2, sections={P: "Come back in ____."})
    assert "Plan still has a blank (____)" in doctor.get(url("sign", note)).content.decode()
    assert doctor.post(url("sign", note), {"version": note.version}).status_code == 422
    note = actions.save_note(by=doctor.user, note=note, base_version=3, sections={P: "Come back in a week."})
    assert doctor.post(url("sign", note), {"version": note.version}).status_code == 303


@pytest.mark.feature("E04")
def test_an_addendum_is_read_with_its_author_on_the_page(doctor: Any, as_role: AsRole) -> None:
    nurse = as_role("nurse")
    note = a_signed_note(doctor.user)
    token = "0198c0de-0000-7000-8000-000000000001"
    form = {"token": token, "kind": "late-entry", "text": "A1c came back: 8.1 %."}
    for _ in range(2):
        assert nurse.post(url("add", note), form).status_code == 303
    page = doctor.get(url("detail", note)).content.decode()
    assert page.count("A1c came back: 8.1 %.") == 1
    assert "Late entry" in page
    assert str(nurse.user.practitioner) in page


def test_entered_in_error_stands_on_the_page_with_its_reason(doctor: Any) -> None:
    note = a_note(doctor.user)
    assert doctor.post(url("error", note), {"reason": ""}).status_code == 422
    assert doctor.post(url("error", note), {"reason": "Wrong patient"}).status_code == 303
    page = doctor.get(url("detail", note)).content.decode()
    assert "Wrong patient" in page
    assert SECRET in page


@pytest.mark.feature("E11")
def test_the_worklist_is_exactly_ones_own_unsigned_notes(doctor: Any, as_role: AsRole) -> None:
    old, new = a_visit(doctor.user, days_ago=9), a_visit(doctor.user)
    wanted = [a_note(doctor.user, old), a_note(doctor.user, new)]
    a_signed_note(doctor.user)
    a_note(as_role("clinician").user)
    actions.enter_in_error(by=doctor.user, note=a_note(doctor.user), reason="twice")
    page = doctor.get(reverse("clinic:notes_unfinished")).content.decode()
    oracle = [
        note
        for note in Note.objects.order_by("encounter__period_start")
        if note.author == doctor.user and note.signed_at is None and note.entered_in_error_at is None
    ]
    assert oracle == wanted
    places = [page.find(url("edit", note)) for note in oracle]
    assert -1 not in places
    assert places == sorted(places)
    assert page.count("data-row") == len(oracle)
    days = (timezone.localdate() - timezone.localdate(old.period_start)).days
    assert days >= 9
    assert f"{days} days" in page


def test_the_worklist_names_nobody_whom_one_may_not_know(doctor: Any) -> None:
    note = a_note(doctor.user)
    patient = note.patient
    with acting(doctor.user):
        patient.restricted = True
        patient.save()
    page = doctor.get(reverse("clinic:notes_unfinished")).content.decode()
    assert patient.family_name not in page
    assert "1 more" in page
    assert doctor.get(url("edit", note)).status_code == 404
    grant_chart(doctor.user, patient)
    assert patient.family_name.upper() in doctor.get(reverse("clinic:notes_unfinished")).content.decode()


@pytest.mark.parametrize("verb", ONE)
def test_a_note_is_found_only_under_its_own_patient(doctor: Any, verb: str) -> None:
    note = a_note(doctor.user)
    other = PatientFactory()
    method = doctor.post if verb in {"autosave", "discard", "add"} else doctor.get
    assert method(url(verb, note, other), body(note)).status_code == 404


def test_a_note_is_not_begun_for_another_patients_visit(doctor: Any) -> None:
    visit = a_visit(doctor.user)
    answer = doctor.post(reverse("clinic:notes_start", args=[PatientFactory().pk]), {"encounter": visit.pk})
    assert answer.status_code == 422
    assert not Note.objects.exists()


@pytest.mark.parametrize("role", ["front_desk", "biller", "manager", "privacy_officer"])
@pytest.mark.parametrize("verb", [*ONE, "list", "start", "unfinished"])
def test_who_does_not_care_for_patients_sees_no_note(
    as_role: AsRole, person: Any, db: None, role: str, verb: str
) -> None:
    note = a_signed_note(person("clinician"))
    few = {"unfinished": [], "list": [note.patient_id], "start": [note.patient_id]}
    client = as_role(role)
    for method in (client.get, client.post):
        answer = method(reverse(f"clinic:notes_{verb}", args=few.get(verb, [note.patient_id, note.pk])))
        assert answer.status_code == 403
        assert SECRET not in answer.content.decode()


def test_a_nurse_writes_and_does_not_sign(as_role: AsRole, db: None) -> None:
    nurse = as_role("nurse")
    note = a_note(nurse.user, type=NoteType.NURSE)
    page = nurse.get(url("edit", note)).content.decode()
    assert 'value="sign"' not in page
    assert nurse.get(url("sign", note)).status_code == 403


def test_html_in_a_note_is_text(doctor: Any) -> None:
    note = a_note(doctor.user)
    actions.save_note(by=doctor.user, note=note, base_version=2, sections={S: "<img src=x><script>alert(1)</script>"})
    page = doctor.get(url("detail", note)).content.decode()
    assert "&lt;script&gt;alert(1)" in page
    assert "<img src=x>" not in page


@pytest.mark.feature("E14")
def test_printing_is_recorded_as_printing(doctor: Any) -> None:
    visit = a_visit(doctor.user)
    measure(doctor.user, visit)
    note = a_signed_note(doctor.user, visit)
    answer = doctor.get(url("print", note))
    assert answer["Content-Type"] == "application/pdf"
    assert answer.content.startswith(b"%PDF-")
    assert note.patient.family_name not in answer["Content-Disposition"]
    assert AccessEvent.objects.filter(patient_id=note.patient_id, action="print").count() == 1


@pytest.mark.parametrize("page", ["list", "unfinished"])
def test_a_long_list_asks_no_more_queries(doctor: Any, page: str) -> None:
    patient = PatientFactory()
    arguments = [patient.pk] if page == "list" else []
    a_note(doctor.user, a_visit(doctor.user, patient))
    counts = []
    for more in (0, 29):
        for _ in range(more):
            a_note(doctor.user, a_visit(doctor.user, patient))
        counts.append(queries(doctor, reverse(f"clinic:notes_{page}", args=arguments)))
    assert counts[0] == counts[1]


def queries(client: Client, path: str) -> int:
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    client.get(path)
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)
