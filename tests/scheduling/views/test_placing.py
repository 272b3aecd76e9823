"""A visit put elsewhere in the calendar: asked, done, taken back, and refused when somebody else was first."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.urls import reverse

from emr.accounts.models import Practitioner
from emr.audit.models import AccessEvent, LogEntry
from scheduling.models import Appointment, AppointmentType
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, open_week
from tests.scheduling.conftest import MONDAY, at

pytestmark = pytest.mark.django_db

HTMX = {"HX-Request": "true"}


@pytest.fixture
def visit(doctor: Practitioner, visit_type: AppointmentType) -> Appointment:
    """Today at ten, of twenty minutes."""
    return AppointmentFactory.create(
        practitioner=doctor, patient=PatientFactory(family_name="Lopez"), type=visit_type, start_at=at(10)
    )


def path(visit: Appointment) -> str:
    return reverse("scheduling:appointments_place", args=[visit.patient_id, visit.pk])


def values(
    visit: Appointment, start: datetime | str, minutes: int = 20, to: Practitioner | None = None
) -> dict[str, Any]:
    return {
        "practitioner": (to or visit.practitioner).pk,
        "start": start if isinstance(start, str) else start.isoformat(),
        "minutes": minutes,
        "was_practitioner": visit.practitioner_id,
        "was_start": visit.start_at.isoformat(),
        "was_minutes": 20,
    }


@pytest.mark.feature("C07")
def test_it_is_asked_with_who_from_when_to_when(as_role: Any, visit: Appointment) -> None:
    page = " ".join(as_role("front_desk").get(path(visit), values(visit, at(11))).content.decode().split())
    for text in (
        "Move the visit?",
        "LOPEZ Maria",
        "14-Mar-1962",
        "10:00–10:20 with Dr A. Okafor",
        "11:00–11:20 with Dr A. Okafor",
    ):
        assert text in page
    assert Appointment.objects.get() == visit


@pytest.mark.feature("C07")
def test_a_drop_on_somebody_else_moves_and_can_be_taken_back(as_role: Any, visit: Appointment) -> None:
    other = PractitionerFactory(family_name="Brandt")
    open_week(other)
    client = as_role("front_desk")
    answer = client.post(path(visit), values(visit, at(11), to=other), headers=HTMX)
    assert answer.status_code == 200
    assert "calendar:changed" in answer.headers["HX-Trigger"]
    moved = Appointment.objects.get(replaces=visit)
    assert (moved.practitioner, moved.start_at) == (other, at(11))
    assert set(LogEntry.objects.filter(object_pk__in=[visit.pk, moved.pk]).values_list("actor", flat=True)) >= {
        client.user.pk
    }
    assert AccessEvent.objects.filter(user=client.user, patient_id=visit.patient_id, section="appointments").exists()
    back = values(moved, at(10), to=visit.practitioner) | {"override_reason": "Taken back"}
    assert client.post(path(moved), back, headers=HTMX).status_code == 200
    again = Appointment.objects.get(replaces=moved)
    assert (again.practitioner, again.start_at) == (visit.practitioner, at(10))


@pytest.mark.feature("C07")
def test_another_length_changes_the_end_in_place(as_role: Any, visit: Appointment) -> None:
    as_role("front_desk").post(path(visit), values(visit, at(10), minutes=40), headers=HTMX)
    visit.refresh_from_db()
    assert visit.end_at == at(10, 40)
    assert LogEntry.objects.filter(object_pk=visit.pk, changes__has_key="end_at").count() == 2


@pytest.mark.feature("C07")
def test_the_second_of_two_browsers_is_told(as_role: Any, visit: Appointment) -> None:
    first, second = as_role("front_desk"), as_role("front_desk")
    first.post(path(visit), values(visit, at(11)), headers=HTMX)
    asked = second.get(path(visit), values(visit, at(14)), headers=HTMX)
    assert asked.status_code == 409
    assert "Somebody else has moved this visit. It now stands at 11:00–11:20" in asked.content.decode()
    answer = second.post(path(visit), values(visit, at(14)), headers=HTMX)
    assert answer.status_code == 409
    assert "was moved to 11:00" in answer.content.decode()
    assert Appointment.objects.filter(status="booked").count() == 1


@pytest.mark.feature("C07")
def test_a_changed_length_is_noticed_too(as_role: Any, visit: Appointment) -> None:
    first, second = as_role("front_desk"), as_role("front_desk")
    first.post(path(visit), values(visit, at(10), minutes=40), headers=HTMX)
    answer = second.post(path(visit), values(visit, at(14)), headers=HTMX)
    assert answer.status_code == 409
    assert "Somebody else has changed this visit. It now stands at 10:00–10:40" in answer.content.decode()


@pytest.mark.feature("C07")
def test_a_taken_time_is_refused_and_the_visit_stays(
    as_role: Any, visit: Appointment, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(11))
    answer = as_role("front_desk").post(path(visit), values(visit, at(11)), headers=HTMX)
    assert answer.status_code == 409
    assert "calendar:refused" in answer.headers["HX-Trigger"]
    visit.refresh_from_db()
    assert (visit.status, visit.start_at) == ("booked", at(10))


@pytest.mark.feature("C07")
def test_time_outside_the_hours_asks_for_a_reason(as_role: Any, visit: Appointment) -> None:
    client = as_role("front_desk")
    answer = client.post(path(visit), values(visit, at(18)), headers=HTMX)
    assert answer.status_code == 422
    assert "Why all the same" in answer.content.decode()
    client.post(path(visit), values(visit, at(18)) | {"override_reason": "Works late"}, headers=HTMX)
    assert Appointment.objects.get(replaces=visit).override_reason == "Works late"


@pytest.mark.feature("C07")
def test_a_drop_in_a_week_is_told_on_the_clinics_clock(as_role: Any, visit: Appointment) -> None:
    tuesday = MONDAY + timedelta(days=1)
    as_role("front_desk").post(path(visit), values(visit, f"{tuesday}T09:40"), headers=HTMX)
    assert Appointment.objects.get(replaces=visit).start_at == at(9, 40, tuesday)


@pytest.mark.parametrize("start", ["", "noon", "2026-02-30T10:00", "0001-01-01T00:00", "2026-11-23T10:00:00+99:00"])
def test_what_is_no_time_is_refused(as_role: Any, visit: Appointment, start: str) -> None:
    answer = as_role("front_desk").post(path(visit), values(visit, start), headers=HTMX)
    assert answer.status_code == 422
    assert Appointment.objects.get() == visit


def test_without_a_script_the_answer_is_a_page(as_role: Any, visit: Appointment) -> None:
    answer = as_role("front_desk").post(path(visit), values(visit, at(11)))
    moved = Appointment.objects.get(replaces=visit)
    expected = reverse("scheduling:appointments_detail", args=[moved.patient_id, moved.pk])
    assert (answer.status_code, answer.headers["Location"]) == (303, expected)


def test_a_biller_moves_nothing(as_role: Any, visit: Appointment) -> None:
    assert as_role("biller").post(path(visit), values(visit, at(11))).status_code == 403
