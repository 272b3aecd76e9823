"""The pages of a signature: cosigning and its queue, unlocking, versions, what changed, what is left to write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.actions.notes import save_note
from clinic.actions.signing import sign_note
from clinic.choices import NoteType
from clinic.models import Note
from emr.audit.actor import acting
from tests.clinic.actions.test_signing import a_trainee
from tests.clinic.notes import S, a_note, a_signed_note, a_visit
from tests.factories.sessions import make_stale

AsRole = Callable[..., Any]
pytestmark = pytest.mark.django_db


def url(verb: str, note: Note, *more: object) -> str:
    return reverse(f"clinic:notes_{verb}", args=[note.patient_id, note.pk, *more])


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


@pytest.mark.feature("E05")
def test_a_trainee_s_note_goes_through_the_queue_of_the_supervisor(as_role: AsRole, person: Any) -> None:
    boss, other = as_role("clinician"), as_role("clinician")
    trainee = a_trainee(person, boss.user)
    client = Client()
    client.force_login(trainee, backend="emr.accounts.backends.LoginBackend")
    note = a_note(trainee)
    before = page(client, url("sign", note))
    assert f"{boss.user.practitioner} has to cosign this note" in before
    assert "nothing more is attached to the visit" in before
    assert client.post(url("sign", note), {"version": note.version}).status_code == 303
    note.refresh_from_db()
    assert "Signed, and waiting for a cosignature" in page(client, reverse("clinic:notes_unfinished"))
    queue = reverse("clinic:notes_to_cosign")
    assert page(boss, queue).count("data-row") == 1
    assert page(other, queue).count("data-row") == 0
    assert page(other, f"{queue}?whose=all").count("data-row") == 1
    assert page(client, f"{queue}?whose=all").count("data-row") == 0
    assert "Waits for the cosignature of" in page(other, url("detail", note))
    form = {"content_hash": note.content_hash, "statement": "Seen with the resident."}
    make_stale(boss)
    assert boss.post(url("cosign", note), form)["Location"] == "/accounts/reauthenticate/"
    fresh = Client()
    fresh.force_login(boss.user, backend="emr.accounts.backends.LoginBackend")
    assert "Feels well." in page(fresh, url("cosign", note))
    assert fresh.post(url("cosign", note), {**form, "content_hash": "0" * 64}).status_code == 409
    assert fresh.post(url("cosign", note), form)["Location"] == url("detail", note)
    read = page(other, url("detail", note))
    assert f"Cosigned by {boss.user.practitioner}" in read
    assert "Seen with the resident." in read
    assert page(fresh, queue).count("data-row") == 0
    assert client.post(url("cosign", note), form).status_code == 409


@pytest.mark.feature("E06")
def test_both_versions_are_there_and_what_changed_between_them(as_role: AsRole) -> None:
    doctor, director, nurse = as_role("clinician"), as_role("medical_director"), as_role("nurse")
    note = a_signed_note(doctor.user)
    assert doctor.get(url("unlock", note)).status_code == 403
    assert director.post(url("unlock", note), {"reason": ""}).status_code == 422
    assert director.post(url("unlock", note), {"reason": "Wrong knee"}).status_code == 303
    assert "Unlocked: Wrong knee" in page(doctor, reverse("clinic:notes_unfinished"))
    note.refresh_from_db()
    saved = save_note(by=doctor.user, note=note, base_version=note.version, sections={S: "Left knee <b>hurts</b>."})
    sign_note(by=doctor.user, note=saved, base_version=saved.version)
    listed = page(nurse, url("versions", note))
    assert listed.count("data-row") == 2
    assert "Wrong knee" in listed
    old = page(nurse, url("version", note, 1))
    assert "Feels well." in old
    assert "Left knee" not in old
    told = page(nurse, url("changes", note, 1))
    assert "<del>Feels</del><ins>Left</ins>" in told
    assert "&lt;b&gt;hurts" in told
    assert "Left knee" in page(nurse, url("detail", note))
    for verb in ("version", "changes"):
        assert nurse.get(url(verb, note, 2)).status_code == 404
        assert nurse.get(url(verb, note, 99999)).status_code == 404


@pytest.mark.feature("E11")
def test_the_worklist_equals_what_every_note_and_visit_says(as_role: AsRole, person: Any) -> None:
    doctor, colleague = as_role("clinician"), person("clinician")
    visits = [a_visit(who, days_ago=days) for who in (doctor.user, colleague) for days in (0, 2, 9)]
    a_note(doctor.user, visits[1])
    a_signed_note(doctor.user, a_visit(doctor.user, days_ago=4))
    a_note(doctor.user, visits[2], type=NoteType.NURSE)
    a_note(doctor.user, visits[5])
    shown = page(doctor, reverse("clinic:notes_unfinished"))
    open_notes = [one for one in Note.objects.all() if one.author == doctor.user and one.signed_at is None]
    assert len(open_notes) == 3
    assert shown.count("data-row") == 3
    assert all(url("edit", one) in shown for one in open_notes)
    bare = [
        visit
        for visit in visits
        if visit.practitioner == doctor.user.practitioner
        and not [one for one in Note.objects.filter(encounter=visit) if one.type != NoteType.NURSE]
    ]
    assert bare == [visits[0], visits[2]]
    links = [reverse("clinic:encounters_detail", args=[one.patient_id, one.pk]) for one in visits]
    assert {link for link in links if f'"{link}"' in shown} == {links[0], links[2]}


@pytest.mark.feature("E11")
def test_a_note_whose_author_does_not_sign_waits_for_who_holds_the_visit(as_role: AsRole, person: Any) -> None:
    doctor, colleague, nurse, gone = as_role("clinician"), as_role("clinician"), person("nurse"), person("clinician")
    visit, other = a_visit(doctor.user), a_visit(gone)
    of_nurse, of_gone = a_note(nurse, visit, type=NoteType.NURSE), a_note(gone, other)
    secret = a_note(nurse, a_visit(doctor.user), type=NoteType.NURSE)
    with acting(doctor.user):
        gone.is_active = False
        gone.save()
        secret.confidential = True
        secret.save()
    worklist = reverse("clinic:notes_unfinished")
    for who, wanted in ((doctor, {of_nurse, of_gone}), (colleague, {of_gone})):
        shown = page(who, worklist)
        assert {note for note in (of_nurse, of_gone, secret) if url("sign", note) in shown} == wanted
    assert doctor.post(url("sign", of_nurse), {"version": of_nurse.version}).status_code == 303
    assert url("sign", of_nurse) not in page(doctor, worklist)


def test_the_worklists_ask_no_more_for_thirty_rows_than_for_one(as_role: AsRole, person: Any) -> None:
    boss = as_role("clinician")
    trainee = a_trainee(person, boss.user)
    client = Client()
    client.force_login(trainee, backend="emr.accounts.backends.LoginBackend")
    counts = []
    for more in (1, 29):
        for _ in range(more):
            a_signed_note(trainee)
            a_note(trainee)
            a_visit(trainee)
        found = []
        for who, name in ((client, "unfinished"), (boss, "to_cosign")):
            with CaptureQueriesContext(connection) as caught:
                page(who, reverse(f"clinic:notes_{name}"))
            found.append(len(caught))
        counts.append(found)
    assert counts[0] == counts[1]


def test_a_note_whose_cosigner_has_left_waits_for_everybody_who_cosigns(as_role: AsRole, person: Any) -> None:
    boss, other = person("clinician"), as_role("clinician")
    note = a_signed_note(a_trainee(person, boss))
    queue, inbox = reverse("clinic:notes_to_cosign"), reverse("clinic:tasks_inbox")
    assert url("cosign", note) not in page(other, queue) + page(other, inbox)
    with acting(other.user):
        boss.is_active = False
        boss.save()
    assert url("cosign", note) in page(other, queue)
    assert url("cosign", note) in page(other, inbox)


def test_nobody_cosigns_what_they_may_not_know(as_role: AsRole, person: Any) -> None:
    boss = as_role("clinician")
    note = a_signed_note(a_trainee(person, boss.user))
    with acting(boss.user):
        note.patient.restricted = True
        note.patient.save()
    assert note.patient.family_name not in page(boss, reverse("clinic:notes_to_cosign"))
    assert boss.get(url("cosign", note)).status_code == 404
