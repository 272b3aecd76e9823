"""Charts that were made twice: one pair that the manager merged, and one that still waits to be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from functools import partial

from clinic.actions.merges import merge_patients
from clinic.actions.patients import register_patient
from clinic.models import Patient
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Timeline

_ADULT = 18
#: Whose charts have a story of their own.
_SPECIAL = frozenset({"showcase", "restricted", "twin", "deceased", "new"})


class TwinsTold:
    """Two adults, each of whom was registered again by telephone; in one case somebody noticed."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person]) -> None:
        self.cast, self.timeline = cast, timeline
        plain = [one for one in people if not one.flags & _SPECIAL and one.age(calendar.today) >= _ADULT]
        self.noticed: Person | None = plain[0] if len(plain) > 1 else None
        self.waiting: Person | None = plain[-1] if len(plain) > 1 else None
        self.days = timedelta(days=20)

    def lay(self) -> None:
        """Put both on the timeline."""
        if self.noticed is None or self.waiting is None:
            return
        for person in (self.noticed, self.waiting):
            again = person.registered_at + self.days
            self.timeline.add(again, partial(self._again, person, merge=person is self.noticed))

    def _again(self, person: Person, *, merge: bool) -> None:
        second = register_patient(
            by=self.cast.users["desk"],
            given_name=person.row["given_name"],
            family_name=person.row["family_name"],
            birth_date=person.birth_date,
            gender=person.row["sex"],
            mobile="217-555-0199",
            duplicate_reason="caller was not sure of having been here before",
        )
        if merge:
            survivor = Patient.objects.get(pk=person.chart.pk)
            merge_patients(
                by=self.cast.users["manager"],
                survivor=survivor,
                merged=second,
                reason="Registered twice: same name, birth date and signature",
                confirmed=survivor.mrn,
            )
