"""Visits called off, and a cancellation taken back."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from scheduling.actions.freeing import time_filled, time_freed
from scheduling.actions.placing import advance, hold_room, locked, save_visit
from scheduling.actions.slots import check_time
from scheduling.choices import AppointmentStatus, CancelledBy
from scheduling.models import Appointment
from scheduling.openings import Span

#: Who calls off later than this before the visit calls off late.
LATE = timedelta(hours=24)
_CALLED_OFF = ("status", "cancelled_at", "cancelled_by", "cancelled_for", "cancel_reason", "cancelled_late")


@action
def cancel(
    *, by: User, appointment: Appointment, reason: str, cancelled_for: CancelledBy | str, at: datetime | None = None
) -> Appointment:
    """Call a visit off, for the patient or for the clinic. Less than 24 hours before, it is kept as late.

    Raises DomainError without a reason.
    """
    row = locked(appointment)
    if row.status == AppointmentStatus.CANCELLED:
        return row
    if not reason.strip():
        raise DomainError("Say why the visit is cancelled.", field="reason")
    advance(row, AppointmentStatus.CANCELLED)
    now = at or timezone.now()
    row.cancelled_at, row.cancelled_by = now, by
    row.cancelled_for = CancelledBy(cancelled_for)
    row.cancel_reason = reason.strip()
    row.cancelled_late = row.start_at - now < LATE
    save_visit(row, *_CALLED_OFF)
    time_freed(by=by, row=row, now=now)
    return row


@action
def undo_cancel(
    *, by: User, appointment: Appointment, override_reason: str = "", at: datetime | None = None
) -> Appointment:
    """Take a cancellation back: the visit stands again as it was booked, if its time is still free.

    The log keeps that it was called off. ``override_reason`` says why it stands where by now it needs one: outside the
    hours, or beside another visit. Raises DomainError for a visit that was moved or whose time is over, and, its field
    ``override_reason``, where that is wanted; SlotTaken when the time went to somebody else.
    """
    row = locked(appointment)
    if row.status == AppointmentStatus.BOOKED:
        return row
    if row.status != AppointmentStatus.CANCELLED or row.cancelled_for == CancelledBy.MOVED:
        raise DomainError("Only a visit that was called off can be taken back.")
    row.override_reason = override_reason.strip() or row.override_reason
    check_time(
        patient=row.patient,
        practitioner=row.practitioner,
        kind=row.type,
        span=Span(row.start_at, row.end_at),
        override_reason=row.override_reason,
        now=at or timezone.now(),
        without=row,
    )
    hold_room(row.room)
    row.status = AppointmentStatus.BOOKED
    row.cancelled_at = row.cancelled_by = None
    row.cancelled_for = row.cancel_reason = ""
    row.cancelled_late = False
    save_visit(row, *_CALLED_OFF, "override_reason")
    time_filled(by=by, row=row)
    return row
