"""Somebody who stands at the desk without a visit for now."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

from django.utils import timezone

from clinic.models import Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.errors import DomainError
from scheduling.actions.appointments import book, mark_arrived, reschedule
from scheduling.actions.placing import give_equipment
from scheduling.actions.slots import STEP_MINUTES
from scheduling.models import Appointment, AppointmentType, Equipment, Room


@action
def walk_in(
    *,
    by: User,
    patient: Patient,
    practitioner: Practitioner,
    type: AppointmentType,  # noqa: A002  # the field's name
    start_at: datetime | None = None,
    minutes: int | None = None,
    room: Room | None = None,
    equipment: Sequence[Equipment] = (),
    reason: str = "",
    comment: str = "",
    override_reason: str = "",
    instead_of: Appointment | None = None,
    request_token: UUID | None = None,
    at: datetime | None = None,
) -> Appointment:
    """Book a visit that begins now, or at ``start_at``, for a patient who is here, and mark them as arrived.

    ``instead_of`` is their later visit of the same day: it is brought forward, and its own time is free again. Raises
    what ``book`` raises: on a closed day a reason is needed, and a time that is taken is refused with the next ones.
    """
    now = at or timezone.now()
    start = start_at or beginning(now)
    end = start + timedelta(minutes=minutes) if minutes else None
    if instead_of is None:
        row = book(
            by=by,
            patient=patient,
            practitioner=practitioner,
            type=type,
            start_at=start,
            end_at=end,
            room=room,
            equipment=equipment,
            reason=reason,
            comment=comment,
            override_reason=override_reason,
            request_token=request_token,
            at=at,
        )
    else:
        if instead_of.patient_id != patient.pk:
            raise DomainError("That visit is somebody else's.")
        row = reschedule(
            by=by,
            appointment=instead_of,
            start_at=start,
            end_at=end,
            room=room,
            practitioner=practitioner,
            override_reason=override_reason,
            request_token=request_token,
            at=at,
        )
        give_equipment(row, {*equipment} - {use.equipment for use in row.equipment.select_related("equipment")}, by=by)
    return mark_arrived(by=by, appointment=row, at=at, walked_in=True)


def beginning(now: datetime) -> datetime:
    """The step of the calendar in which we are."""
    return now.replace(second=0, microsecond=0) - timedelta(minutes=now.minute % STEP_MINUTES)
