"""What goes to the pharmacy and comes from the laboratory: prescriptions in all their states, results as HL7 v2."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import time, timedelta
from functools import partial
from typing import Any

from django.utils import timezone

from clinic.actions.prescriptions import (
    draft_prescription,
    end_prescription,
    print_prescription,
    sign_prescription,
    transmit_prescription,
)
from clinic.models import MedicationStatement
from clinic.models.prescriptions import PrescriptionMethod
from clinic.queries.medications import going_on
from clinic.queries.prescriptions import directions_now
from demo.story.calendar import Calendar
from demo.story.cast import Cast
from demo.story.people import Person
from demo.timeline import Timeline
from emr.audit.actor import service_user
from emr.codes.coding import Coding
from interop.actions.messages import receive_message

#: What becomes of the showcase's prescriptions, in the order of her list; the last one waits for its signature.
_PHONED, _PRINTED, _ENDED, _DRAFT = range(4)
_THYROTROPIN = "3016-3^Thyrotropin^LN"


class OutsideTold:
    """Rosa Lopez's prescriptions, and what a laboratory outside sends."""

    def __init__(self, cast: Cast, calendar: Calendar, timeline: Timeline, people: Iterable[Person]) -> None:
        self.cast, self.calendar, self.timeline = cast, calendar, timeline
        self._people = {person.key: person for person in people}

    def lay(self) -> None:
        """Put all of it on the timeline."""
        rosa, mei = self._people["Lopez Rosa"], self._people["Chan Mei"]
        for number in (_PHONED, _PRINTED, _ENDED, _DRAFT):
            self._at(5, time(17, number), partial(self._prescribe, rosa, number))
        self._at(4, time(8, 40), partial(self._send, mei, "2.9", numbered=True))
        self._at(2, time(8, 40), partial(self._send, mei, "3.4", numbered=False))

    def _prescribe(self, person: Person, number: int) -> None:
        drugs = list(going_on(person.chart))[number : number + 1]
        for drug in drugs:
            by = self.cast.users[person.doctor]
            row = draft_prescription(by=by, patient=person.chart, how={}, **self._said(person, drug))
            if number == _DRAFT:
                return
            sign_prescription(by=by, prescription=row)
            if number == _PRINTED:
                print_prescription(by=by, prescription=row)
            else:
                transmit_prescription(by=by, prescription=row, method=PrescriptionMethod.PHONED)
            if number == _ENDED:
                end_prescription(by=by, prescription=row, reason="She has enough of it at home")

    def _said(self, person: Person, drug: MedicationStatement) -> dict[str, Any]:
        return {
            "coding": Coding(drug.system, drug.code, drug.display),
            "prescriber": self.cast.practitioners[person.doctor],
            "dosage_text": directions_now(drug, None),
            "quantity": drug.quantity or 30,
            "quantity_unit": "tablets",
            "refills": drug.refills or 0,
            "reason": drug.reason,
            "pharmacy": person.chart.primary_pharmacy,
        }

    def _send(self, person: Person, thyrotropin: str, *, numbered: bool) -> None:
        """A laboratory's result; without the chart's number it waits for somebody to say whose it is."""
        chart, now = person.chart, timezone.localtime()
        day, second = f"{now:%Y%m%d}", f"{now:%Y%m%d%H%M%S}"
        segments = (
            f"MSH|^~\\&|LAB|PRAIRIE REFERENCE|EMR|RIVERSIDE|{second}||ORU^R01^ORU_R01|PR{day}|P|2.5.1",
            f"PID|1||{chart.mrn if numbered else ''}^^^CLINIC^MR||{chart.family_name}^{chart.given_name}"
            f"||{chart.birth_date:%Y%m%d}|{chart.gender[:1].upper()}",
            f"OBR|1||PR-{day}^PRAIRIE REFERENCE|{_THYROTROPIN}|||{day}070000{'|' * 15}{second}|||F",
            f"OBX|1|NM|{_THYROTROPIN}||{thyrotropin}|m[IU]/L|0.4-4.5||||F",
        )
        receive_message(by=service_user("results"), text="\r".join(segments))

    def _at(self, ago: int, wall: time, step: Callable[[], object]) -> None:
        self.timeline.add(self.calendar.instant(self.calendar.today - timedelta(days=ago), wall), step)
