"""Confidential notes: known to author, cosigner and those to whom they are granted, on no page to anybody else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import DatabaseError, transaction
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from clinic.actions.notes import add_addendum, save_note
from clinic.actions.signing import sign_note
from clinic.choices import AddendumKind, SectionKind
from clinic.models import Note, NoteUserGrant
from emr.accounts.actions.people import update_person
from emr.accounts.models import User
from emr.audit.actor import acting
from tests.clinic.notes import a_note, a_signed_note, a_visit
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory, grant_note
from tests.pages import said
from tests.policy.urls import every_url

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A04"), pytest.mark.feature("X3")]

MARKER = "Zq7secret"


def _url(verb: str, note: Note, *more: object) -> str:
    return reverse(f"clinic:notes_{verb}", args=[note.patient_id, note.pk, *more])


def _keep(client: Client, note: Note, *, cosigner: User | None = None, confidential: bool = True) -> int:
    data = {"cosigner": str(cosigner.pk) if cosigner else "", **({"confidential": "on"} if confidential else {})}
    return client.post(_url("keep", note), data).status_code


@pytest.fixture
def author(as_role: Callable[..., Client]) -> Client:
    return as_role("clinician")


@pytest.fixture
def note(author: Client) -> Note:
    """A signed note with an addendum whose every text has the marker."""
    by: User = author.user  # type: ignore[attr-defined]
    written = a_note(by, a_visit(by, PatientFactory()))
    saved = save_note(
        by=by, note=written, base_version=written.version, sections={SectionKind.SUBJECTIVE: f"She said {MARKER}"}
    )
    signed = sign_note(by=by, note=saved, base_version=saved.version)
    add_addendum(by=by, note=signed, text=f"Later: {MARKER}", kind=AddendumKind.ADDENDUM)
    return signed


def _pages_of(note: Note, user: User) -> list[str]:
    """Every page of the patient, of the visit and of the note whose door opens to the user's roles."""
    keys = {"patient_id": note.patient_id, "encounter_id": note.encounter_id, "note_id": note.pk, "row_id": note.pk}
    doors = [(url, url.door) for url in every_url() if url.door and url.door.kind == "chart"]
    return [
        url.path(**keys)
        for url, door in doors
        if {name for name, _ in url.converters} <= set(keys) and door.permission and user.has_perm(door.permission)
    ]


def _traces(client: Client, note: Note) -> dict[str, list[str]]:
    """The pages on which something of the note stands: its text, its key."""
    found = {}
    for path in _pages_of(note, client.user):  # type: ignore[attr-defined]
        answer = client.get(path)
        if answer.status_code != 200:
            continue
        text = b"".join(answer).decode(errors="replace")  # type: ignore[arg-type]
        traces = [trace for trace in (MARKER, str(note.pk)) if trace in text]
        if traces or (answer["Content-Type"] == "application/pdf" and str(note.pk) in path):
            found[path] = traces
    return found


def test_nobody_else_finds_a_trace_of_it(author: Client, note: Note, as_role: Callable[..., Client]) -> None:
    others = {role: as_role(role) for role in ("clinician", "biller", "front_desk")}
    assert _traces(others["clinician"], note), "the test has nothing to find"
    assert _keep(author, note) == 303
    for role, client in others.items():
        assert _traces(client, note) == {}, role
        for url in every_url():
            names = dict(url.converters)
            if role == "clinician" and {"patient_id", "note_id"} <= set(names):
                path = url.path(patient_id=note.patient_id, note_id=note.pk)
                statuses = {client.get(path).status_code, client.post(path, {"text": "x"}).status_code}
                assert statuses <= {403, 404, 405}, f"{role} {url.name}"
    assert author.get(_url("detail", note)).status_code == 200


def test_pages_are_the_same_with_and_without_it(as_role: Callable[..., Client], author: Client) -> None:
    """Beside another note: list, summary and visit are byte for byte what they are where the note never was."""
    by: User = author.user  # type: ignore[attr-defined]
    reader = as_role("nurse")
    visit = a_visit(by, PatientFactory())
    a_note(by, visit)
    pages = [
        reverse("clinic:notes_list", args=[visit.patient_id]),
        reverse("clinic:chart_summary", args=[visit.patient_id]),
        reverse("clinic:encounters_detail", args=[visit.patient_id, visit.pk]),
        reverse("clinic:notes_unfinished"),
    ]
    before = [_shown(reader, path) for path in pages]
    hidden = Note.objects.none()
    with transaction.atomic(), acting(by):
        hidden = Note.objects.create(
            created_by=by, author=by, patient=visit.patient, encounter=visit, confidential=True, title=MARKER
        )
    assert [_shown(reader, path) for path in pages] == before
    grant_note(reader.user, hidden)  # type: ignore[attr-defined]
    assert _shown(reader, pages[0]) != before[0], "the test has nothing to find"


def _shown(client: Client, path: str) -> str:
    return said(client.get(path))


def test_a_colleague_reads_it_by_a_grant_until_it_is_taken_back(
    author: Client, note: Note, as_role: Callable[..., Client]
) -> None:
    nurse = as_role("nurse")
    _keep(author, note)
    data = {"user": str(nurse.user.pk), "reason": "Runs the group"}  # type: ignore[attr-defined]
    assert author.post(_url("access", note), {**data, "reason": ""}).status_code == 422
    assert author.post(_url("access", note), data).status_code == 303
    assert nurse.get(_url("detail", note)).status_code == 200
    assert nurse.get(_url("access", note)).status_code == 403, "who reads it by a grant decides nothing"
    grant = NoteUserGrant.objects.get()
    author.post(_url("revoke", note, grant.pk), {"reason": "Left the group"})
    assert nurse.get(_url("detail", note)).status_code == 404
    grant.refresh_from_db()
    assert grant.revoked_reason == "Left the group"


def test_a_grant_of_another_note_is_not_there(author: Client, note: Note) -> None:
    by: User = author.user  # type: ignore[attr-defined]
    other = a_signed_note(by, a_visit(by, note.patient))
    grant = grant_note(someone(), other)
    _keep(author, note)
    assert author.post(_url("revoke", note, grant.pk), {"reason": "x"}).status_code == 404
    grant.refresh_from_db()
    assert grant.revoked_at is None


def test_a_cosigner_reads_it_and_decides_too(author: Client, as_role: Callable[..., Client]) -> None:
    senior, other = as_role("clinician"), as_role("clinician")
    open_note = a_note(author.user, a_visit(author.user, PatientFactory()))  # type: ignore[attr-defined]
    assert _keep(author, open_note, cosigner=senior.user) == 303  # type: ignore[attr-defined]
    assert senior.get(_url("edit", open_note)).status_code == 200
    assert senior.get(_url("access", open_note)).status_code == 200
    assert other.get(_url("edit", open_note)).status_code == 404
    assert _keep(author, open_note, confidential=False) == 303
    assert other.get(_url("edit", open_note)).status_code == 200


def test_only_its_people_keep_a_note(note: Note, as_role: Callable[..., Client]) -> None:
    assert _keep(as_role("clinician"), note) == 403
    note.refresh_from_db()
    assert note.confidential is False


def test_a_signed_note_may_become_confidential_and_stays_so(author: Client, note: Note) -> None:
    assert _keep(author, note) == 303
    assert _keep(author, note, confidential=False) == 422
    note.refresh_from_db()
    assert note.confidential is True
    with (
        pytest.raises(DatabaseError, match="A signed note does not change"),
        transaction.atomic(),
        acting(someone()),
    ):
        note.confidential = False
        note.save(update_fields=["confidential"])


def test_the_pages_of_writing_say_that_it_is_confidential(author: Client) -> None:
    open_note = a_note(author.user, a_visit(author.user, PatientFactory()))  # type: ignore[attr-defined]
    _keep(author, open_note)
    for path in (_url("edit", open_note), _url("detail", open_note), _url("access", open_note)):
        assert "Confidential" in author.get(path).content.decode()
    sent = author.post(_url("edit", open_note), {"version": open_note.version, "do": "access", "plan": "Kept"})
    assert sent["Location"] == _url("access", open_note)
    assert open_note.sections.get(kind=SectionKind.PLAN).text == "Kept", "the button saved what was typed"


def test_a_grant_that_is_over_opens_nothing(author: Client, note: Note, as_role: Callable[..., Client]) -> None:
    nurse = as_role("nurse")
    _keep(author, note)
    grant_note(nurse.user, note, expires_at=timezone.now() - timedelta(seconds=1))  # type: ignore[attr-defined]
    assert nurse.get(_url("detail", note)).status_code == 404


@pytest.mark.feature("A09")
def test_a_note_names_its_author_after_the_account_is_closed(
    author: Client, note: Note, as_role: Callable[..., Client], person: Callable[..., User]
) -> None:
    by: User = author.user  # type: ignore[attr-defined]
    named = {"first_name": by.first_name, "last_name": by.last_name}
    update_person(by=person("manager"), user=by, **named, roles=sorted(by.role_names), is_active=False)
    colleague = as_role("clinician")
    pages = [_url("detail", note), reverse("clinic:notes_list", args=[note.patient_id])]
    assert [str(by) in colleague.get(page).content.decode() for page in pages] == [True, True]
    note.refresh_from_db()
    assert (note.author, note.signed_by) == (by, by)
