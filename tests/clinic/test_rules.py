"""The rules of access, in every combination: what stands in a list opens, what opens stands in the list."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.contrib.sessions.backends.db import SessionStore
from django.db import DatabaseError, connection, transaction
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from clinic.access import chart_view
from clinic.models import BreakGlass, Note, Patient, PatientUserGrant
from clinic.rules import can, hidden_from, notes_visible_to, visible_to
from emr.access.permissions import Permission
from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.audit.actor import acting
from tests.clinic.notes import a_note, a_visit
from tests.factories.base import someone
from tests.factories.clinic import (
    PatientDenialFactory,
    PatientFactory,
    grant_chart,
    grant_chart_to_role,
    grant_note,
)

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A04"), pytest.mark.feature("X3")]

#: A grant, a denial, an emergency access: none, in force, over, ended before its time.
STATES = st.sampled_from(["none", "open", "in force", "over", "ended"])
ROLE_NAMES = st.sampled_from([*sorted(ROLES), "none"])
MANY = settings(
    max_examples=60,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@chart_view(Permission.VIEW_CHART, section="summary", shows_chart=False)
def _a_page(request: HttpRequest, patient: Patient) -> HttpResponse:
    return HttpResponse(patient.mrn)


def _times(state: str) -> dict[str, Any]:
    """The fields of a grant in a state."""
    now = timezone.now()
    if state == "ended":
        return {"revoked_at": now, "revoked_by": someone(), "revoked_reason": "Over"}
    return {"expires_at": {"open": None, "in force": now + timedelta(hours=1)}.get(state, now - timedelta(seconds=1))}


def _break_glass(user: User, patient: Patient, state: str) -> None:
    now = timezone.now()
    ends = now - timedelta(seconds=1) if state == "over" else now + timedelta(minutes=30)
    ended: dict[str, Any] = {"ended_at": now, "ended_by": user} if state == "ended" else {}
    with transaction.atomic(), acting(user):
        BreakGlass.objects.create(
            **{"patient": patient, "user": user, "reason_code": "emergency", "reason": "Chest pain"},
            **{"purpose": "ETREAT", "started_at": now - timedelta(minutes=10), "expires_at": ends, **ended},
        )


@pytest.fixture
def people(person: Callable[..., User]) -> dict[str, User]:
    return {"none": person(), **{name: person(name) for name in ROLES}}


@MANY
@given(
    role=ROLE_NAMES,
    restricted=st.booleans(),
    to_user=STATES,
    to_role=STATES,
    denied=st.sampled_from(["none", "in force", "ended"]),
    glass=STATES,
    active=st.sampled_from([True, True, True, False]),
)
def test_in_the_list_if_and_only_if_it_opens_if_and_only_if_can_says_so(
    people: dict[str, User],
    role: str,
    restricted: bool,
    to_user: str,
    to_role: str,
    denied: str,
    glass: str,
    active: bool,
) -> None:
    user, patient = people[role], PatientFactory(restricted=restricted)
    user.is_active = active
    held = {"open", "in force"}
    if to_user != "none":
        grant_chart(user, patient, **_times(to_user))
    if to_role != "none" and role != "none":
        grant_chart_to_role(role, patient, **_times(to_role))
    if glass != "none":
        _break_glass(user, patient, "in force" if glass == "open" else glass)
    if denied != "none":
        ended = {"lifted_at": timezone.now(), "lifted_by": someone(), "lifted_reason": "Over"}
        PatientDenialFactory(patient=patient, user=user, **(ended if denied == "ended" else {}))
    reads = role in {"clinician", "medical_director", "nurse"}
    ways = to_user in held or (to_role in held and role != "none") or (glass in held and reads)
    knows = active and denied != "in force" and (not restricted or ways)
    assert visible_to(user).filter(pk=patient.pk).exists() is knows
    assert hidden_from(user).filter(pk=patient.pk).exists() is not knows
    decision = can(user, Permission.VIEW_CHART, patient)
    assert decision.allowed is (knows and reads)
    assert decision.steps[-1].said
    if active and reads:
        request = RequestFactory().get("/")
        request.user = user
        assert (_opens(request, patient)) is decision.allowed


def _opens(request: HttpRequest, patient: Patient) -> bool:
    """Whether the door opens; the project's own 404 page wants a session."""
    request.session = SessionStore()
    request.csp_nonce = ""  # type: ignore[attr-defined]
    return _a_page(request, patient_id=patient.pk).status_code == 200


@MANY
@given(
    role=st.sampled_from(["clinician", "nurse", "front_desk", "biller"]),
    confidential=st.booleans(),
    restricted=st.booleans(),
    relation=st.sampled_from(["author", "cosigner", "other"]),
    granted=STATES,
)
def test_a_note_is_listed_if_and_only_if_can_says_so(
    people: dict[str, User], role: str, confidential: bool, restricted: bool, relation: str, granted: str
) -> None:
    user, writer = people[role], people["clinician"] if role != "clinician" else people["manager"]
    author = user if relation == "author" else writer
    visit = a_visit(people["clinician"], PatientFactory())
    with transaction.atomic(), acting(author):
        note = Note.objects.create(
            **{"created_by": author, "author": author, "encounter": visit, "patient": visit.patient},
            **{"confidential": confidential, "cosigner": user if relation == "cosigner" else None},
        )
        visit.patient.restricted = restricted
        visit.patient.save(update_fields=["restricted"])
    if granted != "none":
        grant_note(user, note, **_times(granted))
    mine = relation != "other" or granted in {"open", "in force"}
    knows = not restricted and (mine or not confidential)
    assert notes_visible_to(user).filter(pk=note.pk).exists() is knows
    assert can(user, Permission.VIEW_NOTES, note).allowed is (knows and role in {"clinician", "nurse"})


def test_emergency_access_opens_no_confidential_note(person: Callable[..., User]) -> None:
    doctor, author = person("clinician"), person("clinician")
    note = a_note(author, a_visit(author, PatientFactory(restricted=True)))
    with transaction.atomic(), acting(author):
        note.confidential = True
        note.save(update_fields=["confidential"])
    _break_glass(doctor, note.patient, "in force")
    assert visible_to(doctor).get() == note.patient
    assert not notes_visible_to(doctor).exists()
    assert can(doctor, Permission.VIEW_NOTES, note).rule == "confidential"


@pytest.mark.feature("A03")
def test_a_role_given_or_taken_counts_from_the_next_request(as_role: Callable[..., Client]) -> None:
    client, patient = as_role("front_desk"), PatientFactory(restricted=True)
    grant_chart_to_role("nurse", patient)
    path = reverse("clinic:chart_summary", args=[patient.pk])
    assert client.get(path).status_code == 403
    nurse = Group.objects.get(name="nurse")
    for change, expected in (("add", 200), ("remove", 403)):
        with transaction.atomic(), acting(someone()):
            getattr(client.user.groups, change)(nurse)  # type: ignore[attr-defined]
        assert client.get(path).status_code == expected


@pytest.mark.feature("A06")
def test_an_emergency_access_ends_with_the_role_that_opened_it(as_role: Callable[..., Client]) -> None:
    client, patient = as_role("nurse"), PatientFactory(restricted=True)
    nurse: User = client.user  # type: ignore[attr-defined]
    _break_glass(nurse, patient, "in force")
    assert can(nurse, Permission.VIEW_CHART, patient).rule == "by_glass"
    with transaction.atomic(), acting(someone()):
        nurse.groups.set(Group.objects.filter(name="front_desk"))
    former = User.objects.get(pk=nurse.pk)
    assert list(visible_to(former)) == []
    assert list(hidden_from(former)) == [patient]
    assert can(former, Permission.VIEW_DEMOGRAPHICS, patient).rule == "restricted"
    assert client.get(reverse("clinic:patients_detail", args=[patient.pk])).status_code == 404


def test_the_questions_cost_the_same_however_many_grants_there_are(person: Callable[..., User]) -> None:
    user = person("clinician")

    def queries(count: int) -> list[int]:
        patient = PatientFactory(restricted=True)
        grant_chart(user, patient)
        for _ in range(count):
            grant_chart(person("nurse"), patient)
            PatientDenialFactory(patient=patient, user=person("nurse"))
        asked = (lambda: list(visible_to(user)), lambda: can(user, Permission.VIEW_CHART, patient))
        found = []
        for ask in asked:
            with CaptureQueriesContext(connection) as seen:
                ask()
            found.append(len(seen))
        return found

    user.has_perm(Permission.VIEW_CHART)
    assert queries(1) == [1, 1]
    assert queries(3) == [1, 1]


def test_a_grant_never_changes_but_for_its_end(person: Callable[..., User]) -> None:
    user, patient = person("clinician"), PatientFactory(restricted=True)
    grant = grant_chart(user, patient)

    def change(**fields: Any) -> None:
        row = PatientUserGrant.objects.get(pk=grant.pk)
        for name, value in fields.items():
            setattr(row, name, value)
        with transaction.atomic(), acting(someone()):
            row.save(update_fields=list(fields))

    later: datetime = timezone.now() + timedelta(days=900)
    for fields in ({"expires_at": later}, {"reason": "Another"}, {"granted_by": user}, {"user": someone()}):
        with pytest.raises(DatabaseError, match="A grant does not change"):
            change(**fields)
    ended: dict[str, Any] = {"revoked_at": timezone.now(), "revoked_by": user, "revoked_reason": "Over"}
    change(**ended)
    with pytest.raises(DatabaseError, match="A grant does not change"):
        change(revoked_at=None, revoked_by=None, revoked_reason="")


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": ""},
        {"expires_at": timezone.now() - timedelta(days=40)},
        {"revoked_at": timezone.now()},
    ],
)
def test_the_database_refuses_half_a_grant(wrong: dict[str, Any], person: Callable[..., User]) -> None:
    with pytest.raises(DatabaseError):
        grant_chart(person("clinician"), PatientFactory(), **wrong)


def test_the_database_refuses_a_grant_to_oneself(person: Callable[..., User]) -> None:
    doctor, officer = person("clinician"), person("privacy_officer")
    lifted = {"lifted_at": timezone.now(), "lifted_by": officer, "lifted_reason": "Over"}
    for write in (
        lambda: grant_chart(doctor, PatientFactory(), granted_by=doctor),
        lambda: grant_note(doctor, a_note(doctor), granted_by=doctor),
        lambda: PatientDenialFactory(user=officer, **lifted),
    ):
        with pytest.raises(DatabaseError, match="_other"), transaction.atomic():
            write()
