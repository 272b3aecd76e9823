"""The next free time equals a walk through every minute: weeks, exceptions, visits by lot; both clock-change days."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from random import Random
from typing import Any

import pytest
import time_machine
from django.utils import timezone

from emr.accounts.models import Practitioner
from scheduling.choices import ExceptionKind, Weekday
from scheduling.models import Appointment, AppointmentType, Schedule, ScheduleException, ScheduleType
from scheduling.openings import HORIZON_DAYS, next_open_day
from scheduling.queries.availability import next_available
from scheduling.wallclock import instant_at
from tests.factories.accounts import ClinicFactory, PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import (
    AppointmentFactory,
    AppointmentTypeFactory,
    ScheduleExceptionFactory,
    ScheduleFactory,
    ScheduleTypeFactory,
)
from tests.scheduling.oracle import CHICAGO, Stand, free_times

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C05"), pytest.mark.feature("C03")]

_DAYS = 14
#: A fortnight that begins on the Thursday before the clock is moved.
STARTS = [date(2026, 3, 5), date(2026, 10, 29)]


def clinic_of(chance: Random, first: date) -> tuple[list[Practitioner], list[AppointmentType]]:
    """Two with weeks by lot."""
    kinds = [
        AppointmentTypeFactory.create(duration_minutes=20),
        AppointmentTypeFactory.create(duration_minutes=40, buffer_minutes=10),
    ]
    people = [PractitionerFactory.create(family_name=name) for name in ("Abel", "Brandt")]
    for who in people:
        for weekday in Weekday:
            hours = sorted(chance.sample(range(24), 2 * chance.choice([0, 1, 1, 2])))
            for begin, end in zip(hours[::2], hours[1::2], strict=True):
                session_of(chance, who, weekday, time(begin, chance.choice([0, 30])), time(end, 45), first, kinds)
        for _ in range(3):
            exception_of(chance, who, first)
        for _ in range(12):
            visit_of(chance, who, first, chance.choice(kinds))
    return people, kinds


def session_of(
    chance: Random, who: Practitioner, weekday: Weekday, begin: time, end: time, first: date, kinds: list[Any]
) -> None:
    held = chance.random() < 0.2
    row = ScheduleFactory.create(
        practitioner=who,
        weekday=weekday,
        start_time=begin,
        end_time=end,
        effective_from=first - timedelta(days=chance.randrange(30)),
        capacity=chance.choice([1, 1, 1, 2]),
        interval_weeks=chance.choice([1, 1, 2]),
        held=held,
        release_hours=chance.choice([24, 100]) if held else 0,
    )
    if chance.random() < 0.3:
        ScheduleTypeFactory(schedule=row, type=chance.choice(kinds))


def exception_of(chance: Random, who: Practitioner, first: date) -> None:
    kind = chance.choice(list(ExceptionKind))
    start = instant_at(first + timedelta(days=chance.randrange(_DAYS)), time(chance.randrange(24)), CHICAGO)
    ScheduleExceptionFactory(
        practitioner=who if kind in ExceptionKind.personal() else None,
        kind=kind,
        start_at=start,
        end_at=start + timedelta(hours=chance.randrange(1, 12)),
    )


def visit_of(chance: Random, who: Practitioner, first: date, kind: AppointmentType) -> None:
    start = instant_at(first + timedelta(days=chance.randrange(_DAYS)), time(chance.randrange(24)), CHICAGO)
    end = start + timedelta(minutes=kind.duration_minutes)
    if not Appointment.objects.filter(
        practitioner=who, start_at__lt=end + timedelta(hours=1), end_at__gt=start
    ).exists():
        until = end + timedelta(minutes=kind.buffer_minutes) if kind.buffer_minutes else None
        AppointmentFactory(
            practitioner=who, patient=PatientFactory(), type=kind, start_at=start, end_at=end, busy_until=until
        )


def brute_force(who: Practitioner, kind: AppointmentType, first: date, now: datetime) -> list[datetime]:
    rows = list(Schedule.objects.filter(practitioner=who))
    for row in rows:
        row.type_ids = list(ScheduleType.objects.filter(schedule=row).values_list("type_id", flat=True))
    exceptions = [row for row in ScheduleException.objects.all() if row.practitioner_id in (None, who.pk)]
    visits = [
        Stand(one.start_at, one.end_at, one.busy_until or one.end_at, one.type_id)
        for one in Appointment.objects.filter(practitioner=who)
    ]
    days = [first + timedelta(days=n) for n in range(_DAYS)]
    return [
        moment
        for day in days
        for moment in free_times(day, rows, exceptions, visits, kind.duration_minutes, now=now, kind=kind)
    ]


@pytest.mark.parametrize("first", STARTS, ids=["spring", "autumn"])
@pytest.mark.parametrize("seed", range(4))
def test_equals_brute_force_over_the_change_of_clocks(first: date, seed: int) -> None:
    chance = Random(f"{first} {seed}")  # noqa: S311  a test's own lot
    ClinicFactory()
    now = instant_at(first, time(9, 10), CHICAGO)
    with time_machine.travel(now, tick=False), timezone.override(CHICAGO):
        people, kinds = clinic_of(chance, first)
        for kind in kinds:
            everything = sorted(
                (moment, who.pk) for who in people for moment in brute_force(who, kind, first, now) if moment >= now
            )
            for _ in range(6):
                ask(chance, everything, people, kind, first, now)


def ask(
    chance: Random, everything: list[Any], people: list[Any], kind: AppointmentType, first: date, now: datetime
) -> None:
    """One question as a receptionist would put it: who, on which days, at what time of day, from when."""
    who = chance.choice([None, *people])
    weekdays = chance.choice([(), (Weekday.SUN,), (Weekday.MON, Weekday.SUN, Weekday.FRI)])
    between = chance.choice([None, (time(8), time(12)), (time(1), time(3)), (time(13), time(23, 30))])
    start = max(now, instant_at(first + timedelta(days=chance.randrange(6)), time(chance.randrange(24)), CHICAGO))
    length = timedelta(minutes=kind.duration_minutes)
    expected = []
    for moment, key in everything:
        day = moment.astimezone(CHICAGO).date()
        inside = between is None or (
            instant_at(day, between[0], CHICAGO) <= moment and moment + length <= instant_at(day, between[1], CHICAGO)
        )
        named = not weekdays or list(Weekday)[day.weekday()] in weekdays
        if inside and named and moment >= start and (who is None or key == who.pk):
            expected.append((moment, key))
    limit = chance.choice([1, 5])
    if len(expected) < limit:
        return  # The search goes on after the fortnight that was walked through.
    found = next_available(kind, who, start, weekdays, limit, between=between)
    assert [slot.start_at for slot in found] == [moment for moment, _ in expected[:limit]]


def test_a_search_that_finds_nothing_asks_no_more_than_five_times(visit_type: AppointmentType, queries: Any) -> None:
    who = PractitionerFactory.create()
    ScheduleFactory(practitioner=who, capacity=1, start_time=time(8), end_time=time(8, 20))
    first = date(2026, 11, 23)
    for n in range(0, HORIZON_DAYS + 7, 7):
        start = instant_at(first + timedelta(days=n), time(8), CHICAGO)
        AppointmentFactory(practitioner=who, patient=PatientFactory(), type=visit_type, start_at=start)
    with queries() as asked:
        assert next_open_day([who], 20, first) is None
    assert len(asked()) == 5
    with queries() as asked:
        assert next_open_day([PractitionerFactory.create()], 20, first) is None
    assert len([sql for sql in asked() if sql.startswith("SELECT") and "scheduling_" in sql]) == 2


def test_the_next_open_day_costs_three_queries_within_the_week(doctor: Practitioner, queries: Any) -> None:
    with queries() as asked:
        assert next_open_day([doctor], 20, date(2026, 11, 27)) == date(2026, 11, 30)
    assert len(asked()) == 3
