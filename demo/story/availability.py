"""Hours beyond plain mornings and afternoons: sessions by type, held ones, time off; and the equipment."""

from __future__ import annotations

from datetime import date, time, timedelta
from functools import partial

from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.timeline import Timeline
from scheduling.actions.availability import Terms, set_week
from scheduling.actions.exceptions import block_time, override_day
from scheduling.actions.resources import add_equipment
from scheduling.choices import ExceptionKind, Weekday

_WORKDAYS = list(Weekday)[:5]


def set_special_hours(cast: Cast, since: date) -> None:
    """Early times held for the day's urgent calls, evenings by video, a vaccine hour for four at a time."""
    types, manager = cast.types, cast.users["manager"]
    sessions = (
        ("okafor", _WORKDAYS, time(7), time(8), Terms(appointment_types=[types["established"]], release_hours=24)),
        ("silva", [Weekday.TUE], time(17), time(18), Terms(appointment_types=[types["telehealth"]])),
        (
            "nurse",
            [Weekday.WED],
            time(17),
            time(18),
            Terms(appointment_types=[types["nurse"]], capacity=4, interval_weeks=2, room=cast.rooms["nurse"]),
        ),
    )
    for key, weekdays, start, end, terms in sessions:
        set_week(
            by=manager,
            practitioner=cast.practitioners[key],
            weekdays=weekdays,
            start_time=start,
            end_time=end,
            effective_from=since,
            terms=terms,
        )


def lay_availability(cast: Cast, calendar: Calendar, timeline: Timeline) -> None:
    """What the manager did this morning, when the coming days were partly booked already."""
    morning = calendar.story_now - timedelta(minutes=4)
    for happening in (_train, _leave_early, _go_on_vacation, _buy_equipment):
        timeline.add(morning, partial(happening, cast, calendar))


def _train(cast: Cast, calendar: Calendar) -> None:
    """A training in which visits stand: they wait to be moved."""
    day = next(iter(calendar.days(2, 9)))
    block_time(
        by=cast.users["manager"],
        practitioner=cast.practitioners["brandt"],
        start_at=calendar.instant(day, time(9)),
        end_at=calendar.instant(day, time(12)),
        reason="Training",
    )


def _leave_early(cast: Cast, calendar: Calendar) -> None:
    """One day with hours of its own: a late start, and an hour longer."""
    day = next(iter(calendar.days(24, 34)))
    override_day(
        by=cast.users["manager"],
        practitioner=cast.practitioners["silva"],
        day=day,
        hours=[(time(10), time(12)), (time(13), time(18))],
        reason="Late clinic",
    )


def _go_on_vacation(cast: Cast, calendar: Calendar) -> None:
    """A week off, far enough ahead that nobody is booked in it."""
    first = calendar.today + timedelta(days=28 - calendar.today.weekday())
    block_time(
        by=cast.users["manager"],
        practitioner=cast.practitioners["okafor"],
        start_at=calendar.instant(first, time(0)),
        end_at=calendar.instant(first + timedelta(days=5), time(0)),
        reason="Vacation",
        kind=ExceptionKind.TIME_OFF,
    )


def _buy_equipment(cast: Cast, calendar: Calendar) -> None:
    """What only one visit can use at a time."""
    manager, types = cast.users["manager"], cast.types
    add_equipment(by=manager, name="Minor surgery set", needed_for=[types["procedure"]])
    add_equipment(by=manager, name="ECG recorder", needed_for=[types["physical"]])
    add_equipment(by=manager, name="Portable ultrasound")
