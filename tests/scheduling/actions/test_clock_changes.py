"""The two days a year on which the clock is moved: sessions, reminders and reports."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from clinic.models import Patient
from scheduling.actions.reminders import set_rule
from scheduling.choices import AppointmentStatus, Weekday
from scheduling.models import AppointmentType
from scheduling.openings import Openings
from scheduling.queries.no_shows import no_shows
from scheduling.queries.reminders import fallen_due
from scheduling.reminding.texts import when
from tests.factories.accounts import ClinicFactory, PractitionerFactory
from tests.factories.clinic import ContactPointFactory, PatientFactory
from tests.factories.scheduling import AppointmentFactory, ScheduleFactory
from tests.scheduling.conftest import CHICAGO
from tests.scheduling.desk import Desk

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C03"), pytest.mark.feature("C04")]

MINUTE = timedelta(minutes=1)
SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)


@pytest.fixture
def night(visit_type: AppointmentType) -> Any:
    """Somebody who sees two at a time in the night of each Sunday, from half past midnight to half past one."""
    ClinicFactory()
    who = PractitionerFactory.create()
    ScheduleFactory(practitioner=who, weekday=Weekday.SUN, start_time=time(0, 30), end_time=time(1, 30), capacity=2)
    return who


def in_session(who: Any, kind: AppointmentType, start: datetime) -> bool:
    """What the database says of a visit of twenty minutes."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT in_session FROM scheduling_may_stand(%s, %s, %s, %s)",
            [who.pk, kind.pk, start, start + timedelta(minutes=20)],
        )
        return bool(cursor.fetchone()[0])


def insert(who: Any, kind: AppointmentType, start: datetime, lane: int) -> None:
    """A visit written past every action."""
    AppointmentFactory(practitioner=who, patient=PatientFactory(), type=kind, start_at=start.astimezone(UTC), lane=lane)


@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_a_session_is_the_same_to_the_database_and_to_who_offers(
    night: Any, visit_type: AppointmentType, day: date
) -> None:
    openings = Openings.read([night], day, day)
    midnight = datetime.combine(day, time(0), CHICAGO).astimezone(UTC)
    moments = [midnight + timedelta(minutes=minute) for minute in range(0, 240, 10)]
    sessions = openings.sessions(night.pk, day)
    offered = {
        moment: any(span.start <= moment and moment + timedelta(minutes=20) <= span.end for span in sessions)
        for moment in moments
    }
    assert {moment: in_session(night, visit_type, moment) for moment in moments} == offered
    assert sum(offered.values()) == 5


def test_in_the_doubled_hour_two_stand_only_while_the_session_is_held(night: Any, visit_type: AppointmentType) -> None:
    first = datetime(2027, 11, 7, 1, 0, tzinfo=CHICAGO)
    again = first.replace(fold=1)
    for start, lane in ((first, 1), (first, 2), (again, 1)):
        insert(night, visit_type, start, lane)
    with pytest.raises(IntegrityError, match="where 1 may stand"), transaction.atomic():
        insert(night, visit_type, again, 2)


@pytest.mark.feature("C11")
@pytest.mark.parametrize("day", [SPRING, AUTUMN], ids=["spring", "autumn"])
def test_a_reminder_leaves_as_many_hours_before_and_says_the_walls_time(
    front: Desk, visit_type: AppointmentType, day: date
) -> None:
    start = datetime.combine(day, time(9), CHICAGO).astimezone(UTC)
    patient = PatientFactory(email_reminders=True)
    ContactPointFactory(patient=patient, system="email", value="zora@example.org")
    row = AppointmentFactory(patient=patient, practitioner=front.practitioner, type=visit_type, start_at=start)
    set_rule(by=front.by, hours_before=48, by_email=True, by_sms=False)
    falls = start - timedelta(hours=48)
    found = {moment: [one.appointment for one in fallen_due(moment)] for moment in (falls - MINUTE, falls)}
    assert found == {falls - MINUTE: [], falls: [row]}
    with timezone.override(CHICAGO):
        assert when(start) == f"Sunday, {day.day} {day:%B} 2027 at 09:00"


@pytest.mark.feature("C13")
@pytest.mark.parametrize(("day", "hours"), [(SPRING, 23), (AUTUMN, 25)], ids=["spring", "autumn"])
def test_a_days_report_has_all_its_hours_and_no_other(
    front: Desk, visit_type: AppointmentType, day: date, hours: int
) -> None:
    midnight = datetime.combine(day, time(0), CHICAGO).astimezone(UTC)
    missed = {"practitioner": front.practitioner, "type": visit_type, "status": AppointmentStatus.NOSHOW}
    for hour in range(-2, hours + 2):
        AppointmentFactory(patient=PatientFactory(), start_at=midnight + timedelta(hours=hour), **missed)
    starts = {row.start_at for row in no_shows(Patient.objects.all(), day, day).rows}
    assert starts == {midnight + timedelta(hours=hour) for hour in range(hours)}
