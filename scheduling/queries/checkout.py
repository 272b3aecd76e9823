"""What is settled before a patient leaves: the next visit, the recall, the note, and what they take home."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import urlencode

from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone

from clinic.models import Note, Patient
from clinic.queries.visit_summaries import instructions_of
from emr.shared.dates import clinic_today
from emr.ui import formats
from scheduling.choices import OCCUPYING
from scheduling.models import Appointment, Recall

#: Offered with one click: how far ahead the follow-up is, in weeks.
_AHEAD = ((1, "In 1 week"), (2, "In 2 weeks"), (4, "In 4 weeks"), (12, "In 3 months"), (26, "In 6 months"))


@dataclass(frozen=True)
class Ahead:
    """A link to the booking form, filled in for a day ahead."""

    label: str
    url: str


@dataclass(frozen=True)
class Checkout:
    """The checklist. ``note`` is ``none``, ``unsigned`` or ``signed``."""

    next_visits: list[str]
    follow_ups: list[Ahead]
    recalls: list[str]
    note: str
    instructions: str


def checkout_page(row: Appointment) -> Checkout:
    """The checklist of a visit, in four queries."""
    return Checkout(
        next_visits=next_visits(row),
        follow_ups=[_ahead(row, weeks, label) for weeks, label in _AHEAD],
        recalls=open_recalls(row),
        note=_note(row),
        instructions=instructions_of(row.encounter_id),
    )


def next_visits(row: Appointment) -> list[str]:
    """The patient's visits to come, the next first. One query."""
    return _to_come(Appointment.objects.filter(patient=row.patient_id).exclude(pk=row.pk))


def visits_to_come(patient: Patient) -> list[str]:
    """The visits that a patient has booked, the next first. One query."""
    return _to_come(Appointment.objects.filter(patient=patient))


def _to_come(rows: QuerySet[Appointment]) -> list[str]:
    ahead = rows.filter(status__in=OCCUPYING, start_at__gt=timezone.now()).select_related("type", "practitioner")
    return [
        f"{formats.weekday(one.start_at)}, {formats.instant(one.start_at)}: "
        f"{one.type.name} with {one.practitioner.short_name}"
        for one in ahead.order_by("start_at")[:5]
    ]


def open_recalls(row: Appointment) -> list[str]:
    """The patient's recalls that nobody ended and no visit stands for, the first due first. One query."""
    rows = Recall.objects.filter(patient=row.patient_id, closed_at=None)
    rows = rows.exclude(appointment__status__in=OCCUPYING).order_by("due_on", "id")[:10]
    return [f"About {formats.day(one.due_on)}: {one.reason}" for one in rows]


def _note(row: Appointment) -> str:
    if row.encounter_id is None:
        return "none"
    return "signed" if Note.objects.closing().filter(encounter=row.encounter_id).exists() else "unsigned"


def _ahead(row: Appointment, weeks: int, label: str) -> Ahead:
    day: date = clinic_today() + timedelta(weeks=weeks)
    who = {"patient": row.patient_id, "practitioner": row.practitioner_id}
    asked = who | {"type": row.type_id, "day": day.isoformat()}
    return Ahead(label, f"{reverse('scheduling:appointments_book')}?{urlencode(asked)}")
