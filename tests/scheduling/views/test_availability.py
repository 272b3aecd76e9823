"""Hours, closed time and types of visit, by the manager."""

from __future__ import annotations

from typing import Any

import pytest
from django.urls import reverse

from emr.accounts.models import Practitioner
from scheduling.models import AppointmentType, Schedule, ScheduleException
from tests.factories.accounts import ClinicFactory, PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, ScheduleExceptionFactory
from tests.scheduling.conftest import at

pytestmark = pytest.mark.django_db

HOURS = "/schedule/hours/"


def text(response: Any) -> str:
    return " ".join(response.content.decode().split())


def test_sets_the_same_session_on_many_days(as_role: Any, monday: None) -> None:
    ClinicFactory()
    who = PractitionerFactory.create(family_name="New")
    url = reverse("scheduling:hours_edit", args=[who.pk])
    client = as_role("manager")
    wanted = {"weekdays": ["mon", "wed"], "start_time": "08:00", "end_time": "12:00", "effective_from": "2026-11-01"}
    wanted |= {"capacity": "1", "interval_weeks": "1"}
    assert client.post(url, wanted).status_code == 303
    assert client.post(url, wanted).status_code == 303
    assert Schedule.objects.filter(practitioner=who).count() == 2
    overlapping = client.post(url, {**wanted, "start_time": "11:00", "end_time": "13:00"})
    assert overlapping.status_code == 422
    assert "runs into Monday 08:00–12:00" in text(overlapping)
    assert "08:00–12:00" in text(client.get(HOURS))


def test_ends_a_session(as_role: Any, doctor: Practitioner) -> None:
    row = Schedule.objects.filter(practitioner=doctor, weekday="mon").get()
    client = as_role("manager")
    end = reverse("scheduling:hours_end", args=[row.pk])
    assert client.post(end, {"effective_until": ""}).status_code == 422
    row.refresh_from_db()
    assert row.effective_until is None
    client.post(end, {"effective_until": "2026-12-31"})
    row.refresh_from_db()
    assert str(row.effective_until) == "2026-12-31"


def test_closes_whole_days_and_says_who_must_be_moved(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9))
    client = as_role("manager")
    wanted = {"practitioner": "", "first_day": "2026-11-23", "last_day": "2026-11-24", "reason": "Flood"}
    response = client.post("/schedule/closed/", wanted, follow=True)
    assert "must be moved: 1." in text(response)
    row = ScheduleException.objects.get()
    assert (row.practitioner, row.start_at, row.end_at) == (None, at(0), at(0, 0, at(0).date().replace(day=25)))
    client.post(reverse("scheduling:exceptions_withdraw", args=[row.pk]))
    row.refresh_from_db()
    assert row.withdrawn


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"start_time": "09:00"}, "Enter both times, or neither."),
        ({"last_day": "2026-11-01"}, "The last day comes before the first."),
        ({"reason": ""}, "Say why"),
        ({"first_day": ""}, "Enter the first day."),
        ({"start_time": "10:00", "end_time": "09:00"}, "It ends after it begins."),
    ],
)
def test_impossible_closed_time(as_role: Any, doctor: Practitioner, wrong: dict[str, str], words: str) -> None:
    response = as_role("manager").post("/schedule/closed/", {"first_day": "2026-11-23", "reason": "x", **wrong})
    assert response.status_code == 422
    assert words in text(response)
    assert not ScheduleException.objects.exists()


@pytest.mark.feature("C02")
def test_adds_and_changes_a_type(as_role: Any, monday: None) -> None:
    client = as_role("manager")
    url = "/schedule/types/"
    wanted = {"name": "Physical", "duration_minutes": "40", "place_of_service": "11", "takes_copay": "on"}
    wanted |= {"color": "blue", "buffer_minutes": "0", "no_show_fee": "0"}
    assert client.post(url, wanted).status_code == 303
    assert "There is a type of that name." in text(client.post(url, wanted))
    assert "steps of five minutes" in text(client.post(url, {**wanted, "name": "Odd", "duration_minutes": "7"}))
    row = AppointmentType.objects.get()
    edit = reverse("scheduling:types_edit", args=[row.pk])
    assert 'value="40"' in text(client.get(edit))
    client.post(edit, {**wanted, "duration_minutes": "45", "note_type": "34117-2"})
    row.refresh_from_db()
    assert (row.duration_minutes, row.active, row.note_type) == (45, False, "34117-2")


@pytest.mark.parametrize("role", ["front_desk", "clinician", "biller"])
def test_only_for_the_manager(as_role: Any, doctor: Practitioner, role: str) -> None:
    block = ScheduleExceptionFactory(start_at=at(9), end_at=at(10))
    client = as_role(role)
    for path in (HOURS, "/schedule/types/", reverse("scheduling:hours_edit", args=[doctor.pk])):
        assert client.get(path).status_code == 403
    assert client.post(reverse("scheduling:exceptions_withdraw", args=[block.pk])).status_code == 403
