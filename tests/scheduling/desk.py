"""Booking and checking in with what a test doesn't care about filled in, and the times that are free."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from django.utils import timezone

from clinic.models import Encounter
from emr.accounts.models import Practitioner, User
from scheduling.actions import appointments as actions
from scheduling.choices import CheckItem
from scheduling.models import Appointment, AppointmentType
from scheduling.openings import Openings, Slot
from tests.factories.clinic import PatientFactory

#: Nine o'clock of the Monday of tests/scheduling/conftest.py.
NINE = datetime(2026, 11, 23, 15, tzinfo=UTC)


@dataclass(frozen=True)
class Desk:
    """Somebody at the front desk who books with one practitioner."""

    by: User
    practitioner: Practitioner
    type: AppointmentType

    def book(self, **wanted: Any) -> Appointment:
        """A visit at nine, of a new patient, unless ``wanted`` says otherwise."""
        patient = wanted.pop("patient", None) or PatientFactory()
        values = {"by": self.by, "practitioner": self.practitioner, "type": self.type, "start_at": NINE, **wanted}
        return actions.book(patient=patient, **values)


def checked_in(*, by: User, appointment: Appointment, at: datetime | None = None) -> Encounter:
    """Check in with nothing gone through, for a reason beside each item."""
    reasons = dict.fromkeys(CheckItem, "Straight to the room")
    encounter: Encounter = actions.check_in(by=by, appointment=appointment, done=(), reasons=reasons, at=at)
    return encounter


def open_slots(practitioner: Practitioner, kind: AppointmentType, day: date) -> list[Slot]:
    """All free times for a visit of this type on one day, in order."""
    openings = Openings.read([practitioner], day, day, kind=kind)
    return openings.slots(practitioner, kind.duration_minutes, day, after=timezone.now(), kind=kind)
