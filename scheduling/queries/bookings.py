"""The visits of a stretch of time as plain tuples: what a calendar draws, in one query that is built once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, NamedTuple
from uuid import UUID

from django.db.models import CharField, F, Func, IntegerField, QuerySet
from django.db.models.functions import Cast

from clinic.rules import doubtful, visible_to
from emr.accounts.models import User
from emr.shared.statements import Statement
from scheduling.choices import OCCUPYING, AppointmentStatus, CancelledBy
from scheduling.models import Appointment

#: Statuses without a place in the grid: their time may be somebody else's now. The list has them.
NOT_IN_GRID = frozenset({AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR})


class Booking(NamedTuple):
    """One visit: all that its place in a calendar shows, and nothing else. Instants are whole minutes since 1970.

    ``patient_id`` is empty where the reader may not know of the patient; then nothing else is told but the time.
    """

    id: str
    patient_id: str
    practitioner_id: str
    room_id: str | None
    start: int
    end: int
    busy_until: int | None
    type_id: str
    status: str
    arrived: int | None
    reason: str
    family_name: str
    given_name: str
    birth_date: date
    encounter_status: str | None

    @property
    def occupies(self) -> bool:
        """Whether it takes its practitioner's time."""
        return self.status in OCCUPYING


def bookings_between(start: datetime, end: datetime, user: User) -> tuple[Booking, ...]:
    """The visits that touch the time, by their beginning. One query; a second where a patient is restricted."""
    rows = _BETWEEN.rows(start=start, end=end, user=user.pk)
    doubted = {row[1] for row in rows if row[-1]}
    known = _known_among(user, doubted) if doubted else set()
    return tuple(
        booking
        for row in rows
        if (booking := Booking(*row[:-1]) if not row[-1] or row[1] in known else _reserved(row)) is not None
    )


def patients_of(bookings: Sequence[Booking]) -> list[UUID]:
    """The patients who are named, each once."""
    return [UUID(key) for key in dict.fromkeys(one.patient_id for one in bookings if one.patient_id)]


def minutes_of(moment: datetime) -> int:
    """The instant as whole minutes since 1970."""
    return int(moment.timestamp()) // 60


def _between(start: datetime, end: datetime, user: UUID) -> QuerySet[Appointment, tuple[Any, ...]]:
    # What was moved away stands where it was moved to.
    rows = Appointment.objects.filter(start_at__lt=end, end_at__gt=start).exclude(cancelled_for=CancelledBy.MOVED)
    return (
        rows.annotate(doubt=doubtful(user))
        .order_by("start_at", "created_at")
        .values_list(
            Cast("id", CharField()),
            Cast("patient_id", CharField()),
            Cast("practitioner_id", CharField()),
            Cast("room_id", CharField()),
            _minutes("start_at"),
            _minutes("end_at"),
            _minutes("busy_until"),
            Cast("type_id", CharField()),
            "status",
            _minutes("arrived_at"),
            "reason",
            "patient__family_name",
            "patient__given_name",
            "patient__birth_date",
            "encounter__status",
            "doubt",
        )
    )


def _minutes(column: str) -> Func:
    template = "(extract(epoch FROM %(expressions)s)::bigint / 60)::int"
    return Func(F(column), template=template, output_field=IntegerField())


_BETWEEN = Statement(_between, start=datetime, end=datetime, user=UUID)


def _known_among(user: User, patient_ids: set[str]) -> set[str]:
    return {str(key) for key in visible_to(user).filter(pk__in=patient_ids).values_list("pk", flat=True)}


def _reserved(row: tuple[Any, ...]) -> Booking | None:
    """Of a patient of whom the reader may not know, only that the time is taken; who comes, and how far they are, is
    not the reader's to know. A visit that takes no time is not told at all."""
    whole = Booking(*row[:-1])
    if not whole.occupies:
        return None
    empty: dict[str, Any] = dict.fromkeys(("patient_id", "reason", "family_name", "given_name"), "")
    nothing: dict[str, Any] = dict.fromkeys(("arrived", "encounter_status"))
    return whole._replace(**empty, **nothing, status=AppointmentStatus.BOOKED.value)
