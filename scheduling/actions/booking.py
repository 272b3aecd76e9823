"""Visits booked."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from uuid import UUID

from django.utils import timezone

from clinic.models import Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from scheduling.actions.freeing import time_filled
from scheduling.actions.placing import busy_until, give_equipment, hold_room, save_visit
from scheduling.actions.replays import made_by
from scheduling.actions.rooming import give_room_of_session
from scheduling.actions.slots import check_time, check_type
from scheduling.models import Appointment, AppointmentSeries, AppointmentType, Equipment, Room
from scheduling.openings import Span


@action
def book(
    *,
    by: User,
    patient: Patient,
    practitioner: Practitioner,
    type: AppointmentType,  # noqa: A002  # the field's name
    start_at: datetime,
    end_at: datetime | None = None,
    reason: str = "",
    comment: str = "",
    room: Room | None = None,
    equipment: Sequence[Equipment] = (),
    request_token: UUID | None = None,
    override_reason: str = "",
    series: AppointmentSeries | None = None,
    series_day: date | None = None,
    at: datetime | None = None,
) -> Appointment:
    """Book a visit. ``end_at`` follows from the type where it isn't given, and so does equipment that the type needs;
    the room, from the session.

    The same ``request_token`` again gives the appointment that it made the first time. A visit outside the
    practitioner's hours needs ``override_reason``, and so does one beside another where the policy warns. Raises
    SlotTaken, which carries the next free times, when no more visits may stand there; DomainError for a time that is
    over, a room or equipment that is taken, a patient who died or is elsewhere then; Conflict for a form that was sent
    for another patient before.
    """
    token = request_token or uuid7()
    made = made_by(Appointment.objects.all(), token, patient)
    if made is not None:
        return made
    check_type(type)
    span = Span(start_at, end_at or start_at + timedelta(minutes=type.duration_minutes))
    try:
        check_time(
            patient=patient,
            practitioner=practitioner,
            kind=type,
            span=span,
            override_reason=override_reason,
            now=at or timezone.now(),
        )
    except DomainError:
        # The first of two equal requests may have booked this very time while the second waited for its lock.
        made = made_by(Appointment.objects.all(), token, patient)
        if made is None:
            raise
        return made
    made = made_by(Appointment.objects.all(), token, patient)
    if made is not None:
        return made
    hold_room(room)
    row = Appointment(
        created_by=by,
        patient=patient,
        practitioner=practitioner,
        type=type,
        room=room,
        start_at=span.start,
        end_at=span.end,
        busy_until=busy_until(type, span.end),
        reason=reason.strip(),
        comment=comment.strip(),
        override_reason=override_reason.strip(),
        request_token=token,
        series=series,
        series_day=series_day,
    )
    give_room_of_session(row)
    save_visit(row)
    give_equipment(row, {*equipment, *_needed(type)}, by=by)
    time_filled(by=by, row=row)
    return row


def _needed(kind: AppointmentType) -> list[Equipment]:
    return [need.equipment for need in kind.equipment_needs.select_related("equipment")]
