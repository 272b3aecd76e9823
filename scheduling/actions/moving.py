"""Visits given another time.

A move books the new time first and then gives the old one up: a new row, which ``replaces`` the old. The old one keeps
what it was, and is cancelled as moved; neither the patient nor the clinic called it off. Another length at the same
time is no move: the row keeps its place, the log the old end.
"""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.utils import timezone

from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from emr.ui.formats import clock, day
from scheduling.actions.freeing import time_filled, time_freed
from scheduling.actions.placing import busy_until, give_equipment, hold_room, locked, save_visit
from scheduling.actions.recalls import follow_visit
from scheduling.actions.rooming import give_room_of_session, room_of_session
from scheduling.actions.slots import check_time
from scheduling.choices import MOVABLE, AppointmentStatus, CancelledBy
from scheduling.models import Appointment, Room
from scheduling.openings import Span


@action
def reschedule(
    *,
    by: User,
    appointment: Appointment,
    start_at: datetime,
    practitioner: Practitioner | None = None,
    end_at: datetime | None = None,
    room: Room | None = None,
    override_reason: str = "",
    request_token: UUID | None = None,
    at: datetime | None = None,
) -> Appointment:
    """Move a visit to another time or practitioner and return the new one; length and status stay, and so does a room
    that isn't its session's.

    The same ``request_token`` again gives the visit that it made. With the same time and practitioner nothing moves:
    ``end_at`` and ``room`` are changed in place. Raises DomainError for a visit that has begun, was called off or was
    moved already, and what ``book`` raises.
    """
    row = locked(appointment)
    moved = Appointment.objects.filter(replaces=row).first()
    if moved is not None:
        if request_token is not None and moved.request_token == request_token:
            return moved
        raise DomainError(
            f"This visit was moved to {clock(moved.start_at)} on {day(moved.start_at)} already. Move that one.",
            field="slot",
        )
    if row.status not in MOVABLE:
        raise DomainError(f"A visit that is {row.get_status_display().lower()} can't be moved.")
    practitioner = practitioner or row.practitioner
    span = Span(start_at, end_at or start_at + (row.end_at - row.start_at))
    now = at or timezone.now()
    if (start_at, practitioner.pk) == (row.start_at, row.practitioner_id):
        return _changed(row, span, room or row.room, override_reason, now)
    check_time(
        patient=row.patient,
        practitioner=practitioner,
        kind=row.type,
        span=span,
        override_reason=override_reason,
        now=now,
        without=row,
    )
    give_up(row, by=by, now=now)
    new = replacement(row, by=by, span=span, practitioner=practitioner, override_reason=override_reason)
    new.room = room or new.room
    hold_room(new.room)
    new.request_token = request_token or uuid7()
    stand(new, by=by)
    time_freed(by=by, row=row, now=now)
    return new


def _changed(row: Appointment, span: Span, room: Room | None, override_reason: str, now: datetime) -> Appointment:
    """Another length or room, in place."""
    if (span.end, room) == (row.end_at, row.room):
        return row
    check_time(
        patient=row.patient,
        practitioner=row.practitioner,
        kind=row.type,
        span=span,
        override_reason=override_reason or row.override_reason,
        # A visit that began a while ago may still be made longer.
        now=min(now, row.start_at),
        without=row,
    )
    hold_room(room)
    row.end_at, row.room = span.end, room
    row.busy_until = busy_until(row.type, span.end)
    row.override_reason = override_reason.strip() or row.override_reason
    save_visit(row, "start_at", "end_at", "busy_until", "room", "override_reason")
    return row


def give_up(row: Appointment, *, by: User, now: datetime) -> None:
    """Cancel the locked row as moved; the one that replaces it is written in the same transaction."""
    row.status = AppointmentStatus.CANCELLED
    row.cancelled_at, row.cancelled_by = now, by
    row.cancelled_for = CancelledBy.MOVED
    row.cancel_reason = CancelledBy.MOVED.label
    save_visit(row, "status", "cancelled_at", "cancelled_by", "cancelled_for", "cancel_reason")


def replacement(
    row: Appointment, *, by: User, span: Span, practitioner: Practitioner, override_reason: str
) -> Appointment:
    """The visit as it will be at its new place, not yet written; it is confirmed anew, if it is."""
    return Appointment(
        created_by=by,
        patient=row.patient,
        practitioner=practitioner,
        type=row.type,
        # The session's room stays with the session.
        room=row.room if row.room != room_of_session(row) else None,
        status=AppointmentStatus.BOOKED,
        start_at=span.start,
        end_at=span.end,
        busy_until=busy_until(row.type, span.end),
        reason=row.reason,
        comment=row.comment,
        override_reason=override_reason.strip(),
        replaces=row,
        series=row.series,
        series_day=row.series_day,
    )


def stand(new: Appointment, *, by: User) -> None:
    """Write a replacement; what the visit had that it replaces, equipment and recalls, goes with it."""
    give_room_of_session(new)
    save_visit(new)
    old = new.replaces
    give_equipment(new, [use.equipment for use in old.equipment.filter(withdrawn=False)] if old else [], by=by)
    if old:
        follow_visit(by=by, old=old, new=new)
    time_filled(by=by, row=new)
