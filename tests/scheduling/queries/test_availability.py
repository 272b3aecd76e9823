"""The next free time equals what a walk through every day and every practitioner finds."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import product

import pytest
import time_machine

from emr.accounts.models import Practitioner
from scheduling.choices import Weekday
from scheduling.models import AppointmentType
from scheduling.openings import Slot
from scheduling.queries.availability import exceptions_ahead, next_available
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, ScheduleExceptionFactory, ScheduleFactory
from tests.scheduling.conftest import CHICAGO, MONDAY, at
from tests.scheduling.desk import open_slots

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C05")]


@pytest.fixture
def three(doctor: Practitioner, visit_type: AppointmentType) -> list[Practitioner]:
    """Three with uneven weeks, visits, time off, and a closed day."""
    late, rare = (PractitionerFactory.create(family_name=name) for name in ("Brandt", "Silva"))
    PractitionerFactory(bookable=False)
    for weekday in (Weekday.MON, Weekday.WED):
        ScheduleFactory(practitioner=late, weekday=weekday, start_time=time(13), end_time=time(18, 10))
    ScheduleFactory(practitioner=rare, weekday=Weekday.FRI, start_time=time(7, 30), end_time=time(8, 30))
    ScheduleExceptionFactory(practitioner=doctor, start_at=at(8), end_at=at(15))
    ScheduleExceptionFactory(start_at=at(0, day=date(2026, 11, 26)), end_at=at(0, day=date(2026, 11, 27)))
    for hour in (13, 15, 16):
        AppointmentFactory(practitioner=late, type=visit_type, patient=PatientFactory(), start_at=at(hour, 5))
    gone = {"status": "cancelled"}
    AppointmentFactory(practitioner=late, patient=PatientFactory(), start_at=at(14), **gone)
    return [doctor, late, rare]


def every_slot(kind: AppointmentType, whom: list[Practitioner]) -> list[Slot]:
    """All free times of seventy days, day by day, one practitioner at a time."""
    return sorted(slot for one in whom for n in range(70) for slot in open_slots(one, kind, MONDAY + timedelta(days=n)))


def test_equals_brute_force(three: list[Practitioner], visit_type: AppointmentType) -> None:
    everything = every_slot(visit_type, three)
    assert len({slot.practitioner_id for slot in everything}) == 3
    for one, weekdays, hours, limit in product(
        [None, *three], [(), (Weekday.FRI,), (Weekday.TUE, Weekday.WED)], [0, 5, 100], [1, 7, 24]
    ):
        start = at(8) + timedelta(hours=hours)
        expected = [
            slot
            for slot in everything
            if slot.start_at >= start
            and (one is None or slot.practitioner_id == one.pk)
            and (not weekdays or list(Weekday)[slot.start_at.astimezone(CHICAGO).weekday()] in weekdays)
        ]
        # Nobody on these days at all: the search goes on past the seventy days and finds nothing either.
        assert next_available(visit_type, one, start, weekdays, limit) == expected[:limit]


def test_never_in_the_past(three: list[Practitioner], visit_type: AppointmentType) -> None:
    with time_machine.travel(at(16, 30), tick=False):
        found = next_available(visit_type, three[0], at(8) - timedelta(days=7), limit=1)
    assert [slot.start_at for slot in found] == [at(16, 40)]


def test_nobody_free_gives_nothing(visit_type: AppointmentType) -> None:
    assert next_available(visit_type, PractitionerFactory()) == []


def test_the_visits_that_time_off_hits_are_counted_by_the_clock_that_lists_it(doctor: Practitioner) -> None:
    """Both by the program's, which tests set: at this moment the database's is years ahead."""
    day = date(2020, 11, 23)
    with time_machine.travel(at(7, 58, day), tick=False):
        for hour in (7, 9):
            start = at(hour, 30, day)
            AppointmentFactory(
                practitioner=doctor, patient=PatientFactory(), start_at=start, end_at=start + timedelta(minutes=20)
            )
        ScheduleExceptionFactory(practitioner=doctor, start_at=at(7, day=day), end_at=at(12, day=day))
        assert [row.standing for row in exceptions_ahead(doctor)] == [1]  # type: ignore[attr-defined]  # annotated
