"""Rules about visits side by side, a series, the waitlist with a time on offer, the waiting room's screen."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date, time, timedelta
from decimal import Decimal
from functools import partial

from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Timeline
from emr.audit.actor import service_user
from emr.shared.errors import DomainError
from scheduling.actions.appointment_types import change_appointment_type
from scheduling.actions.displays import add_display, open_display, revoke_display
from scheduling.actions.policies import set_policy
from scheduling.actions.series import Clashes, book_series
from scheduling.actions.thresholds import set_threshold
from scheduling.actions.waitlist import add_to_waitlist, offer_time
from scheduling.choices import DoubleBooking, Frequency, Priority, TypeColor, WaitlistStatus
from scheduling.models import Appointment, WaitingDisplay, WaitlistEntry
from scheduling.openings import find_slots
from scheduling.recurrence import Rule
from scheduling.stages import Stage

_COLORS = {
    "new": TypeColor.VIOLET,
    "established": TypeColor.BLUE,
    "physical": TypeColor.TEAL,
    "procedure": TypeColor.ORANGE,
    "telehealth": TypeColor.ROSE,
    "nurse": TypeColor.GREEN,
}
#: Who waits, with which wishes; more wait than have one, as in any clinic.
_WISHES: tuple[dict[str, object], ...] = (
    {"priority": Priority.URGENT, "note": "Sore knee, worse this week"},
    {"weekdays": ["mon", "wed"], "earliest": time(13), "note": "Works mornings"},
    {"latest": time(10), "note": "Before school"},
    {"priority": Priority.ASAP, "note": "Wants an earlier time than in spring"},
    {"note": "Any time will do"},
)
_WOUND = time(11, 30)


class WaitingTold:
    """What the front desk has in hand beside the day."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person]) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self.people = [one for one in people if not {"new", "restricted", "deceased"} & one.flags]

    def lay(self) -> None:
        """Put all of it on the timeline."""
        self._at(20, time(9, 10), self._rules)
        self._at(6, time(15, 20), self._series)
        for number in range(min(len(_WISHES), len(self.people))):
            self._at(5 - number, time(10, 15), partial(self._wait, number))
        self._at(0, time(8, 25), self._offer)
        self._at(9, time(7, 40), self._hang_a_screen)

    def _rules(self) -> None:
        manager = self.cast.users["manager"]
        for key, color in _COLORS.items():
            fee = Decimal("25.00") if key in {"new", "procedure"} else Decimal(0)
            change_appointment_type(
                by=manager,
                appointment_type=self.cast.types[key],
                color=color,
                no_show_fee=fee,
                online_bookable=key in {"established", "telehealth"},
            )
        for practitioner, kind, rule, most in (
            (None, "procedure", DoubleBooking.FORBID, 1),
            ("nurse", None, DoubleBooking.ALLOW, 2),
            ("okafor", "established", DoubleBooking.WARN, 2),
        ):
            set_policy(
                by=manager,
                practitioner=self.cast.practitioners[practitioner] if practitioner else None,
                type=self.cast.types[kind] if kind else None,
                rule=rule,
                maximum=most,
            )

    def _hang_a_screen(self) -> None:
        """The waiting room's screen, opened, and a tablet that was taken down; limits of our own."""
        manager, service = self.cast.users["manager"], service_user("waiting-room")
        open_display(by=service, code=add_display(by=manager, name="Waiting room"))
        open_display(by=service, code=add_display(by=manager, name="Tablet at the door"))
        revoke_display(by=manager, display=WaitingDisplay.objects.get(name="Tablet at the door"))
        set_threshold(by=manager, stage=Stage.ARRIVED, warn_minutes=8, late_minutes=15)

    def _series(self) -> None:
        """A dressing changed every week; a day on which it can't be is left out."""
        first = next(iter(self.calendar.days(2, 9)))
        rule, choices = Rule(first, Frequency.WEEKLY, count=6), dict[date, str]()
        for _ in range(2):
            try:
                book_series(
                    by=self.cast.users["desk"],
                    patient=self.people[-1].chart,
                    practitioner=self.cast.practitioners["nurse"],
                    type=self.cast.types["nurse"],
                    rule=rule,
                    wall_time=_WOUND,
                    reason="Dressing of the left shin",
                    choices=choices,
                )
            except Clashes as refusal:
                choices = {clash.day: "skip" for clash in refusal.clashes}
            except DomainError:
                return
            else:
                return

    def _wait(self, number: int) -> None:
        person = self.people[3 * number % len(self.people)]
        if person.chart.waitlist.exists():
            return
        add_to_waitlist(
            by=self.cast.users["desk"],
            patient=person.chart,
            type=self.cast.types["established"],
            until_day=self.calendar.today + timedelta(days=40),
            **_WISHES[number],  # type: ignore[arg-type]  # the words above
        )

    def _offer(self) -> None:
        """The next free time of the first doctor is offered to the one who is to come first."""
        doctor = self.cast.practitioners["okafor"]
        free = find_slots([doctor], 20, start=self.calendar.instant(self.calendar.today + timedelta(days=1), time(8)))
        waiting = WaitlistEntry.objects.filter(status=WaitlistStatus.WAITING).order_by("created_at").first()
        if (
            free
            and waiting is not None
            and not Appointment.objects.filter(patient=waiting.patient_id, start_at=free[0].start_at).exists()
        ):
            offer_time(by=self.cast.users["desk"], entry=waiting, practitioner=doctor, start_at=free[0].start_at)

    def _at(self, ago: int, wall: time, happening: Callable[[], object]) -> None:
        day = list(self.calendar.days(-ago - 6, -ago))[-1]
        self.timeline.add(self.calendar.instant(day, wall), happening)
