"""A visit put on its place in the calendar: the lane chosen, the row written, the database's refusal told in words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.db import IntegrityError, connection, transaction

from emr.accounts.models import Practitioner, User
from emr.audit.context import current
from emr.shared.errors import DomainError
from emr.ui.formats import clock
from scheduling.actions.slots import taken
from scheduling.actions.staging import follow_status
from scheduling.choices import OCCUPYING, TRANSITIONS, AppointmentStatus
from scheduling.models import Appointment, AppointmentEquipment, AppointmentType, Equipment, Room
from scheduling.models.appointments import PATIENT_ELSEWHERE, AppointmentQuerySet
from scheduling.models.equipment import EQUIPMENT_TAKEN
from scheduling.models.limits import BESIDE_NEEDS_REASON, NO_DOUBLE_BOOKING, ROOM_SHARED, ROOM_TAKEN
from scheduling.openings import Span


def locked(appointment: Appointment) -> Appointment:
    """The row under its lock, as it is now."""
    # Without joins: a row that another transaction linked while this one waited for the lock would be joined as none.
    return Appointment.objects.select_for_update().get(pk=appointment.pk)


def advance(row: Appointment, status: AppointmentStatus) -> None:
    """Set the status, not yet saved. Raises DomainError where the way there is closed."""
    if status not in TRANSITIONS[row.status]:
        now, wanted = row.get_status_display().lower(), AppointmentStatus(status).label.lower()
        raise DomainError(f"This visit is {now}, so it can't become {wanted}.")
    row.status = status


def busy_until(kind: AppointmentType, end_at: datetime) -> datetime | None:
    """When the practitioner is free again after a visit of this kind, where that is later than its end."""
    return end_at + timedelta(minutes=kind.buffer_minutes) if kind.buffer_minutes else None


def may_stand(row: Appointment) -> tuple[int, str, bool]:
    """How many may stand at the visit's time, by which rule, and whether its session takes several: the database's own
    answer (scheduling.models.limits)."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT maximum, rule, in_session FROM scheduling_may_stand(%s, %s, %s, %s)",
            [row.practitioner_id, row.type_id, row.start_at, row.end_at],
        )
        found: tuple[int, str, bool] = cursor.fetchone()
    return found


def beside(row: Appointment) -> AppointmentQuerySet:
    """The other visits of the practitioner that take some of its time."""
    others = Appointment.objects.busy(row.start_at, row.busy_until or row.end_at, without=row)
    return others.filter(practitioner=row.practitioner_id)


def settle(row: Appointment) -> None:
    """Choose the lane in which the visit stands.

    Call it under the practitioner's lock, else the lane may be gone when the row is written.
    """
    row.shares_room = may_stand(row)[2]
    lanes = set(beside(row).values_list("lane", flat=True))
    row.lane = next(number for number in range(1, len(lanes) + 2) if number not in lanes)


def save_visit(row: Appointment, *fields: str) -> None:
    """Write the row, a new one without ``fields``. The database's refusals are raised in words, SlotTaken among them.

    A visit that comes to take time, again or another, is given its lane first, under the practitioner's lock. A status
    brings the stage that belongs to it.
    """
    if "status" in fields and "stage" not in fields and (actor := current().actor) is not None:
        fields = (*fields, *follow_status(row, by=actor))
    if row.status in OCCUPYING and (not fields or {"status", "start_at", "end_at", "practitioner"} & set(fields)):
        Practitioner.objects.select_for_update(no_key=True).get(pk=row.practitioner_id)
        settle(row)
        fields = (*fields, "lane", "shares_room") if fields else ()
    with _refusing(row):
        if fields:
            row.save(update_fields=[*fields, "updated_at"])
        else:
            row.save(force_insert=True)


def give_equipment(row: Appointment, equipment: Iterable[Equipment], *, by: User) -> None:
    """Let the visit have the equipment for its time. Raises DomainError where another visit has it."""
    for one in sorted(equipment, key=lambda one: one.pk):
        if not Equipment.objects.select_for_update(no_key=True).get(pk=one.pk).active:
            raise DomainError(f"{one.name} is no longer in use.", field="equipment")
        with _refusing(row, one):
            AppointmentEquipment.objects.create(created_by=by, appointment=row, equipment=one)


def hold_room(room: Room | None) -> None:
    """Lock the room, so that two who want it wait for each other. Raises DomainError for one that is not used."""
    if room is not None and not Room.objects.select_for_update(no_key=True).get(pk=room.pk).active:
        raise DomainError(f"{room.name} is no longer used. Choose another room.", field="room")


@contextmanager
def _refusing(row: Appointment, equipment: Equipment | None = None) -> Iterator[None]:
    """Tell in words why the database refused."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        name = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        refusal = _refusal(row, name, equipment)
        if refusal is None:
            raise
        raise refusal from error


def _refusal(row: Appointment, constraint: str | None, equipment: Equipment | None) -> DomainError | None:
    if constraint == NO_DOUBLE_BOOKING:
        span = Span(row.start_at, row.end_at)
        return taken(row.practitioner, span, kind=row.type, without=row, maximum=may_stand(row)[0])
    others = Appointment.objects.busy(row.start_at, row.busy_until or row.end_at, without=row)
    if constraint == BESIDE_NEEDS_REASON:
        other = others.filter(practitioner=row.practitioner_id).first()
        return DomainError(
            f"Another visit stands there{_told(other)}. Say why this one is booked beside it.", field="override_reason"
        )
    if constraint in {ROOM_TAKEN, ROOM_SHARED}:
        other = others.filter(room=row.room_id).first()
        return DomainError(f"{row.room} is taken then{_told(other)}. Choose another room.", field="room")
    if constraint == EQUIPMENT_TAKEN and equipment is not None:
        other = others.filter(equipment__equipment=equipment, equipment__withdrawn=False).first()
        return DomainError(
            f"{equipment.name} is in use then{_told(other)}. Choose another time or do without.", field="equipment"
        )
    if constraint == PATIENT_ELSEWHERE:
        other = others.filter(patient=row.patient_id).first()
        return DomainError(f"{row.patient.full_name} already has a visit then{_told(other)}.", field="slot")
    return None


def _told(other: Appointment | None) -> str:
    if other is None:
        return ""
    return f": {clock(other.start_at)} to {clock(other.end_at)} with {other.practitioner.short_name}"
