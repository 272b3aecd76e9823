"""The waiting room's screens, and what one of them shows: initials, and what to do. No name, no birth date, no reason.

Patients of restricted charts are not shown at all: they are called in person. Nor are those who sit at home.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db.models import Exists, QuerySet
from django.utils import timezone

from emr.shared.dates import clinic_today, clinic_zone
from scheduling.actions.displays import digest
from scheduling.choices import ELSEWHERE
from scheduling.models import Appointment, WaitingDisplay
from scheduling.stages import HERE, Stage
from scheduling.wallclock import day_bounds

#: How long a patient is asked into a room.
_CALLED_FOR = timedelta(minutes=10)
_WAITS = (Stage.ARRIVED, Stage.CHECKED_IN)


@dataclass(frozen=True)
class Line:
    """One patient on the screen: ``code`` is what they are known by there."""

    code: str
    words: str
    called: bool


def displays() -> QuerySet[WaitingDisplay]:
    """The screens that are not revoked, the newest first."""
    return WaitingDisplay.objects.filter(revoked_at=None).select_related("created_by")


def display_by_secret(secret: str) -> WaitingDisplay | None:
    """The screen of a secret, unless it was revoked."""
    return displays().filter(secret_hash=digest(secret)).first() if secret else None


def waiting_room() -> list[Line]:
    """Who waits and who is asked into a room: those first, then by arrival. One query."""
    rows, now = list(_arrived()), timezone.now()
    codes = _codes(rows)
    shown = [(row, _words(row, now)) for row in rows]
    lines = [Line(codes[row.pk], words, called=row.stage == Stage.ROOMED) for row, words in shown if words]
    return sorted(lines, key=lambda line: not line.called)


def numbered_codes() -> dict[UUID, str]:
    """By visit, what somebody is called on the screens whose initials another has too: they must be told.

    Empty where no screen is in use. One query.
    """
    rows = list(_arrived().filter(Exists(WaitingDisplay.objects.filter(revoked_at=None, opened_at__isnull=False))))
    return {key: code for key, code in _codes(rows).items() if " " in code}


def _arrived() -> QuerySet[Appointment]:
    """Who came today, in their order; those who left too, so that nobody's number changes when one goes."""
    start, end = day_bounds(clinic_today(), clinic_zone())
    rows = Appointment.objects.filter(start_at__gte=start, start_at__lt=end, entered_in_error_at=None)
    rows = rows.filter(stage__in=[*HERE, Stage.COMPLETED, Stage.LEFT], patient__restricted=False)
    rows = rows.exclude(type__place_of_service__in=ELSEWHERE)
    return rows.select_related("patient", "stage_room").order_by("arrived_at", "pk")


def _codes(rows: list[Appointment]) -> dict[UUID, str]:
    """Initials; where several have the same, with a number in the order of arrival."""
    initials = {row.pk: f"{row.patient.given_name[:1]}{row.patient.family_name[:1]}".upper() for row in rows}
    people: dict[str, dict[UUID, int]] = {}
    for row in rows:
        same = people.setdefault(initials[row.pk], {})
        same.setdefault(row.patient_id, len(same) + 1)
    return {
        row.pk: f"{initials[row.pk]} {same[row.patient_id]}" if len(same) > 1 else initials[row.pk]
        for row in rows
        for same in [people[initials[row.pk]]]
    }


def _words(row: Appointment, now: datetime) -> str:
    if row.stage in _WAITS:
        return "Waiting"
    if row.stage == Stage.ROOMED and row.stage_at is not None and now - row.stage_at < _CALLED_FOR:
        return f"Please come to {row.stage_room.name}" if row.stage_room else "Please come in"
    return ""
