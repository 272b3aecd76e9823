"""Patients who are to come again: some due by now, one tried in vain, others in the coming months."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, time, timedelta
from functools import partial

from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Timeline
from scheduling.actions.recalls import add_attempt, add_recall
from scheduling.choices import RecallMethod, RecallOutcome
from scheduling.models import Recall

#: How many days ago each was agreed, after how many days it is due, and what for.
_AGREED = (
    (6, 4, "Blood pressure after the new dose"),
    (6, 5, "Wound check"),
    (5, 28, "Hemoglobin A1c again"),
    (4, 90, "Colon cancer screening, result to discuss"),
    (3, 180, "Thyroid level in half a year"),
)


class RecallsTold:
    """What checkouts of the last weeks agreed upon."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person]) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self.people = [one for one in people if not {"new", "restricted", "deceased"} & one.flags]

    def lay(self) -> None:
        """Put them on the timeline."""
        for number, (ago, after, reason) in enumerate(_AGREED[: len(self.people)]):
            day = self._day(ago)
            told = partial(self._agree, self.people[number], day + timedelta(days=after), reason)
            self.timeline.add(self.calendar.instant(day, time(11, 40)), told)
        self.timeline.add(self.calendar.instant(self._day(0), time(8, 10)), self._try)

    def _agree(self, person: Person, due_on: date, reason: str) -> None:
        add_recall(
            by=self.cast.users["desk"],
            patient=person.chart,
            due_on=due_on,
            reason=reason,
            practitioner=self.cast.practitioners["okafor"],
            type=self.cast.types["established"],
        )

    def _try(self) -> None:
        """The longest due is called, and doesn't answer."""
        first = Recall.objects.order_by("due_on").first()
        if first is not None:
            add_attempt(
                by=self.cast.users["desk"],
                recall=first,
                method=RecallMethod.PHONE,
                outcome=RecallOutcome.NO_ANSWER,
                note="Rang out twice",
            )

    def _day(self, ago: int) -> date:
        return list(self.calendar.days(-ago - 6, -ago))[-1]
