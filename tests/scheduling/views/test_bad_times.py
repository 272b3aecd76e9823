"""Times that can't be, as the forms send them: a sentence says what to do, and nothing typed is lost."""

from __future__ import annotations

from datetime import UTC, date
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from scheduling.models import Appointment, Schedule, ScheduleException
from scheduling.wallclock import day_bounds
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import ScheduleExceptionFactory
from tests.scheduling.conftest import CHICAGO, at
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C03")]

#: What was typed beside the time, and must be there still.
TYPED = {"reason": "Cough for a week", "comment": "Ring the bell twice", "minutes": "25", "room": ""}
TIMES = {
    "over": ({"day": "20-Nov-2026", "time": "09:00"}, "09:00 on 20-Nov-2026 is over. Choose a time to come."),
    "long over": ({"day": "20-Nov-1926", "time": "09:00"}, "09:00 on 20-Nov-1926 is over. Choose a time to come."),
    "no day": ({"day": "31-Feb-2027", "time": "09:00"}, "Enter a day, like 23-Nov-2026."),
    "no time": ({"day": "24-Nov-2026", "time": "25:00"}, "Enter a time, like 13:30."),
    "between": ({"day": "24-Nov-2026", "time": "09:03"}, "Visits begin on the full five minutes, like 09:05."),
    "weekend": (
        {"day": "28-Nov-2026", "time": "09:00"},
        "09:00 to 09:25 on 28-Nov-2026 is outside the hours of Dr A. Okafor. Say why the visit is booked all the same.",
    ),
    "holiday": (
        {"day": "26-Nov-2026", "time": "09:00"},
        "Dr A. Okafor is not here then (Thanksgiving). Say why the visit is booked all the same.",
    ),
    "taken": (
        {"day": "25-Nov-2026", "time": "10:00"},
        "10:00 on 25-Nov-2026 with Dr A. Okafor is taken. Choose another time.",
    ),
}
CASES = pytest.mark.parametrize(("sent", "said"), TIMES.values(), ids=TIMES)


@pytest.fixture
def client(front: Desk, as_role: Any) -> Client:
    """A front desk whose clinic is closed on Thanksgiving; somebody has Wednesday at ten."""
    start, end = day_bounds(date(2026, 11, 26), CHICAGO)
    ScheduleExceptionFactory(start_at=start, end_at=end, reason="Thanksgiving")
    front.book(start_at=at(10, day=date(2026, 11, 25)))
    made: Client = as_role("front_desk")
    return made


def kept(page: str, typed: dict[str, str]) -> dict[str, bool]:
    return {name: f'value="{value}"' in page for name, value in typed.items() if value}


@CASES
def test_booking(client: Client, front: Desk, sent: dict[str, str], said: str) -> None:
    patient = PatientFactory(family_name="Quillfeather")
    form = {"step": "book", "patient": patient.pk, "type": front.type.pk, "practitioner": front.practitioner.pk}
    answer = client.post(
        reverse("scheduling:appointments_book"), {**form, **TYPED, **sent, "slot": "", "request_token": uuid4()}
    )
    page = unescape(" ".join(answer.content.decode().split()))
    assert answer.status_code == (409 if "taken" in said else 422)
    assert said in page
    assert set(kept(page, TYPED | sent).items()) == {(name, True) for name in TYPED | sent if (TYPED | sent)[name]}
    assert "QUILLFEATHER" in page
    assert Appointment.objects.count() == 1


@CASES
def test_moving(client: Client, front: Desk, sent: dict[str, str], said: str) -> None:
    row = front.book(start_at=at(14))
    link = reverse("scheduling:appointments_reschedule", args=[row.patient_id, row.pk])
    typed = {"minutes": "25", **sent}
    answer = client.post(link, {"step": "book", "practitioner": front.practitioner.pk, "slot": "", **typed})
    page = unescape(" ".join(answer.content.decode().split()))
    assert answer.status_code == (409 if "taken" in said else 422)
    assert said in page
    assert all(kept(page, typed).values())
    row.refresh_from_db()
    assert (row.status, Appointment.objects.count()) == ("booked", 2)


def test_a_time_that_went_to_the_other_tab(client: Client, front: Desk) -> None:
    """Two tabs show the same free time; the second keeps what was typed and is offered the next ones."""
    link, tabs = reverse("scheduling:appointments_book"), [PatientFactory(), PatientFactory(family_name="Second")]
    slot = f"{front.practitioner.pk}@{at(9).isoformat()}"
    form = {"step": "book", "type": front.type.pk, "practitioner": front.practitioner.pk, "day": "23-Nov-2026"}
    answers = [
        client.post(link, {**form, **TYPED, "slot": slot, "patient": one.pk, "request_token": uuid4()}) for one in tabs
    ]
    page = unescape(" ".join(answers[1].content.decode().split()))
    assert [answer.status_code for answer in answers] == [303, 409]
    assert "09:00 on 23-Nov-2026 with Dr A. Okafor is taken. Choose another time." in page
    assert 'value="Cough for a week"' in page
    assert f"{front.practitioner.pk}@{at(9, 25).astimezone(UTC).isoformat()}" in page


def test_hours_that_run_into_others(front: Desk, as_role: Any) -> None:
    manager, before = as_role("manager"), Schedule.objects.count()
    link = reverse("scheduling:hours_edit", args=[front.practitioner.pk])
    typed = {"start_time": "16:30", "end_time": "19:15", "effective_from": "30-Nov-2026", "capacity": "2"}
    answer = manager.post(link, {**typed, "weekdays": ["mon"], "interval_weeks": "1"})
    page = unescape(" ".join(answer.content.decode().split()))
    assert answer.status_code == 422
    assert "Monday" in page
    assert "08:00" in page
    assert all(kept(page, typed).values())
    assert Schedule.objects.count() == before


def test_closed_time_that_ends_before_it_begins(front: Desk, as_role: Any) -> None:
    typed = {"first_day": "30-Nov-2026", "last_day": "27-Nov-2026", "reason": "Painting"}
    answer = as_role("manager").post(reverse("scheduling:exceptions_add"), {**typed, "kind": "closed"})
    page = answer.content.decode()
    assert answer.status_code == 422
    assert all(kept(page, typed).values())
    assert not ScheduleException.objects.exists()
