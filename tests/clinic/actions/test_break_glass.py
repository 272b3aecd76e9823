"""Emergency access: who gets it, for how long, who reviews it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from clinic.access import visible_to
from clinic.actions.break_glass import AlreadyOpen, NobodyFits, break_glass, end_break_glass, review_break_glass
from clinic.models import BreakGlass, Patient, PatientDenial, Task
from emr.accounts.models import User
from emr.audit.actor import acting
from emr.audit.models import SecurityEvent
from emr.jobs.models import Job
from emr.shared.errors import DomainError
from tests.clinic.glass import broken
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("A06")]

WHY = {"reason_code": "emergency", "reason": "Chest pain", "purpose": "ETREAT", "origin": "https://clinic.example"}


@pytest.fixture
def hidden() -> Patient:
    made: Patient = PatientFactory(restricted=True)
    return made


def test_it_opens_one_chart_to_one_person_for_an_hour(person: Callable[..., User], hidden: Patient) -> None:
    doctor, other, another = person("clinician"), person("clinician"), PatientFactory(restricted=True)
    before = timezone.now()
    glass = break_glass(by=doctor, patient=hidden, **WHY)
    assert list(visible_to(doctor)) == [hidden]
    assert list(visible_to(other)) == []
    assert another not in visible_to(doctor)
    assert glass.expires_at - glass.started_at == timedelta(minutes=settings.BREAK_GLASS_MINUTES)
    assert before <= glass.started_at <= timezone.now()


def test_the_privacy_officers_are_told_and_nobody_is_named(person: Callable[..., User], hidden: Patient) -> None:
    doctor, officer, gone = person("clinician"), person("privacy_officer"), person("privacy_officer", is_active=False)
    glass = break_glass(by=doctor, patient=hidden, **WHY)
    task = Task.objects.get()
    assert (task.code, task.owner_role, task.for_patient, task.focus_id) == (
        "break-glass-review",
        "privacy_officer",
        None,
        glass.pk,
    )
    assert hidden.family_name not in task.description
    assert [job.payload["to"] for job in Job.objects.filter(name="clinic.break_glass_mail")] == [str(officer.pk)]
    assert str(gone.pk) != str(officer.pk)
    event = SecurityEvent.objects.get(kind="break_glass")
    assert (event.user, event.detail) == (doctor, f"{glass.pk} emergency")


def test_a_denial_wins_and_tells_no_more_than_nobody(person: Callable[..., User], hidden: Patient) -> None:
    doctor = person("clinician")
    with transaction.atomic(), acting(someone()):
        PatientDenial.objects.create(patient=hidden, user=doctor, reason="Party to a lawsuit", created_by=someone())
    with pytest.raises(NobodyFits) as denied:
        break_glass(by=doctor, patient=hidden, **WHY)
    with pytest.raises(NobodyFits) as nobody:
        break_glass(by=doctor, patient=None, **WHY)
    assert str(denied.value) == str(nobody.value)
    assert not BreakGlass.objects.exists()
    assert not SecurityEvent.objects.filter(kind="break_glass").exists()


def test_a_denial_given_while_the_glass_is_broken_closes_the_chart(
    person: Callable[..., User], hidden: Patient
) -> None:
    doctor = person("clinician")
    broken(doctor, hidden)
    assert hidden in visible_to(doctor)
    with transaction.atomic(), acting(someone()):
        PatientDenial.objects.create(patient=hidden, user=doctor, reason="Party to a lawsuit", created_by=someone())
    assert hidden not in visible_to(doctor)


def test_a_chart_that_is_open_anyway_needs_none(person: Callable[..., User], hidden: Patient) -> None:
    doctor, plain = person("clinician"), PatientFactory()
    with pytest.raises(AlreadyOpen):
        break_glass(by=doctor, patient=plain, **WHY)
    first = break_glass(by=doctor, patient=hidden, **WHY)
    with pytest.raises(AlreadyOpen):
        break_glass(by=doctor, patient=hidden, **WHY)
    assert list(BreakGlass.objects.all()) == [first]


def test_it_needs_a_reason(person: Callable[..., User], hidden: Patient) -> None:
    with pytest.raises(DomainError) as refused:
        break_glass(by=person("clinician"), patient=hidden, **{**WHY, "reason": "  "})
    assert refused.value.field == "reason"


def test_it_is_over_by_the_clock(person: Callable[..., User], hidden: Patient) -> None:
    doctor = person("clinician")
    broken(doctor, hidden, ago=timedelta(minutes=59))
    assert hidden in visible_to(doctor)
    late = person("clinician")
    broken(late, hidden, ago=timedelta(minutes=61))
    assert hidden not in visible_to(late)
    assert break_glass(by=late, patient=hidden, **WHY).is_open


def test_its_user_or_a_privacy_officer_ends_it(person: Callable[..., User], hidden: Patient) -> None:
    doctor, other, officer = person("clinician"), person("clinician"), person("privacy_officer")
    glass, second = broken(doctor, hidden), broken(other, hidden)
    with pytest.raises(DomainError):
        end_break_glass(by=other, glass=glass)
    ended = end_break_glass(by=doctor, glass=glass)
    assert ended.ended_by == doctor
    assert hidden not in visible_to(doctor)
    assert end_break_glass(by=officer, glass=glass).ended_by == doctor, "the first end stays"
    assert end_break_glass(by=officer, glass=second).ended_by == officer
    assert break_glass(by=doctor, patient=hidden, **WHY).is_open


def test_a_review_signs_it_off_and_empties_the_inbox(person: Callable[..., User], hidden: Patient) -> None:
    doctor, officer = person("clinician"), person("privacy_officer")
    glass = break_glass(by=doctor, patient=hidden, **WHY)
    with pytest.raises(DomainError, match="still open"):
        review_break_glass(by=officer, glass=glass, finding="appropriate", comment="")
    end_break_glass(by=doctor, glass=glass)
    with pytest.raises(DomainError) as refused:
        review_break_glass(by=officer, glass=glass, finding="follow-up", comment=" ")
    assert refused.value.field == "comment"
    review_break_glass(by=officer, glass=glass, finding="follow-up", comment="Asked for the call log.")
    assert Task.objects.get().status == "requested"
    review_break_glass(by=officer, glass=glass, finding="appropriate", comment="")
    task = Task.objects.get()
    assert (task.status, task.completed_by, task.comment) == ("completed", officer, "Appropriate")
    with pytest.raises(DomainError, match="already"):
        review_break_glass(by=officer, glass=glass, finding="inappropriate", comment="Second thoughts")


def test_nobody_reviews_their_own(person: Callable[..., User], hidden: Patient) -> None:
    both = person("clinician", "privacy_officer")
    glass = broken(both, hidden, ago=timedelta(hours=2))
    with pytest.raises(DomainError, match="your own"):
        review_break_glass(by=both, glass=glass, finding="appropriate", comment="")


CHANGES: dict[str, dict[str, Any]] = {
    "lengthened": {"expires_at": "expires_at + interval '10 minutes'"},
    "another reason": {"reason": "'Just looking'"},
    "reviewed by its user": {"reviewed_at": "now()", "reviewed_by_id": "user_id", "finding": "'appropriate'"},
    "ended by nobody": {"ended_at": "started_at"},
    "ended after its time": {"ended_at": "expires_at + interval '1 hour'", "ended_by_id": "user_id"},
    "inappropriate without a word": {
        "reviewed_at": "now()",
        "reviewed_by_id": "(select id from accounts_user where id <> user_id limit 1)",
        "finding": "'inappropriate'",
    },
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_database_refuses(name: str, person: Callable[..., User], hidden: Patient) -> None:
    glass = broken(person("clinician"), hidden, ago=timedelta(hours=2))
    sets = ", ".join(f"{column} = {value}" for column, value in CHANGES[name].items())
    with pytest.raises(IntegrityError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"UPDATE clinic_breakglass SET {sets} WHERE id = %s", [glass.pk])


@pytest.mark.parametrize(
    "wrong",
    [
        # Hours from the moment of the test.
        {"expires_at": 5.0},
        {"expires_at": -0.1},
        {"reason": "   "},
        {"reason_code": "curious"},
        {"purpose": "FUN"},
    ],
)
def test_the_database_refuses_a_row_that(wrong: dict[str, Any], person: Callable[..., User], hidden: Patient) -> None:
    if "expires_at" in wrong:
        wrong = {"expires_at": timezone.now() + timedelta(hours=wrong["expires_at"])}
    with pytest.raises(IntegrityError), transaction.atomic():
        broken(person("clinician"), hidden, **wrong)


def test_two_of_one_person_to_one_chart_never_overlap(person: Callable[..., User], hidden: Patient) -> None:
    doctor = person("clinician")
    broken(doctor, hidden)
    with pytest.raises(IntegrityError), transaction.atomic():
        broken(doctor, hidden, ago=timedelta(minutes=30))
    broken(doctor, hidden, ago=timedelta(minutes=61))
