"""Visits that come again: booked, moved, called off; an oracle in plain Python, and no ghosts."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
import time_machine
from django.db import transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from emr.accounts.models import User
from emr.shared.errors import DomainError
from scheduling.actions.appointments import reschedule
from scheduling.actions.series import (
    Clashes,
    book_series,
    cancel_series,
    change_series,
    move_series,
)
from scheduling.choices import OCCUPYING, Weekday
from scheduling.models import Appointment, AppointmentSeries
from scheduling.recurrence import Rule
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import EquipmentFactory, RoomFactory, ScheduleFactory, open_week
from tests.scheduling.conftest import CHICAGO, MONDAY, at
from tests.scheduling.desk import Desk, checked_in

pytestmark = [pytest.mark.django_db, pytest.mark.feature("C08")]

WEEK = timedelta(weeks=1)


def series(front: Desk, rule: Rule | None = None, wall: time = time(9), **more: Any) -> AppointmentSeries:
    """Four Mondays at nine, unless the test says otherwise."""
    values = {"by": front.by, "practitioner": front.practitioner, "type": front.type, "wall_time": wall, **more}
    patient = values.pop("patient", None) or PatientFactory()
    return book_series(patient=patient, rule=rule or Rule(MONDAY, "weekly", count=4), **values)


def standing(made: AppointmentSeries) -> list[str]:
    """What stands of a patient's visits, as the wall clock has it."""
    rows = Appointment.objects.filter(patient=made.patient_id, status__in=OCCUPYING).order_by("start_at")
    return [f"{row.start_at.astimezone(CHICAGO):%m-%d %H:%M}" for row in rows]


def nth(made: AppointmentSeries, number: int) -> Appointment:
    return made.visits.filter(status__in=OCCUPYING).order_by("start_at")[number]


def test_every_occurrence_is_a_visit_of_its_own(front: Desk) -> None:
    made = series(front, reason="Wound care")
    assert standing(made) == ["11-23 09:00", "11-30 09:00", "12-07 09:00", "12-14 09:00"]
    assert {row.reason for row in made.visits.all()} == {"Wound care"}
    assert [row.series_day for row in made.visits.order_by("start_at")] == [MONDAY + n * WEEK for n in range(4)]


@pytest.mark.parametrize(("first", "change"), [(date(2027, 3, 1), "spring"), (date(2026, 10, 26), "autumn")])
def test_nine_stays_nine_when_the_clock_is_moved(front: Desk, first: date, change: str) -> None:
    with time_machine.travel(datetime.combine(first, time(7), CHICAGO), tick=False):
        made = series(front, Rule(first, "weekly", count=3))
    starts = [row.start_at for row in made.visits.order_by("start_at")]
    assert [start.astimezone(CHICAGO).hour for start in starts] == [9, 9, 9], change
    assert {(b - a) for a, b in pairwise(starts)} != {WEEK}


@pytest.mark.parametrize(
    ("wall", "spring", "autumn"),
    [
        (time(9), "09:00-05", "09:00-06"),
        # An hour that one of the days doesn't have begins when the clock has jumped over it; of two it is the first.
        (time(2, 30), "03:00-05", "02:30-06"),
        (time(1, 30), "01:30-06", "01:30-05"),
    ],
    ids=["morning", "skipped", "doubled"],
)
def test_the_very_days_on_which_the_clock_is_moved(front: Desk, wall: time, spring: str, autumn: str) -> None:
    for sunday, said in ((date(2026, 3, 8), spring), (date(2026, 11, 1), autumn)):
        saturday = sunday - timedelta(days=1)
        with time_machine.travel(datetime.combine(saturday, time(0), CHICAGO), tick=False):
            rule = Rule(saturday, "daily", count=3)
            choices = {saturday + timedelta(days=number): "override" for number in range(3)}
            made = series(front, rule, wall, choices=choices, override_reason="Home visits")
            usual = f"{wall:%H:%M}"
            assert [one.split()[1] for one in standing(made)] == [usual, said[:5], usual]
            visit = nth(made, 1)
            assert f"{visit.start_at.astimezone(CHICAGO):%H:%M%z}" == f"{said}00"
            assert visit.end_at - visit.start_at == timedelta(minutes=20)
            later = datetime.combine(saturday, time(14, 30), CHICAGO)
            moved = move_series(
                by=front.by,
                appointment=nth(made, 0),
                scope="all",
                start_at=later,
                choices=choices,
                override_reason="Home visits",
            )
        assert [one.split()[1] for one in standing(made)] == ["14:30"] * 3
        assert len({row.series_id for row in moved}) == 1


@pytest.mark.parametrize("first", [date(2027, 3, 1), date(2026, 10, 19)], ids=["spring", "autumn"])
@pytest.mark.parametrize("scope", ["following", "all"])
def test_a_move_keeps_its_hour_when_the_clock_is_moved(front: Desk, first: date, scope: str) -> None:
    with time_machine.travel(datetime.combine(first, time(7), CHICAGO), tick=False):
        made = series(front, Rule(first, "weekly", count=4))
        start = datetime.combine(first, time(14, 30), CHICAGO)
        moved = move_series(by=front.by, appointment=nth(made, 0), scope=scope, start_at=start)
    assert standing(made) == [f"{first + number * WEEK:%m-%d} 14:30" for number in range(4)]
    assert {b.start_at - a.start_at for a, b in pairwise(sorted(moved, key=lambda row: row.start_at))} != {WEEK}


def test_the_same_token_gives_the_same_series(front: Desk) -> None:
    from uuid import uuid4

    token, patient = uuid4(), PatientFactory()
    made = series(front, request_token=token, patient=patient)
    assert series(front, request_token=token, patient=patient) == made
    assert Appointment.objects.count() == 4


@pytest.mark.parametrize("rule", [{"until": date(2027, 11, 23)}, {"count": 61}])
def test_more_than_a_series_may_have_is_refused_and_none_left_out_unsaid(front: Desk, rule: dict[str, Any]) -> None:
    with pytest.raises(DomainError, match="at most 60 visits, within three years") as caught:
        series(front, Rule(MONDAY, "daily", **rule))
    assert caught.value.field in rule
    assert not AppointmentSeries.objects.exists()


def test_each_visit_has_the_equipment(front: Desk) -> None:
    scanner = EquipmentFactory.create(name="Ultrasound")
    made = series(front, equipment=[scanner])
    assert [use.equipment for row in made.visits.all() for use in row.equipment.all()] == [scanner] * 4


class TestClashes:
    def test_are_listed_before_anything_is_saved(self, front: Desk) -> None:
        front.book(start_at=at(9, 10, MONDAY + WEEK))
        with pytest.raises(Clashes, match="5 of 8 visits"):
            series(front, Rule(MONDAY, "weekly", weekdays=("mon", "sat"), count=8))
        assert not AppointmentSeries.objects.exists()
        assert Appointment.objects.count() == 1

    def test_say_why_and_what_is_free(self, front: Desk) -> None:
        front.book(start_at=at(9, 10, MONDAY + WEEK))
        with pytest.raises(Clashes) as caught:
            series(front)
        (clash,) = caught.value.clashes
        assert (clash.day, clash.needs_reason) == (MONDAY + WEEK, False)
        assert "is taken" in clash.message
        assert clash.next_free is not None
        assert clash.next_free.start_at == at(9, 30, MONDAY + WEEK)

    def test_each_is_decided_by_itself(self, front: Desk) -> None:
        for weeks in (1, 2):
            front.book(start_at=at(9, 10, MONDAY + weeks * WEEK))
        rule = Rule(MONDAY + timedelta(days=5), "daily", count=2)
        made = series(front, choices={MONDAY + WEEK: "skip", MONDAY + 2 * WEEK: "next"})
        assert standing(made) == ["11-23 09:00", "12-07 09:30", "12-14 09:00"]
        choices = dict.fromkeys(rule.days(), "override")
        weekend = series(front, rule, choices=choices, override_reason="Daily dressing")
        assert standing(weekend) == ["11-28 09:00", "11-29 09:00"]
        assert {row.override_reason for row in weekend.visits.all()} == {"Daily dressing"}

    def test_the_next_free_time_is_one_that_the_patient_and_the_room_have_too(self, front: Desk) -> None:
        other, patient, room = PractitionerFactory.create(family_name="Brandt"), PatientFactory.create(), RoomFactory()
        open_week(other)
        front.book(practitioner=other, patient=patient, start_at=at(9, 0, MONDAY + WEEK))
        front.book(practitioner=other, room=room, start_at=at(9, 20, MONDAY + WEEK))
        with pytest.raises(Clashes) as caught:
            series(front, patient=patient, room=room)
        (clash,) = caught.value.clashes
        assert clash.next_free is not None
        assert clash.next_free.start_at == at(9, 40, MONDAY + WEEK)
        series(front, patient=patient, room=room, choices={MONDAY + WEEK: "next"})
        mine = Appointment.objects.filter(patient=patient, practitioner=front.practitioner).order_by("start_at")
        assert mine[1].start_at == at(9, 40, MONDAY + WEEK)

    @pytest.mark.parametrize("what", ["patient", "equipment"])
    def test_the_next_free_time_is_found_behind_a_whole_day_that_something_else_takes(
        self, front: Desk, what: str
    ) -> None:
        """Of the practitioner's day, 27 times of 20 minutes are free, and none of them can be given."""
        other, patient, laser = PractitionerFactory.create(), PatientFactory.create(), EquipmentFactory.create()
        open_week(other)
        who = {"patient": patient} if what == "patient" else {"equipment": [laser]}
        for hour in (8, 16):
            start = at(hour, day=MONDAY + WEEK)
            front.book(practitioner=other, start_at=start, end_at=start + timedelta(hours=8 if hour == 8 else 1), **who)
        with pytest.raises(Clashes) as caught:
            series(front, patient=patient, equipment=[laser])
        (clash,) = caught.value.clashes
        assert clash.next_free is not None
        assert clash.next_free.start_at == at(8, day=MONDAY + WEEK + timedelta(days=1))
        made = series(front, patient=patient, equipment=[laser], choices={MONDAY + WEEK: "next"})
        assert nth(made, 1).start_at == at(8, day=MONDAY + WEEK + timedelta(days=1))

    def test_leaving_out_everything_books_nothing(self, front: Desk) -> None:
        rule = Rule(MONDAY + timedelta(days=5), "daily", count=2)
        with pytest.raises(DomainError, match="No visit is left"):
            series(front, rule, choices=dict.fromkeys(rule.days(), "skip"))
        assert not AppointmentSeries.objects.exists()


class TestChanges:
    def test_this_one_alone(self, front: Desk) -> None:
        made = series(front)
        reschedule(by=front.by, appointment=nth(made, 1), start_at=at(14, day=MONDAY + WEEK))
        assert standing(made) == ["11-23 09:00", "11-30 14:00", "12-07 09:00", "12-14 09:00"]

    def test_this_and_the_following(self, front: Desk) -> None:
        made = series(front)
        tuesday = MONDAY + 2 * WEEK + timedelta(days=1)
        moved = move_series(
            by=front.by,
            appointment=nth(made, 2),
            scope="following",
            start_at=at(10, day=tuesday),
            end_at=at(10, 30, tuesday),
        )
        assert standing(made) == ["11-23 09:00", "11-30 09:00", "12-08 10:00", "12-15 10:00"]
        assert [row.end_at - row.start_at for row in moved] == [timedelta(minutes=30)] * 2
        made.refresh_from_db()
        rest = moved[0].series
        assert rest is not None
        assert (made.until, rest.split_from, rest.first_day) == (MONDAY + 2 * WEEK - timedelta(days=1), made, tuesday)
        assert [row.replaces.status for row in moved if row.replaces] == ["cancelled"] * 2

    def test_a_daily_series_moves_over_its_own_days(self, front: Desk) -> None:
        made = series(front, Rule(MONDAY, "daily", count=3))
        move_series(by=front.by, appointment=nth(made, 0), scope="all", start_at=at(9, day=MONDAY + timedelta(days=1)))
        assert standing(made) == ["11-24 09:00", "11-25 09:00", "11-26 09:00"]

    def test_one_that_was_moved_by_itself_stays_where_it_was_agreed(self, front: Desk) -> None:
        made = series(front)
        reschedule(by=front.by, appointment=nth(made, 2), start_at=at(14, day=MONDAY + 2 * WEEK))
        move_series(by=front.by, appointment=nth(made, 0), scope="all", start_at=at(10))
        assert standing(made) == ["11-23 10:00", "11-30 10:00", "12-07 14:00", "12-14 10:00"]

    def test_one_that_was_moved_by_itself_takes_the_others_to_where_it_is_put(self, front: Desk) -> None:
        made, tuesday, wednesday = series(front), MONDAY + timedelta(days=8), MONDAY + timedelta(days=9)
        alone = reschedule(by=front.by, appointment=nth(made, 1), start_at=at(14, day=tuesday))
        move_series(by=front.by, appointment=alone, scope="following", start_at=at(10, day=wednesday))
        assert standing(made) == ["11-23 09:00", "12-02 10:00", "12-09 10:00", "12-16 10:00"]

    def test_one_that_was_given_to_somebody_else_by_itself_stays_theirs(self, front: Desk) -> None:
        made, other = series(front), PractitionerFactory.create(family_name="Brandt")
        open_week(other)
        given = nth(made, 2)
        reschedule(by=front.by, appointment=given, start_at=given.start_at, practitioner=other)
        move_series(by=front.by, appointment=nth(made, 0), scope="all", start_at=at(10))
        assert standing(made) == ["11-23 10:00", "11-30 10:00", "12-07 09:00", "12-14 10:00"]

    def test_a_room_is_given_to_each(self, front: Desk) -> None:
        made, room = series(front), RoomFactory()
        moved = move_series(by=front.by, appointment=nth(made, 0), scope="all", start_at=at(10), room=room)
        assert [row.room for row in moved] == [room] * 4

    def test_what_can_not_be_moved_is_listed_and_nothing_moves(self, front: Desk) -> None:
        made = series(front)
        front.book(start_at=at(10, day=MONDAY + WEEK))
        with pytest.raises(Clashes, match="1 of 4 visits"):
            move_series(by=front.by, appointment=nth(made, 0), scope="all", start_at=at(10))
        assert standing(made) == ["11-23 09:00", "11-30 09:00", "12-07 09:00", "12-14 09:00"]
        move_series(
            by=front.by, appointment=nth(made, 0), scope="all", start_at=at(10), choices={MONDAY + WEEK: "skip"}
        )
        assert standing(made) == ["11-23 10:00", "11-30 09:00", "12-07 10:00", "12-14 10:00"]

    def test_called_off_from_here_on(self, front: Desk) -> None:
        made = series(front)
        gone = cancel_series(
            by=front.by, appointment=nth(made, 1), scope="following", reason="Healed", cancelled_for="patient"
        )
        assert len(gone) == 3
        assert standing(made) == ["11-23 09:00"]

    def test_what_has_begun_or_is_over_is_never_touched(self, front: Desk) -> None:
        made = series(front)
        with time_machine.travel(at(9, 5, MONDAY + WEEK), tick=False):
            here = nth(made, 1)
            checked_in(by=front.by, appointment=here)
            cancel_series(by=front.by, appointment=nth(made, 2), scope="all", reason="x", cancelled_for="clinic")
        assert standing(made) == ["11-23 09:00", "11-30 09:00"]

    def test_words_are_changed_without_a_move(self, front: Desk) -> None:
        made = series(front)
        change_series(by=front.by, appointment=nth(made, 2), scope="following", reason="Stitches", comment="")
        assert [row.reason for row in made.visits.order_by("start_at")] == ["", "", "Stitches", "Stitches"]


_EDITS = st.lists(
    st.tuples(
        st.sampled_from(["move", "cancel"]),
        st.integers(0, 5),
        st.sampled_from(["this", "following", "all"]),
        st.integers(0, 2),
        st.integers(8, 15),
    ),
    max_size=4,
)


@given(edits=_EDITS)
@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_edits_leave_what_a_list_of_dates_leaves(front: Desk, edits: list[tuple[str, int, str, int, int]]) -> None:
    """The model is a list of families, each a list of (day of the series, day, hour, whether it was moved alone)."""
    with transaction.atomic():
        for weekday in (Weekday.SAT, Weekday.SUN):
            ScheduleFactory(practitioner=front.practitioner, weekday=weekday, start_time=time(8), end_time=time(17))
        made = series(front, Rule(MONDAY, "weekly", count=6))
        model = [[(day, day, 9, False)] for day in made_days(made)]
        families = [[entry[0] for entry in model]]
        for verb, index, scope, shift, hour in edits:
            live = sorted((one[1], one[2]) for family in families for one in family)
            if not live:
                break
            day, old_hour = live[index % len(live)]
            visit = Appointment.objects.get(
                patient=made.patient_id, status__in=OCCUPYING, start_at=at(old_hour, day=day)
            )
            new = at(hour, day=day + timedelta(days=shift))
            wanted = _modelled(families, (day, old_hour), verb, scope, shift, hour)
            times = [one[1:3] for family in wanted for one in family]
            if len({*times}) < len(times):
                with pytest.raises(DomainError):  # The patient would be in two places.
                    _edit(front.by, visit, verb, scope, new)
                continue
            _edit(front.by, visit, verb, scope, new)
            families = wanted
        expected = sorted((one[1], one[2]) for family in families for one in family)
        assert standing(made) == [f"{day:%m-%d} {hour:02}:00" for day, hour in expected]
        transaction.set_rollback(True)


def made_days(made: AppointmentSeries) -> list[date]:
    return [row.series_day for row in made.visits.order_by("start_at") if row.series_day]


def _edit(by: User, visit: Appointment, verb: str, scope: str, new: datetime) -> None:
    if verb == "cancel":
        cancel_series(by=by, appointment=visit, scope=scope, reason="x", cancelled_for="clinic")
    elif scope == "this":
        reschedule(by=by, appointment=visit, start_at=new)
    else:
        move_series(by=by, appointment=visit, scope=scope, start_at=new)


Entry = tuple[date, date, int, bool]


def _modelled(
    families: list[list[Entry]], chosen: tuple[date, int], verb: str, scope: str, shift: int, hour: int
) -> list[list[Entry]]:
    family = next(one for one in families if any(entry[1:3] == chosen for entry in one))
    this = next(entry for entry in family if entry[1:3] == chosen)
    hit = [
        entry for entry in family if entry == this or (scope == "following" and entry[0] >= this[0]) or scope == "all"
    ]
    if scope == "this":
        hit = [this]
    kept = [one for one in families if one is not family]
    if verb == "cancel":
        return [*kept, [entry for entry in family if entry not in hit]]
    delta = timedelta(days=shift)
    if scope == "this":
        alone = (this[0], this[1] + delta, hour, this[3] or shift != 0 or hour != this[2])
        return [*kept, [alone if entry == this else entry for entry in family]]
    hit = [entry for entry in hit if entry == this or not entry[3]]
    # This one lands where it was put, also where it stood elsewhere than its series says.
    delta += this[1] - this[0]
    moved = [(entry[0] + delta, entry[0] + delta, hour, False) for entry in hit]
    return [*kept, [entry for entry in family if entry not in hit], moved]
