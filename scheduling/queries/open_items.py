"""What of a day is still open: somebody has to look at it before the day is closed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.utils import timezone

from clinic.models import Note, Patient
from emr.shared.dates import clinic_zone
from scheduling.models import Appointment
from scheduling.stages import HERE, Stage
from scheduling.wallclock import day_bounds


class OpenKind(StrEnum):
    """Why a visit is open."""

    NOT_CHECKED_OUT = "not_checked_out"
    NOT_HANDLED = "not_handled"
    UNSIGNED = "unsigned"

    @property
    def label(self) -> str:
        """The reason in words."""
        return _LABELS[self]


_LABELS = {
    OpenKind.NOT_CHECKED_OUT: "Not checked out",
    OpenKind.NOT_HANDLED: "Neither came nor called off",
    OpenKind.UNSIGNED: "Note not signed",
}


@dataclass(frozen=True)
class OpenItem:
    """One visit and one reason why it is open."""

    kind: OpenKind
    appointment: Appointment

    @property
    def patient_id(self) -> UUID:
        """Whose visit it is."""
        return self.appointment.patient_id


def open_items_of(day: date, known: QuerySet[Patient] | None = None) -> list[OpenItem]:
    """What is open of the visits that begin on a day of the clinic, in their order: one query.

    A patient who is still in the house, a visit that nobody came to and nobody called off though its time is over, one
    that was begun and has no signed note. ``known`` narrows it to the patients of whom the reader may know.
    """
    start, end = day_bounds(day, clinic_zone())
    signed = Note.objects.closing().filter(encounter=OuterRef("encounter_id"))
    rows = (
        Appointment.objects.filter(start_at__gte=start, start_at__lt=end, entered_in_error_at=None)
        .filter(Q(stage__in=[*HERE, Stage.COMPLETED]) | Q(stage=Stage.SCHEDULED, end_at__lte=timezone.now()))
        .filter(status__in=_STANDING)
        .annotate(signed=Exists(signed))
        .select_related("patient", "practitioner", "type", "encounter")
        .order_by("start_at", "created_at")
    )
    if known is not None:
        rows = rows.filter(patient__in=known)
    return [OpenItem(kind, row) for row in rows for kind in _kinds(row, signed=row.signed)]  # type: ignore[attr-defined]  # annotated


_STANDING = ("pending", "booked", "arrived", "checked-in", "fulfilled")


def _kinds(row: Appointment, *, signed: bool) -> list[OpenKind]:
    if row.stage == Stage.SCHEDULED:
        return [OpenKind.NOT_HANDLED]
    found = [OpenKind.NOT_CHECKED_OUT] if row.stage in HERE else []
    if row.encounter_id is not None and not signed:
        found.append(OpenKind.UNSIGNED)
    return found
