"""The day's page: what it shows, to whom, in how many queries, and what the log says of it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from emr.accounts.models import Practitioner
from emr.audit.models import AccessEvent
from scheduling.models import AppointmentType
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory, grant_chart
from tests.factories.scheduling import AppointmentFactory, ScheduleExceptionFactory, open_week
from tests.scheduling.conftest import MONDAY, at

pytestmark = pytest.mark.django_db

DAY = "/schedule/2026-11-23/"


def visit(doctor: Practitioner, hour: int = 9, minute: int = 0, **fields: Any) -> Any:
    patient = fields.pop("patient", None) or PatientFactory()
    return AppointmentFactory(practitioner=doctor, patient=patient, start_at=at(hour, minute), **fields)


def text(client: Any, path: str = DAY) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return " ".join(response.content.decode().split())


@pytest.mark.feature("C01")
@pytest.mark.parametrize("view", ["grid", "list", "print"])
def test_as_many_queries_at_one_visit_as_at_240(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType, queries: Any, view: str
) -> None:
    client = as_role("front_desk")
    visit(doctor, type=visit_type)
    with queries() as asked:
        client.get(f"{DAY}?view={view}")
    few = asked()
    for number in range(7):
        other = PractitionerFactory(family_name=f"Other{number}")
        open_week(other)
        for n in range(30):
            visit(
                other,
                8 + n // 4,
                n % 4 * 15,
                type=visit_type,
                end_at=at(8 + n // 4, n % 4 * 15) + timedelta(minutes=15),
            )
    with queries() as asked:
        response = client.get(f"{DAY}?view={view}")
    assert len(asked()) == len(few) <= 12, f"{len(few)}, {len(asked())}"
    with queries() as asked:
        client.get(f"{DAY}?view={view}")
    assert view != "grid" or len(asked()) == 8
    assert response.content.count(b"Maria") >= 200


def test_every_patient_shown_is_on_record_in_one_insert(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType, queries: Any
) -> None:
    client = as_role("nurse")
    shown = {visit(doctor, 9, 20 * n, type=visit_type).patient_id for n in range(3)}
    with queries() as asked:
        client.get(DAY)
    assert sum("INSERT INTO" in sql for sql in asked()) == 1
    events = AccessEvent.objects.filter(user=client.user)
    assert {event.patient_id for event in events} == shown
    assert {(event.section, event.action, event.url_name) for event in events} == {
        ("schedule", "view", "scheduling:schedule_day")
    }


def test_who_may_not_know_of_a_patient_sees_that_the_time_is_reserved(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    secret = PatientFactory(family_name="Secretson", restricted=True)
    visit(doctor, patient=secret, type=visit_type, reason="Very private")
    client = as_role("front_desk")
    for view in ("grid", "list", "print"):
        page = text(client, f"{DAY}?view={view}")
        assert "Reserved" in page
        assert "09:00" in page
        for leak in ("SECRETSON", "Secretson", "Very private", secret.mrn, str(secret.pk)):
            assert leak not in page
    assert not AccessEvent.objects.filter(patient_id=secret.pk).exists()
    grant_chart(client.user, secret)
    assert "SECRETSON" in text(client)


def test_narrowed_to_one_practitioner_others_are_neither_shown_nor_on_record(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    other = PractitionerFactory(family_name="Brandt")
    visit(doctor, patient=PatientFactory(family_name="Mine"), type=visit_type)
    hidden = visit(other, patient=PatientFactory(family_name="Theirs"), type=visit_type)
    client = as_role("front_desk")
    page = text(client, f"{DAY}?practitioner={doctor.pk}")
    assert "MINE Maria" in page
    assert "THEIRS" not in page
    assert not AccessEvent.objects.filter(patient_id=hidden.patient_id).exists()


def test_totals_and_the_next_opening(as_role: Any, doctor: Practitioner, visit_type: AppointmentType) -> None:
    visit(doctor, 8, type=visit_type)
    visit(doctor, 8, 20, type=visit_type, status="arrived")
    visit(doctor, 9, type=visit_type, status="cancelled")
    page = text(as_role("front_desk"), "/schedule/")
    assert "2 booked · 1 here · 1 cancelled · next opening 08:40 Dr A. Okafor" in page


def test_cancelled_visits_leave_the_grid_and_stay_in_the_list(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    visit(doctor, patient=PatientFactory(family_name="Gone"), type=visit_type, status="cancelled")
    client = as_role("front_desk")
    assert "GONE" not in text(client)
    assert "GONE" in text(client, f"{DAY}?view=list&status=cancelled")
    assert "GONE" not in text(client, f"{DAY}?view=list&status=coming")
    assert "GONE" not in text(client, f"{DAY}?view=print")


def test_each_free_time_leads_to_booking_it(as_role: Any, doctor: Practitioner, visit_type: AppointmentType) -> None:
    visit(doctor, type=visit_type)
    link = f"/schedule/book/?practitioner={doctor.pk}&amp;start=2026-11-23T15%3A20%3A00%2B00%3A00"
    client = as_role("front_desk")
    for view in ("grid", "list"):
        page = text(client, f"{DAY}?view={view}")
        assert link in page
        assert 'aria-label="Book 09:20 with Dr A. Okafor"' in page
        assert "Book 09:00 with" not in page


def test_closed_time_says_why(as_role: Any, doctor: Practitioner, visit_type: AppointmentType) -> None:
    ScheduleExceptionFactory(practitioner=doctor, start_at=at(12), end_at=at(13), reason="Lunch")
    page = text(as_role("front_desk"))
    assert '<div class="closed closed-off gs-49 gr-12"><span>Lunch</span></div>' in page
    assert "Book 12:20" not in page


def test_the_line_of_now_only_today(as_role: Any, doctor: Practitioner, visit_type: AppointmentType) -> None:
    with time_machine.travel(at(9, 2), tick=False):
        client = as_role("front_desk")
        assert 'class="now gs-13"' in text(client, "/schedule/")
        assert 'class="now' not in text(client, "/schedule/2026-11-24/")


def test_state_is_a_word_and_not_a_colour_alone(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    for n, status in enumerate(["arrived", "checked-in", "fulfilled", "noshow"]):
        visit(doctor, 10 + n, type=visit_type, status=status)
    page = text(as_role("front_desk"))
    for word in ("Arrived", "Checked in", "Completed", "No-show"):
        assert f'<span class="state">{word}</span>' in page


def test_an_empty_day_leads_to_the_next_open_one(as_role: Any, doctor: Practitioner) -> None:
    page = text(as_role("front_desk"), "/schedule/2026-11-28/")
    assert "Nobody sees patients on this day" in page
    assert 'hx-get="/schedule/2026-11-28/next-open/"' in page


def test_the_next_open_day_is_looked_for_by_itself(as_role: Any, doctor: Practitioner) -> None:
    client = as_role("front_desk")
    path = "/schedule/2026-11-28/next-open/"
    assert "/schedule/2026-11-30/" in client.get(path, headers={"HX-Request": "true"}).content.decode()
    assert client.get(path).headers["Location"] == "/schedule/2026-11-30/"


@pytest.mark.parametrize("typed", ["24-Nov-2026", "11/24/2026", "2026-11-24"])
def test_a_typed_day_is_gone_to(as_role: Any, doctor: Practitioner, typed: str) -> None:
    response = as_role("front_desk").get("/schedule/", {"day": typed, "view": "list"})
    assert response.headers["Location"] == "/schedule/2026-11-24/?view=list"


def test_an_unreadable_day_is_kept_and_explained(as_role: Any, doctor: Practitioner) -> None:
    page = text(as_role("front_desk"), "/schedule/?day=tomorow&practitioner=x&view=y&status=z")
    assert 'value="tomorow"' in page
    assert "is no day" in page


@pytest.mark.parametrize("path", ["/schedule/2026-02-30/", "/schedule/2026-13-01/"])
def test_days_that_do_not_exist(as_role: Any, doctor: Practitioner, path: str) -> None:
    assert as_role("front_desk").get(path).status_code == 404


def test_the_day_on_which_clocks_are_put_back(as_role: Any, doctor: Practitioner, visit_type: AppointmentType) -> None:
    sunday = date(2026, 11, 1)
    assert sunday < MONDAY
    AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9, 0, sunday))
    page = text(as_role("front_desk"), f"/schedule/{sunday}/")
    assert "09:00" in page
    assert reverse("scheduling:schedule_day", args=[sunday - timedelta(days=1)]) in page


@pytest.mark.parametrize("day", ["0001-01-01", "1899-12-31", "2200-01-01", "9999-12-31"])
def test_a_day_at_the_end_of_time_is_no_day(as_role: Any, doctor: Practitioner, day: str) -> None:
    client = as_role("front_desk")
    assert client.get(f"/schedule/{day}/").status_code == 404
    assert day in text(client, f"/schedule/?day={day}")
    assert "Book a visit" in text(client, f"/schedule/book/?day={day}")
    assert "Book a visit" in text(client, f"/schedule/book/?practitioner={doctor.pk}&start={day}T00:00:00Z")
