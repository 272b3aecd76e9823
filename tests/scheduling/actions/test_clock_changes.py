"""The two days a year on which the clock is moved: what the database lets stand is what is offered."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from django.db import IntegrityError, connection, transaction

from scheduling.choices import Weekday
from scheduling.models import AppointmentType
from scheduling.openings import Openings
from tests.factories.accounts import ClinicFactory, PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, ScheduleFactory
from tests.scheduling.conftest import CHICAGO

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C03"), pytest.mark.feature("C04")]

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
