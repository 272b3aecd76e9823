"""The inbox."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from clinic.actions.tasks import create_task
from clinic.models import Task
from clinic.models.tasks import POSSIBLE_DUPLICATE
from emr.accounts.models import User
from emr.shared.errors import DomainError
from tests.clinic.glass import broken
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db
INBOX = "/patients/inbox/"


def call(by: User, **more: object) -> Task:
    """A task to call somebody back."""
    return create_task(by=by, code="call-back", **{"description": "Call back about the form", **more})  # type: ignore[arg-type]


def test_one_sees_ones_own_and_ones_roles(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    desk, boss = as_role("front_desk"), person("manager")
    call(boss, description="For the desk", owner_role="front_desk")
    call(boss, description="For you", owner=desk.user)  # type: ignore[attr-defined]
    call(boss, description="For the nurses", owner_role="nurse")
    call(boss, description="For the boss", owner=boss)
    page = desk.get(INBOX).content.decode()
    assert [text in page for text in ("For the desk", "For you", "For the nurses", "For the boss")] == [
        *(True, True),
        *(False, False),
    ]
    assert '<span class="count">2</span>' in page


def test_a_task_about_a_hidden_patient_is_hidden(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    desk = as_role("front_desk")
    known, hidden = PatientFactory(family_name="Known"), PatientFactory(family_name="Hidden", restricted=True)
    for patient in (known, hidden):
        call(person("manager"), owner_role="front_desk", patient=patient)
    page = desk.get(INBOX).content.decode()
    assert "KNOWN" in page
    assert "HIDDEN" not in page
    assert '<span class="count">1</span>' in page
    secret = Task.objects.get(for_patient=hidden.pk)
    assert desk.post(reverse("clinic:tasks_complete", args=[secret.pk])).status_code == 404


def test_done_with_a_comment_by_its_owner_alone(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    desk, nurse = as_role("front_desk"), as_role("nurse")
    task = call(person("manager"), owner_role="front_desk")
    done = reverse("clinic:tasks_complete", args=[task.pk])
    assert nurse.post(done).status_code == 404
    assert desk.post(done, {"comment": "Reached at noon"}).status_code == 303
    task.refresh_from_db()
    assert (task.status, task.completed_by, task.comment) == ("completed", desk.user, "Reached at noon")  # type: ignore[attr-defined]
    assert "Reached at noon" not in desk.get(INBOX).content.decode()
    assert "Reached at noon" in desk.get(INBOX, {"show": "done"}).content.decode()


@pytest.mark.feature("A06")
def test_a_review_is_not_done_by_saying_so(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    officer, doctor = as_role("privacy_officer"), person("clinician")
    glass = broken(doctor)
    task = create_task(
        by=doctor, code="break-glass-review", description="Review", owner_role="privacy_officer", about=glass
    )
    page = reverse("clinic:break_glass_review", args=[glass.pk])
    assert page in officer.get(INBOX).content.decode()
    answer = officer.post(reverse("clinic:tasks_complete", args=[task.pk]))
    assert (answer.status_code, answer["Location"]) == (303, page)
    task.refresh_from_db()
    assert task.status == "requested"


@pytest.mark.parametrize("owners", [{}, {"owner_role": "nobody"}])
def test_a_task_needs_an_owner_that_exists(owners: dict[str, str], person: Callable[..., User]) -> None:
    with pytest.raises(DomainError):
        call(person("manager"), **owners)


def test_the_count_costs_one_query(as_role: Callable[..., Client], person: Callable[..., User]) -> None:
    desk = as_role("front_desk")
    counts = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            desk.get("/patients/")
        counts.append(sum("clinic_task" in query["sql"] for query in queries))
        call(person("manager"), owner_role="front_desk")
    assert counts == [1, 1]


@pytest.mark.feature("B04")
def test_a_possible_duplicate_leads_to_the_comparison_and_can_be_done(as_role: Callable[..., Client]) -> None:
    officer, both = as_role("privacy_officer"), as_role("privacy_officer", "manager")
    patient = PatientFactory()
    task = create_task(
        by=officer.user,  # type: ignore[attr-defined]
        code=POSSIBLE_DUPLICATE,
        description="Compare the two",
        owner_role="privacy_officer",
        about=patient,
    )
    named = [(officer, "clinic:access_chart"), (both, "clinic:merges_start")]
    places = {client: f'href="{reverse(name, args=[patient.pk])}"' for client, name in named}
    for client, place in places.items():
        page = client.get(INBOX).content.decode()
        assert [one in page for one in places.values()] == [one == place for one in places.values()]
    assert officer.post(reverse("clinic:tasks_complete", args=[task.pk]), {"comment": "Twins"}).status_code == 303
    task.refresh_from_db()
    assert (task.status, task.comment) == ("completed", "Twins")
