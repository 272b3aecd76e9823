"""What the front desk asks beyond the first form: work, wishes, pharmacies, former names and homes, pictures."""

from __future__ import annotations

import io
from collections.abc import Iterable
from datetime import timedelta
from functools import partial
from random import Random
from typing import Any

from PIL import Image, ImageDraw

from clinic.actions.documents import add_document
from clinic.actions.former import add_address, add_name
from clinic.actions.patients import update_patient, verify_demographics
from clinic.actions.pharmacies import add_pharmacy
from clinic.choices import AddressUse, NameUse
from clinic.models import Patient, Pharmacy
from clinic.papers import DocumentCategory
from demo.data import rows
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Timeline
from emr.uploads.incoming import Limits, check
from emr.uploads.kinds import Kind

_ADULT = 18
#: How many of the people have a picture, a former name, a former home.
_PICTURED, _RENAMED, _MOVED = 12, 5, 7
_PICTURE = Limits((Kind.PNG,), 1024 * 1024)
_FORMER = ("Bauer", "Delgado", "Nguyen", "Olsen", "Price")


class RegistrationTold:
    """The details of each patient, an hour after they were registered."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person]) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self.people = [person for person in people if "restricted" not in person.flags]
        self._pharmacies: list[Pharmacy] = []

    def lay(self) -> None:
        """Put all of it on the timeline."""
        for number, person in enumerate(self.people):
            self.timeline.add(person.registered_at + timedelta(minutes=60), partial(self._ask, number, person))

    def _ask(self, number: int, person: Person) -> None:
        desk, chance = self.cast.users["desk"], Random(f"details {person.key}")  # noqa: S311
        if not self._pharmacies:
            self._pharmacies = [add_pharmacy(by=desk, **row) for row in rows("pharmacies")]
        patient = Patient.objects.get(pk=person.chart.pk)
        adult = person.age(person.registered_at.date()) >= _ADULT
        details: dict[str, Any] = chance.choice(rows("background")) if adult else {"contact_preference": "phone"}
        person.patient = update_patient(
            by=desk,
            patient=patient,
            version_seen=patient.updated_at,
            primary_pharmacy=chance.choice(self._pharmacies),
            sms_reminders=chance.random() < 0.7,
            email_reminders=adult and chance.random() < 0.5,
            **details,
        )
        if number < _PICTURED:
            picture = check(_abstract(chance), "photo.png", _PICTURE)
            add_document(by=desk, patient=patient, category=DocumentCategory.PHOTO, file=picture)
        if adult and number % 6 == 1 and number // 6 < _RENAMED:
            until = person.registered_at.date() - timedelta(days=900 + 40 * number)
            add_name(
                by=desk,
                patient=patient,
                use=NameUse.OLD if number % 4 == 1 else NameUse.MAIDEN,
                family_name=_FORMER[number // 6],
                given_name=patient.given_name,
                period_end=until,
            )
        if number % 5 == 2 and number // 5 < _MOVED:
            until = person.registered_at.date() - timedelta(days=300 + 25 * number)
            before = {
                "line1": f"{number * 7 + 3} Old Mill Road",
                "city": "Decatur",
                "state": "IL",
                "postal_code": "62521",
            }
            add_address(by=desk, patient=patient, use=AddressUse.OLD, address=before, period_end=until)
        if number % 3:
            verify_demographics(by=desk, patient=patient)


def _abstract(chance: Random) -> bytes:
    """A picture of nobody: rings of colour that differ from chart to chart, as photos do."""
    picture = Image.new("RGB", (240, 240), _colour(chance))
    draw = ImageDraw.Draw(picture)
    for radius in range(110, 10, -25):
        x, y = (120 + chance.randint(-12, 12) for _ in range(2))
        draw.ellipse((x - radius, y - radius, x + radius, y + radius), fill=_colour(chance))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return out.getvalue()


def _colour(chance: Random) -> tuple[int, int, int]:
    red, green, blue = (chance.randint(70, 215) for _ in range(3))
    return red, green, blue
