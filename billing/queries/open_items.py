"""What of a day is not finished: looked at before its money is counted."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

from django.db.models import Count, Exists, OuterRef, Q

from billing.models import ChargeItem
from clinic.choices import EncounterStatus
from clinic.models import Encounter, EncounterDiagnosis, Note
from emr.shared.dates import clinic_zone
from scheduling.choices import AppointmentStatus
from scheduling.models import Appointment
from scheduling.wallclock import day_bounds

_OVER = (EncounterStatus.CANCELLED, EncounterStatus.ENTERED_IN_ERROR)


@dataclass(frozen=True)
class OpenItem:
    """Something open, how many of it, and what to do."""

    label: str
    count: int
    advice: str

    def to_data(self) -> dict[str, Any]:
        """As a close keeps it."""
        return asdict(self)


def open_items(day: date) -> list[OpenItem]:
    """The kinds of open work of a day on the clinic's wall clock, those that there are none of too. Two queries.

    What a decision was made about is not open: a service that isn't billed, a visit that was called off.
    """
    start, end = day_bounds(day, clinic_zone())
    visits = Appointment.objects.filter(start_at__gte=start, start_at__lt=end).aggregate(
        inside=Count("pk", filter=Q(status__in=[AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN])),
        missed=Count("pk", filter=Q(status__in=[AppointmentStatus.PENDING, AppointmentStatus.BOOKED])),
    )
    visit = {"encounter": OuterRef("pk")}
    lacking = {
        "note": Note.objects.closing().filter(**visit),
        "diagnosis": EncounterDiagnosis.objects.filter(**visit, entered_in_error_at=None),
        "charges": ChargeItem.objects.filter(**visit, entered_in_error_at=None),
    }
    seen = Encounter.objects.filter(period_start__gte=start, period_start__lt=end).exclude(status__in=_OVER)
    without = seen.aggregate(**{name: Count("pk", filter=~Exists(rows)) for name, rows in lacking.items()})
    return [
        OpenItem("Visits not checked out", visits["inside"], "Check them out from the schedule of the day."),
        OpenItem("Visits that nobody came to, not marked", visits["missed"], "Mark them as no-show, or move them."),
        OpenItem("Visits without a signed note", without["note"], "Their authors find them under Unfinished notes."),
        OpenItem("Visits without a diagnosis", without["diagnosis"], "Their clinicians add it on the visit's page."),
        OpenItem("Visits without charges", without["charges"], "Charge them on the visit's page."),
    ]
