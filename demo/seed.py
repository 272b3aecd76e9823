"""The sample clinic is told: all of it or nothing, in one transaction, the same for the same seed, day and hour."""

from __future__ import annotations

import time as stopwatch
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import partial

from django.db import connection, transaction
from django.utils import timezone

from demo import clock
from demo.story.availability import lay_availability
from demo.story.balances import BalancesTold
from demo.story.calendar import ZONE, Calendar
from demo.story.cast import Cast
from demo.story.counter import CounterTold
from demo.story.intake import IntakeTold
from demo.story.money import Money
from demo.story.office import OfficeTold
from demo.story.opening import open_clinic
from demo.story.outside import OutsideTold
from demo.story.past import take_history
from demo.story.people import Person, invent, record_death, register
from demo.story.permits import PermitsTold
from demo.story.plan import Planner
from demo.story.privacy import PrivacyTold
from demo.story.recalls import RecallsTold
from demo.story.records import RecordsTold
from demo.story.registration import RegistrationTold
from demo.story.reminders import RemindersTold
from demo.story.twins import TwinsTold
from demo.story.visits import VisitTold
from demo.story.waiting import WaitingTold
from demo.timeline import Timeline
from emr.jobs.execute import execute

Say = Callable[[str], None]
_SECONDS_BETWEEN_LINES = 2.0
#: After how many steps the database checks that each is in the log; so a fault shows near its cause.
_CHECK_EVERY = 250
#: What happens before the first visit, in days.
_LEAD_DAYS = 30


@dataclass(frozen=True)
class Size:
    """How much is told: the households, None for all; days;
    today's visits; those of each recent day; the share booked later."""

    households: frozenset[str] | None
    days: int
    today: int
    recent: int
    upcoming: float


SIZES = {
    "full": Size(households=None, days=365, today=31, recent=4, upcoming=0.16),
    "small": Size(households=frozenset({"1", "4", "5", "32", "35"}), days=35, today=6, recent=1, upcoming=0.2),
}


def seed_clinic(*, seed: int, size: Size, say: Say, now: datetime | None = None) -> None:
    """Write the sample clinic into an empty database. ``now`` is for tests; it defaults to the real time.

    The caller has asked :func:`demo.guard.check_may_load`.
    """
    calendar = Calendar(now or timezone.now())
    begun = stopwatch.monotonic()
    with timezone.override(ZONE):
        with transaction.atomic():
            _allow_time()
            money = _tell(calendar, seed, size, say)
        for job_id in money.jobs:
            execute(job_id)
    say(f"Sample clinic: ready after {stopwatch.monotonic() - begun:.0f} s.")


def _tell(calendar: Calendar, seed: int, size: Size, say: Say) -> Money:
    since = calendar.today - timedelta(days=size.days + _LEAD_DAYS)
    with clock.at(calendar.instant(since, time(7))):
        cast = open_clinic(calendar, since)
    timeline, people = Timeline(), invent(calendar, seed, since, size.households)
    money = Money(cast, calendar, timeline)
    _lay_people(timeline, cast, calendar, people, since)
    planner = Planner(calendar, seed)
    planner.today(people, size.today)
    planner.fixed(people)
    planner.recent(people, size.recent)
    planner.history(people, size.days)
    planner.leave_unwritten()
    planner.upcoming(people, size.upcoming)
    for visit in planner.visits:
        VisitTold(cast, visit, calendar, timeline, money).lay()
    money.lay_runs(since)
    RegistrationTold(cast, calendar, timeline, people).lay()
    TwinsTold(cast, calendar, timeline, people).lay()
    PrivacyTold(cast, calendar, timeline, people).lay()
    RecordsTold(cast, calendar, timeline, people).lay()
    OfficeTold(cast, calendar, timeline, people).lay()
    OutsideTold(cast, calendar, timeline, people).lay()
    IntakeTold(cast, calendar, timeline, people).lay()
    CounterTold(cast, calendar, timeline, people).lay()
    PermitsTold(cast, calendar, timeline, people, money.jobs).lay()
    BalancesTold(cast, calendar, timeline, people, money.jobs).lay()
    lay_availability(cast, calendar, timeline)
    WaitingTold(cast, calendar, timeline, people).lay()
    RemindersTold(cast, calendar, timeline).lay()
    RecallsTold(cast, calendar, timeline, people).lay()
    say(f"Sample clinic: {len(people)} patients, {len(planner.visits)} visits.")
    timeline.tell(said_at=calendar.said_at, on_step=_Progress(say))
    return money


def _lay_people(timeline: Timeline, cast: Cast, calendar: Calendar, people: list[Person], since: date) -> None:
    for person in people:
        moment = person.registered_at
        timeline.add(moment, partial(register, cast, person, people, since))
        if "new" not in person.flags:
            timeline.add(moment + timedelta(minutes=40), partial(take_history, cast, person))
        if "deceased" in person.flags:
            died_at = calendar.instant(calendar.today - timedelta(days=40), time(4, 20))
            told_at = died_at + timedelta(days=1, hours=6)
            timeline.add(told_at, partial(record_death, cast, person, died_at))


class _Progress:
    """A line every two seconds; and from time to time the database's own check of the log."""

    def __init__(self, say: Say) -> None:
        self._say = say
        self._shown = stopwatch.monotonic()

    def __call__(self, done: int, total: int) -> None:
        if done % _CHECK_EVERY == 0:
            check_log()
        if stopwatch.monotonic() - self._shown >= _SECONDS_BETWEEN_LINES:
            self._shown = stopwatch.monotonic()
            self._say(f"Sample clinic: {done:,} of {total:,} entries ({done * 100 // total} %) …")


def check_log() -> None:
    """Let the deferred guards of all recorded tables look at what was written so far."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")


def _allow_time() -> None:
    """A year takes longer than a page's statement may."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = '300s'")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
