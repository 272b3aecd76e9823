"""The calendar's columns: both clock-change days, what is held and closed, rooms, and that nothing is ever stale."""

from __future__ import annotations

import re
from datetime import date, time, timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from emr.accounts.models import Practitioner
from emr.audit.actor import acting
from scheduling.choices import Weekday
from scheduling.models import AppointmentType
from scheduling.openings import Openings
from scheduling.queries.day_grid import day_grid
from scheduling.queries.grid import Choice, GridColumn
from scheduling.queries.standing import TABLES, standing
from scheduling.queries.week_grid import week_grid
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import (
    AppointmentFactory,
    AppointmentTypeFactory,
    RoomFactory,
    ScheduleExceptionFactory,
    ScheduleFactory,
)
from tests.scheduling.conftest import MONDAY, at

pytestmark = pytest.mark.django_db

BACK, FORWARD = date(2026, 11, 1), date(2027, 3, 14)


def places(column: GridColumn) -> list[str]:
    """Where the visits of a column stand."""
    return [" ".join(re.findall(r"g[src]-\d+", block.classes)) for block in column.layout.blocks]


def night(doctor: Practitioner) -> None:
    """Hours from midnight to the last minute of Sundays."""
    ScheduleFactory(practitioner=doctor, weekday=Weekday.SUN, start_time=time(0), end_time=time(23, 59))


@pytest.mark.feature("C01")
@pytest.mark.parametrize(
    ("day", "hours", "after_one"),
    [(BACK, 25, ["01:00 CDT", "01:00 CST", "02:00"]), (FORWARD, 23, ["01:00", "03:00", "04:00"])],
    ids=["back", "forward"],
)
def test_clock_change_days_have_the_rows_that_they_have_hours(
    person: Any, doctor: Practitioner, day: date, hours: int, after_one: list[str]
) -> None:
    night(doctor)
    grid = day_grid(day, person("front_desk"), Choice())
    assert (grid.scale.rows, len(grid.labels)) == (hours * 12, hours)
    assert [text for _, text in grid.labels][1:4] == after_one
    assert [row for row, _ in grid.labels] == [1 + 12 * n for n in range(hours)]


@pytest.mark.feature("C01")
def test_a_visit_after_the_change_stands_at_its_own_hour(
    person: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    night(doctor)
    AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9, 0, BACK))
    [column] = day_grid(BACK, person("front_desk"), Choice()).columns
    assert places(column) == [f"gs-{10 * 12 + 1} gr-4 gc-1"]


@pytest.mark.feature("C01")
def test_days_of_a_week_stand_in_one_row_at_the_same_hour(
    person: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    night(doctor)
    first = BACK - timedelta(days=6)
    for day in (BACK, BACK - timedelta(days=2)):
        AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9, 0, day))
    grid = week_grid(first, doctor, person("front_desk"), Choice())
    shown = [column for column in grid.columns if column.layout.blocks]
    assert [column.day for column in shown] == [BACK - timedelta(days=2), BACK]
    assert [places(column) for column in shown] == [[f"gs-{9 * 12 + 1} gr-4 gc-1"]] * 2


@pytest.mark.feature("C01")
def test_gaps_say_why(person: Any, monday: None, doctor: Practitioner) -> None:
    other = PractitionerFactory(family_name="Brandt")
    for start, end, held in ((8, 12, False), (13, 15, False), (15, 17, True)):
        ScheduleFactory(
            practitioner=other,
            weekday=Weekday.MON,
            start_time=time(start),
            end_time=time(end),
            held=held,
            release_hours=2 if held else 0,
        )
    ScheduleExceptionFactory(practitioner=other, start_at=at(9), end_at=at(10), reason="Meeting")
    grid = day_grid(MONDAY, person("front_desk"), Choice(practitioners=(str(other.pk),)))
    [column] = grid.columns
    assert [(gap.kind, gap.row, gap.span, gap.text) for gap in column.layout.gaps] == [
        ("closed", 49, 12, "Break"),
        ("off", 13, 12, "Meeting"),
        ("held", 85, 24, "Held until 23-Nov 13:00"),
    ]


@pytest.mark.feature("C01")
def test_double_bookings_stand_side_by_side(person: Any, doctor: Practitioner, visit_type: AppointmentType) -> None:
    AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9))
    AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9), status="noshow")
    [column] = day_grid(MONDAY, person("front_desk"), Choice()).columns
    assert column.layout.lanes == 2
    assert places(column) == ["gs-13 gr-4 gc-1", "gs-13 gr-4 gc-2"]


@pytest.mark.feature("C01")
def test_a_visit_has_the_colour_of_its_kind_and_the_legend_says_which(person: Any, doctor: Practitioner) -> None:
    for hour, (name, color) in enumerate([("Wound care", "rose"), ("Annual physical", "teal")], 9):
        kind = AppointmentTypeFactory.create(name=name, color=color)
        AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=kind, start_at=at(hour))
    AppointmentTypeFactory(name="Not today", color="blue")
    grid = day_grid(MONDAY, person("front_desk"), Choice())
    drawn = [re.findall(r"kind-(\w+)", block.classes) for block in grid.columns[0].layout.blocks]
    assert drawn == [["rose"], ["teal"]]
    assert [(kind.name, kind.color) for kind in grid.colors] == [("Annual physical", "teal"), ("Wound care", "rose")]


@pytest.mark.feature("C01")
def test_rooms_are_columns_too(person: Any, doctor: Practitioner, visit_type: AppointmentType) -> None:
    room = RoomFactory(name="Room 1")
    AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9), room=room)
    AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(10))
    grid = day_grid(MONDAY, person("front_desk"), Choice(rooms=True))
    assert [(column.name, column.booked) for column in grid.columns] == [("Room 1", 1), ("No room yet", 1)]


@pytest.mark.feature("C01")
def test_a_filter_makes_others_pale_and_hides_none(
    person: Any, doctor: Practitioner, visit_type: AppointmentType
) -> None:
    AppointmentFactory(practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(9))
    AppointmentFactory(
        practitioner=doctor, patient=PatientFactory(), type=visit_type, start_at=at(10), status="arrived"
    )
    [column] = day_grid(MONDAY, person("front_desk"), Choice(statuses=frozenset({"arrived"}))).columns
    assert ["appt-pale" in block.classes for block in column.layout.blocks] == [True, False]


def test_a_change_of_anything_that_stands_is_seen_at_once(person: Any, doctor: Practitioner) -> None:
    """Within one transaction and second, where no time stamp would tell."""
    with time_machine.travel(at(8), tick=False):
        user = person("front_desk")
        assert day_grid(MONDAY, user, Choice()).columns[0].name == "Dr A. Okafor"
        with acting(someone()):
            doctor.family_name = "Brandt"
            doctor.save(update_fields=["family_name"])
            assert day_grid(MONDAY, user, Choice()).columns[0].name == "Dr A. Brandt"
            doctor.family_name = "Nair"
            doctor.save(update_fields=["family_name"])
        assert day_grid(MONDAY, user, Choice()).columns[0].name == "Dr A. Nair"


def test_nothing_that_stands_is_read_from_a_table_that_is_not_watched(doctor: Practitioner) -> None:
    watched = {model._meta.db_table for model in TABLES} | {"scheduling_scheduleexception"}
    with CaptureQueriesContext(connection) as asked:
        standing(MONDAY, MONDAY + timedelta(days=400))
        Openings.rules([doctor.pk], MONDAY, MONDAY, at(0), at(23))
    read = {
        word.strip('"')
        for query in asked.captured_queries
        for word in query["sql"].split()
        if word[:1] == '"' and "_" in word and "." not in word
    }
    assert {word for word in read if word.startswith(("scheduling_", "accounts_", "clinic_"))} <= watched
