"""The month beside the schedule: its days lead to their pages, and say which are closed."""

from __future__ import annotations

import re
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from emr.accounts.models import Practitioner
from scheduling.choices import ExceptionKind, Weekday
from scheduling.models import AppointmentType, Schedule
from scheduling.queries.month import month_of
from scheduling.wallclock import day_bounds
from tests.factories.accounts import PractitionerFactory
from tests.factories.scheduling import ScheduleExceptionFactory, ScheduleFactory, open_week

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C01")]

HTMX = {"HTTP_HX_REQUEST": "true"}
ZONE = ZoneInfo("America/Chicago")


def off(day: date, **more: Any) -> None:
    start, end = day_bounds(day, ZONE)
    ScheduleExceptionFactory(start_at=start, end_at=end, **more)


def cells(page: str) -> dict[str, tuple[str, str]]:
    """The address and the classes of each day, by what it is called."""
    found = re.findall(r'<td><a href="([^"]+)"(?: class="([^"]*)")? aria-label="([^"]+)"', page)
    return {label: (href, classes) for href, classes, label in found}


def closed(day: date) -> list[int]:
    return [one.day.day for week in month_of(day).weeks for one in week if one.inside and one.closed]


def test_days_on_which_nobody_takes_visits_are_closed_and_say_why(as_role: Any, doctor: Practitioner) -> None:
    off(date(2026, 11, 26), practitioner=None, kind=ExceptionKind.HOLIDAY, reason="Thanksgiving")
    off(date(2026, 11, 25), practitioner=doctor, kind=ExceptionKind.TIME_OFF, reason="Vacation")
    page = as_role("front_desk").get("/schedule/2026-11-23/").content.decode()
    found = cells(page)
    assert len(found) == 42
    assert found["Thursday, 26 November 2026, closed: Thanksgiving"] == ("/schedule/2026-11-26/", "month-closed")
    assert found["Wednesday, 25 November 2026, closed"][1] == "month-closed"
    assert found["Tuesday, 24 November 2026"] == ("/schedule/2026-11-24/", "")
    assert found["Sunday, 1 November 2026, closed"][1] == "month-closed"
    assert found["Monday, 26 October 2026"][1] == "month-outside"
    assert found["Monday, 23 November 2026, today"] == ("/schedule/", "month-today")
    assert page.count('aria-current="date"') == 2, "the day in the month, and Today over the calendar"


def test_one_who_works_keeps_a_day_open_and_a_held_session_does(doctor: Practitioner) -> None:
    weekends = [1, 7, 8, 14, 15, 21, 22, 28, 29]
    assert closed(date(2026, 11, 23)) == weekends
    off(date(2026, 11, 25), practitioner=doctor, kind=ExceptionKind.TIME_OFF)
    other = PractitionerFactory.create()
    assert closed(date(2026, 11, 23)) == sorted([*weekends, 25])
    ScheduleFactory(practitioner=other, weekday=Weekday.WED, held=True, release_hours=24)
    assert closed(date(2026, 11, 23)) == weekends
    assert Schedule.objects.filter(held=True).count() == 1


@pytest.mark.parametrize(
    ("day", "weeks", "first", "last"),
    [
        (date(2026, 2, 10), 5, date(2026, 1, 26), date(2026, 3, 1)),
        (date(2027, 2, 1), 4, date(2027, 2, 1), date(2027, 2, 28)),
        (date(2026, 3, 8), 6, date(2026, 2, 23), date(2026, 4, 5)),
        (date(2026, 11, 1), 6, date(2026, 10, 26), date(2026, 12, 6)),
    ],
)
def test_whole_weeks_from_monday_on(doctor: Practitioner, day: date, weeks: int, first: date, last: date) -> None:
    month = month_of(day)
    days = [one.day for week in month.weeks for one in week]
    assert (len(month.weeks), days[0], days[-1]) == (weeks, first, last)
    assert len(set(days)) == 7 * weeks


def test_filters_and_the_week_go_along(as_role: Any, doctor: Practitioner) -> None:
    client = as_role("front_desk")
    week = cells(client.get(f"/schedule/2026-11-23/week/{doctor.pk}/?zoom=5").content.decode())
    assert week["Tuesday, 24 November 2026"][0] == f"/schedule/2026-11-24/week/{doctor.pk}/?zoom=5"
    query = f"?practitioner={doctor.pk}&view=list"
    listed = cells(client.get(f"/schedule/2026-11-23/{query}").content.decode())
    assert listed["Tuesday, 24 November 2026"][0] == f"/schedule/2026-11-24/{query.replace('&', '&amp;')}"


def test_another_month_is_looked_at_while_the_day_stays(as_role: Any, doctor: Practitioner) -> None:
    client = as_role("front_desk")
    page = client.get("/schedule/2026-11-23/?zoom=5").content.decode()
    assert 'hx-get="/schedule/2026-12-01/month/?zoom=5&amp;shown=2026-11-23"' in page
    answer = client.get("/schedule/2026-12-01/month/?zoom=5&shown=2026-11-23", **HTMX).content.decode()
    assert "<html" not in answer
    assert "December 2026" in answer
    assert cells(answer)["Tuesday, 1 December 2026"][0] == "/schedule/2026-12-01/?zoom=5"
    assert answer.count("data-month-entry") == 1
    plain = client.get(f"/schedule/2026-12-01/month/?shown=2026-11-23&week_of={doctor.pk}")
    assert (plain.status_code, plain.url) == (302, f"/schedule/2026-12-01/week/{doctor.pk}/")
    nonsense = client.get("/schedule/2026-12-01/month/?shown=x&week_of=y&zoom=z", **HTMX)
    assert nonsense.status_code == 200


@pytest.mark.parametrize(("day", "missing"), [("1900-01-15", "month-before"), ("2199-12-15", "month-after")])
def test_no_calendar_goes_on_for_ever(as_role: Any, doctor: Practitioner, day: str, missing: str) -> None:
    answer = as_role("front_desk").get(f"/schedule/{day}/month/", **HTMX)
    assert answer.status_code == 200
    assert missing not in answer.content.decode()


def test_it_costs_one_query_however_many_work(
    as_role: Any, doctor: Practitioner, visit_type: AppointmentType, queries: Any
) -> None:
    client = as_role("front_desk")

    def asked() -> int:
        client.get("/schedule/2026-11-23/month/", **HTMX)
        with queries() as seen:
            client.get("/schedule/2026-11-23/month/", **HTMX)
        return len(seen())

    few = asked()
    for _ in range(30):
        open_week(PractitionerFactory())
    assert asked() == few
