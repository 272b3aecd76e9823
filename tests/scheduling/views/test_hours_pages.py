"""Hours copied, changed, set for one day; closed time; holidays: what is refused stands beside its field."""

from __future__ import annotations

from datetime import date, time
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from emr.accounts.models import Practitioner
from scheduling.models import AppointmentType, Schedule, ScheduleException
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, ScheduleExceptionFactory, ScheduleFactory
from tests.scheduling.conftest import at
from tests.scheduling.views.pages import errors, text

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C03")]

HOLIDAYS = "/schedule/holidays/"


@pytest.fixture
def manager(as_role: Any, doctor: Practitioner) -> Client:
    client: Client = as_role("manager")
    return client


@pytest.fixture
def other(doctor: Practitioner) -> Practitioner:
    """Somebody without hours."""
    return PractitionerFactory.create(family_name="Brandt", given_name="Erik")


def url(name: str, *args: Any) -> str:
    return reverse(f"scheduling:{name}", args=args)


def test_visits_that_changed_hours_leave_outside_are_said(
    manager: Client, doctor: Practitioner, visit_type: AppointmentType, queries: Any
) -> None:
    page = url("hours_edit", doctor.pk)
    monday, tuesday = date(2026, 11, 30), date(2026, 12, 1)
    for day, hour, reason in ((monday, 9, ""), (monday, 10, ""), (monday, 18, "Stays late"), (tuesday, 9, "")):
        row = {"practitioner": doctor, "type": visit_type, "start_at": at(hour, day=day), "override_reason": reason}
        AppointmentFactory(patient=PatientFactory(), **row)
    with queries() as asked:
        assert "outside the hours" not in text(manager.get(page))
    before = len(asked())
    session = Schedule.objects.get(practitioner=doctor, weekday="mon")
    manager.post(url("hours_end", session.pk), {"effective_until": "29-Nov-2026"}, follow=True)
    with queries() as asked:
        shown = text(manager.get(page))
    assert "Visits stand outside the hours" in shown
    assert f'/schedule/2026-11-30/?practitioner={doctor.pk}">30-Nov-2026 (2 visits)</a>.' in shown
    assert len(asked()) == before


class TestCopy:
    def test_takes_over_a_week(self, manager: Client, doctor: Practitioner, other: Practitioner) -> None:
        wanted = {"source": str(doctor.pk), "copy_from": "01-Dec-2026"}
        said = manager.post(url("hours_copy", other.pk), wanted, follow=True)
        assert "Sessions copied from Dr A. Okafor: 5." in text(said)
        assert Schedule.objects.filter(practitioner=other, effective_from=date(2026, 12, 1)).count() == 5

    @pytest.mark.parametrize(
        ("wrong", "field", "said"),
        [
            ({"source": ""}, "source", "Choose whose week to copy."),
            ({"copy_from": "31 Feb"}, "copy_from", "Enter a day that exists, like 23-Nov-2026."),
            ({"source": "self"}, "source", "Choose somebody else to copy from."),
            ({"source": "empty"}, "source", "Dr N. Empty has no hours from 01-Dec-2026 on."),
        ],
        ids=["nobody", "no day", "oneself", "nothing to copy"],
    )
    def test_what_is_wrong_stands_beside_its_field(
        self, manager: Client, doctor: Practitioner, other: Practitioner, wrong: dict[str, str], field: str, said: str
    ) -> None:
        people = {"self": other, "empty": PractitionerFactory.create(family_name="Empty", given_name="Nora")}
        wrong = {name: str(people[value].pk) if value in people else value for name, value in wrong.items()}
        wanted = {"source": str(doctor.pk), "copy_from": "01-Dec-2026", **wrong}
        response = manager.post(url("hours_copy", other.pk), wanted)
        assert response.status_code == 422
        assert errors(response) == {field: said}
        assert not Schedule.objects.filter(practitioner=other).exists()
        assert f'value="{wanted["copy_from"]}"' in text(response)


class TestOneDay:
    @pytest.mark.parametrize(
        ("wrong", "field", "said"),
        [
            ({"day": ""}, "day", "Enter the day."),
            ({"override_reason": ""}, "override_reason", "Say why, in the words that the schedule shall show."),
            ({"end_time": ""}, "end_time", "Enter both times, or neither."),
            ({"end_time": "08:00"}, "end_time", "These hours end before they begin."),
            ({"second_start": "11:00", "second_end": "15:00"}, "second_start", "The two parts of the day overlap."),
        ],
        ids=["no day", "no reason", "half", "backwards", "overlap"],
    )
    def test_what_is_wrong_stands_beside_its_field(
        self, manager: Client, doctor: Practitioner, wrong: dict[str, str], field: str, said: str
    ) -> None:
        wanted = {"day": "03-Dec-2026", "start_time": "10:00", "end_time": "12:00", "override_reason": "Late clinic"}
        response = manager.post(url("hours_override", doctor.pk), {**wanted, **wrong})
        assert response.status_code == 422
        assert errors(response) == {field: said}
        kept = {**wanted, **wrong}
        assert all(f'value="{value}"' in text(response) for value in kept.values() if value)
        assert not ScheduleException.objects.exists()

    def test_holds_instead_of_the_week(self, manager: Client, doctor: Practitioner) -> None:
        wanted = {"day": "03-Dec-2026", "start_time": "10:00", "end_time": "18:00", "override_reason": "Late clinic"}
        said = manager.post(url("hours_override", doctor.pk), wanted, follow=True)
        assert "The day was set." in text(said)
        kinds = ScheduleException.objects.order_by("start_at").values_list("kind", "reason")
        assert list(kinds) == [("time_off", "Late clinic"), ("extra_hours", "Late clinic")]
        again = manager.post(url("hours_override", doctor.pk), wanted, follow=True)
        assert "The day was set." in text(again)


class TestChange:
    def test_is_another_session_from_a_day_on(self, manager: Client, doctor: Practitioner) -> None:
        row = Schedule.objects.get(practitioner=doctor, weekday="mon")
        wanted = {"start_time": "09:00", "end_time": "16:00", "effective_from": "07-Dec-2026", "capacity": "2"}
        assert "Monday 08:00–17:00" in text(manager.get(url("hours_change", row.pk)))
        manager.post(url("hours_change", row.pk), {**wanted, "interval_weeks": "1"})
        row.refresh_from_db()
        assert row.effective_until == date(2026, 12, 6)
        made = Schedule.objects.get(practitioner=doctor, effective_from=date(2026, 12, 7))
        assert (made.start_time, made.end_time, made.capacity) == (time(9), time(16), 2)

    @pytest.mark.parametrize(
        ("wrong", "field", "said"),
        [
            ({"end_time": "07:00"}, "end_time", "A session ends after it begins."),
            ({"capacity": "99"}, "capacity", "Ensure this value is less than or equal to 50."),
            ({"start_time": "25:00"}, "start_time", "Enter a time, like 13:30."),
            ({"effective_until": "01-Dec-2026"}, "effective_until", "The last day comes before the first."),
        ],
        ids=["backwards", "too many", "no time", "days"],
    )
    def test_what_is_wrong_stands_beside_its_field(
        self, manager: Client, doctor: Practitioner, wrong: dict[str, str], field: str, said: str
    ) -> None:
        row = Schedule.objects.get(practitioner=doctor, weekday="mon")
        wanted = {"start_time": "09:00", "end_time": "16:00", "effective_from": "07-Dec-2026", "capacity": "2"}
        response = manager.post(url("hours_change", row.pk), {**wanted, "interval_weeks": "1", **wrong})
        assert response.status_code == 422
        assert errors(response) == {field: said}
        assert all(f'value="{value}"' in text(response) for value in {**wanted, **wrong}.values())
        row.refresh_from_db()
        assert row.effective_until is None

    def test_one_that_was_held_is_not_taken_back(self, manager: Client, doctor: Practitioner) -> None:
        row = Schedule.objects.get(practitioner=doctor, weekday="mon")
        said = manager.post(url("hours_withdraw", row.pk), follow=True)
        assert "End it instead." in text(said)
        coming = ScheduleFactory(practitioner=doctor, weekday="sat", effective_from=date(2026, 12, 5))
        assert "was taken back" in text(manager.post(url("hours_withdraw", coming.pk), follow=True))
        assert manager.get(url("hours_change", coming.pk)).status_code == 404


class TestClosedTime:
    def test_names_those_who_must_be_moved(
        self, manager: Client, doctor: Practitioner, visit_type: AppointmentType
    ) -> None:
        visit = AppointmentFactory(
            practitioner=doctor, patient=PatientFactory(family_name="Vargas"), type=visit_type, start_at=at(9)
        )
        closed = ScheduleExceptionFactory(start_at=at(8, 30), end_at=at(10))
        page = text(manager.get(url("exceptions_detail", closed.pk)))
        assert "Vargas" in page
        assert url("appointments_reschedule", visit.patient_id, visit.pk) in page

    def test_as_many_queries_for_thirty(
        self, manager: Client, doctor: Practitioner, visit_type: AppointmentType, queries: Any
    ) -> None:
        closed = ScheduleExceptionFactory(start_at=at(8), end_at=at(17))
        counts = []
        for starts in ([0], range(1, 30)):
            for number in starts:
                AppointmentFactory(
                    practitioner=doctor,
                    patient=PatientFactory(),
                    type=AppointmentType.objects.get(pk=visit_type.pk),
                    start_at=at(8 + number // 4, number % 4 * 15),
                    end_at=at(8 + number // 4, number % 4 * 15 + 10),
                )
            with queries() as asked:
                page = manager.get(url("exceptions_detail", closed.pk))
            assert text(page).count("Move the visit of") == number + 1
            counts.append(len(asked()))
        assert counts[0] == counts[1]


class TestHolidays:
    def test_offers_those_to_come_and_closes_the_clinic(self, manager: Client) -> None:
        page = text(manager.get(HOLIDAYS))
        assert 'value="Thanksgiving Day"' in page
        assert 'value="Labor Day"' not in page
        wanted = {"take_0": "on", "day_0": "2026-12-24", "name_0": "Christmas Eve"}
        assert "Holidays added: 1." in text(manager.post(f"{HOLIDAYS}?year=2026", wanted, follow=True))
        row = ScheduleException.objects.get()
        assert (row.kind, row.practitioner, row.start_at) == ("holiday", None, at(0, 0, date(2026, 12, 24)))

    def test_what_is_wrong_stands_beside_its_field(self, manager: Client) -> None:
        wrong = {"take_0": "on", "day_0": "2026-13-45", "name_0": "Founders", "take_1": "on", "day_1": "", "name_1": ""}
        response = manager.post(HOLIDAYS, wrong)
        assert response.status_code == 422
        assert errors(response).keys() == {"day_0", "day_1", "name_1"}
        assert 'value="2026-13-45"' in text(response)
        assert 'value="Founders"' in text(response)
        assert not ScheduleException.objects.exists()

    @pytest.mark.parametrize("year", ["1", "99999999999", "next"])
    def test_a_year_of_no_calendar_is_this_one(self, manager: Client, year: str) -> None:
        assert "Holidays 2026" in text(manager.get(HOLIDAYS, {"year": year}))


@pytest.mark.parametrize("name", ["hours_list", "holidays_list", "exceptions_add"])
def test_as_many_queries_for_thirty(manager: Client, queries: Any, name: str) -> None:
    counts = []
    for days in ([1], range(2, 31)):
        for day in days:
            who = PractitionerFactory.create()
            ScheduleFactory(practitioner=who)
            ScheduleExceptionFactory(
                start_at=at(0, 0, date(2026, 12, day)), end_at=at(12, 0, date(2026, 12, day)), kind="holiday"
            )
        with queries() as asked:
            assert manager.get(url(name)).status_code == 200
        counts.append(len(asked()))
    assert counts[0] == counts[1]
