"""A visit from the telephone call to the addendum: its steps, each at its moment and by the one whose work it is."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, time, timedelta
from functools import partial
from random import Random

from django.utils import timezone

from clinic.actions.encounters import open_encounter
from clinic.choices import EncounterClass
from clinic.models import MedicationStatement
from demo.data import tables
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.charting import Charting
from demo.story.money import Money
from demo.story.plan import Visit
from demo.timeline import Timeline
from scheduling.actions.appointments import book, cancel, check_in, complete, mark_arrived, mark_no_show
from scheduling.choices import CancelledBy, CheckItem
from scheduling.models import Appointment
from scheduling.queries.checkin import check_lines

_MINUTE = timedelta(minutes=1)
#: Why the desk leaves something out of what it goes through with everybody.
_LEFT_OUT: dict[str, str] = dict.fromkeys(CheckItem, "Brings it next time")
_LEFT_OUT[CheckItem.COPAY] = "Pays at the counter afterwards"
_CALLED_OFF = ("Child is ill, will call again.", "Has to work.", "No ride today.", "Feels better.")
#: How many minutes each practitioner runs behind, so that at any time somebody waits and somebody is with them.
_BEHIND = {"okafor": 12, "brandt": 4, "silva": 7, "nurse": 1}
#: A short course of a drug.
_RECENT = timedelta(days=8)
#: Older visits are on file without their appointment, as after a change of systems.
_SCHEDULE_KEPT = timedelta(days=60)
_COURSE = timedelta(days=12)


class VisitTold(Charting):
    """The steps of one visit; those that lie beyond the story's present are not told."""

    def __init__(self, cast: Cast, visit: Visit, calendar: Calendar, timeline: Timeline, money: Money) -> None:
        super().__init__(cast, visit, calendar.today)
        self.calendar, self.timeline, self.money = calendar, timeline, money
        self.steps = Random(f"steps {visit.key}")  # noqa: S311  invented, not secret
        self._appointment: Appointment | None = None

    @property
    def appointment(self) -> Appointment:
        """The appointment, once booked."""
        if self._appointment is None:
            raise LookupError(f"{self.visit.key} was not booked.")
        return self._appointment

    def lay(self) -> None:
        """Put the steps on the timeline."""
        start, fate = self.visit.start, self.visit.fate
        if self.calendar.today - self.day > _SCHEDULE_KEPT:
            self._lay_seen(start, self.visit.end, self.walk_in)
            return
        self._at(self._booked_at(), self.book)
        if fate.no_show:
            self._at(start + 20 * _MINUTE, self.miss)
        elif fate.cancelled:
            self._at(min(start - timedelta(hours=20), self.calendar.story_now - 30 * _MINUTE), self.call_off)
        else:
            self._lay_seen(start, self.visit.end, self.check_in)

    def _lay_seen(self, start: datetime, end: datetime, open_visit: Callable[[], None]) -> None:
        behind = _BEHIND[self.visit.practitioner] * _MINUTE
        early = self.steps.randint(4, 22) * _MINUTE
        if self.day == self.calendar.today:
            self._at(start - early, self.arrive)
        self._at(start + behind / 2 - 2 * _MINUTE, open_visit)
        self._at(start + behind, self.measure)
        self._at(start + behind + 3 * _MINUTE, self.begin)
        self._at(start + behind + 5 * _MINUTE, self.draft)
        if self.visit.fate.unfinished:
            self._at(end + behind, self.leave)
            return
        self._at(end + behind - _MINUTE, self.treat)
        self._at(end + behind, self.sign)
        self._at(end + behind + _MINUTE, self.leave)
        self._at(end + behind + 4 * _MINUTE, partial(self.money.charge, self))
        morning = self.calendar.instant(self.day + timedelta(days=1), time(7, 30))
        for number, panel in enumerate(self._panels()):
            self._at(morning + number * _MINUTE, partial(self.receive, panel, alarming=self._alarming(panel)))
        if self.steps.random() < 0.08:
            self._at(end + timedelta(days=2), self.amend)

    def _panels(self) -> list[str]:
        """What is drawn: the visit's own panels, and those of the problem that it follows up."""
        followed = [tables("problems")[problem] for problem in self.person.problems]
        of_problem = [panel for table in followed if table["visit"] == self.story["key"] for panel in table["panels"]]
        return list(dict.fromkeys([*self.story.get("panels", ()), *of_problem]))

    def _alarming(self, panel: str) -> bool:
        """The showcase's last potassium can't wait."""
        recent = timedelta(0) < self.calendar.today - self.day <= _RECENT
        return panel == "metabolic" and recent and "showcase" in self.person.flags

    def _at(self, moment: datetime, step: Callable[[], object]) -> None:
        if moment <= self.calendar.story_now:
            self.timeline.add(moment, step)

    def _booked_at(self) -> datetime:
        """Some days before, in the hours of the front desk, not before the person was registered."""
        day = self.day - timedelta(days=self.steps.randint(1, 20))
        called = self.calendar.instant(day, time(self.steps.randint(8, 15), self.steps.randint(0, 59)))
        latest = min(self.visit.start, self.calendar.story_now) - timedelta(hours=3)
        return min(max(called, self.person.registered_at + timedelta(hours=1)), latest)

    def book(self) -> None:
        """The front desk books."""
        self._appointment = book(
            by=self.cast.users["desk"],
            patient=self.person.chart,
            practitioner=self.cast.practitioners[self.visit.practitioner],
            type=self.cast.types[self.story["type"]],
            start_at=self.visit.start,
            reason=self.story["reason"],
            comment="Interpreter ordered." if self.person.row["interpreter"] else "",
            room=self.cast.rooms[self.visit.practitioner],
        )

    def miss(self) -> None:
        """Nobody came."""
        mark_no_show(by=self.cast.users["desk"], appointment=self.appointment, at=self.visit.start + 20 * _MINUTE)

    def call_off(self) -> None:
        """The patient calls it off."""
        reason = self.steps.choice(_CALLED_OFF)
        desk = self.cast.users["desk"]
        cancel(by=desk, appointment=self.appointment, reason=reason, cancelled_for=CancelledBy.PATIENT)

    def arrive(self) -> None:
        """The patient is here."""
        mark_arrived(by=self.cast.users["desk"], appointment=self.appointment)

    def check_in(self) -> None:
        """Checked in with what is on file; the copay is told by the till. The visit is open."""
        self.encounter = check_in(
            by=self.cast.users["desk"],
            appointment=self.appointment,
            done=[line.key for line in check_lines(self.appointment) if line.item != CheckItem.COPAY],
            reasons=_LEFT_OUT,
        )

    def walk_in(self) -> None:
        """A visit from before the schedule was kept here."""
        kind = self.cast.types[self.story["type"]]
        self.encounter = open_encounter(
            by=self.cast.users["desk"],
            patient=self.person.chart,
            practitioner=self.cast.practitioners[self.visit.practitioner],
            period_start=timezone.now(),
            reason=self.story["reason"],
            type_display=kind.name,
            place_of_service=kind.place_of_service,
            class_code=EncounterClass.VIRTUAL if self.story["type"] == "telehealth" else EncounterClass.AMBULATORY,
        )

    def leave(self) -> None:
        """The patient goes home."""
        if self._appointment is None:
            return
        complete(by=self.cast.users["desk"], appointment=self.appointment)

    def on_course(self, statement: MedicationStatement) -> None:
        self._at(self.visit.end + _COURSE, partial(self.finish_course, statement))
