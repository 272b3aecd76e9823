"""Visits booked, moved, called off, and carried through the day.

Every function locks the appointment it decides on. ``at`` is when the thing happened, for visits that are told
afterwards (a sample year, an import); it defaults to now.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from clinic.actions.encounters import open_encounter
from clinic.choices import EncounterClass
from clinic.models import Encounter, Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from scheduling.actions.slots import SlotTaken, check_time, check_type, is_double_booking, taken
from scheduling.choices import MOVABLE, TRANSITIONS, AppointmentStatus, CancelledBy
from scheduling.models import Appointment, AppointmentType, Room
from scheduling.openings import Span

__all__ = ["SlotTaken", "book", "cancel", "check_in", "complete", "mark_arrived", "mark_no_show", "reschedule"]

#: CMS place of service codes that are no office: telehealth (02, 10) and the patient's home (12).
_CLASS_BY_PLACE = {"02": EncounterClass.VIRTUAL, "10": EncounterClass.VIRTUAL, "12": EncounterClass.HOME}


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
    request_token: UUID | None = None,
    override_reason: str = "",
    at: datetime | None = None,
) -> Appointment:
    """Book a visit. ``end_at`` follows from the type where it isn't given.

    The same ``request_token`` again gives the appointment that it made the first time. A visit outside the
    practitioner's hours needs ``override_reason``. Raises SlotTaken, which carries the next free times, when another
    visit stands there; DomainError for a time that is over, a patient who died or is elsewhere then.
    """
    token = request_token or uuid7()
    made = _made_by(token, patient)
    if made is not None:
        return made
    check_type(type)
    span = Span(start_at, end_at or start_at + timedelta(minutes=type.duration_minutes))
    try:
        check_time(
            patient=patient,
            practitioner=practitioner,
            span=span,
            override_reason=override_reason,
            now=at or timezone.now(),
        )
    except DomainError:
        # The first of two equal requests may have booked this very time while the second waited for its lock.
        made = _made_by(token, patient)
        if made is None:
            raise
        return made
    made = _made_by(token, patient)
    if made is not None:
        return made
    row = Appointment(
        created_by=by,
        patient=patient,
        practitioner=practitioner,
        type=type,
        room=room,
        start_at=span.start,
        end_at=span.end,
        reason=reason.strip(),
        comment=comment.strip(),
        override_reason=override_reason.strip(),
        request_token=token,
    )
    _save(row)
    return row


@action
def reschedule(
    *,
    by: User,
    appointment: Appointment,
    start_at: datetime,
    practitioner: Practitioner | None = None,
    override_reason: str = "",
    at: datetime | None = None,
) -> Appointment:
    """Move a visit to another time, or to another practitioner; length and status stay, the log keeps the old time.

    Raises DomainError for one that has begun or was called off, and what ``book`` raises.
    """
    row = _locked(appointment)
    if row.status not in MOVABLE:
        raise DomainError(f"A visit that is {row.get_status_display().lower()} can't be moved.")
    practitioner = practitioner or row.practitioner
    if (start_at, practitioner.pk) == (row.start_at, row.practitioner_id):
        return row
    span = Span(start_at, start_at + (row.end_at - row.start_at))
    check_time(
        patient=row.patient,
        practitioner=practitioner,
        span=span,
        override_reason=override_reason,
        now=at or timezone.now(),
        without=row,
    )
    row.start_at, row.end_at = span
    row.practitioner = practitioner
    row.override_reason = override_reason.strip()
    _save(row, "start_at", "end_at", "practitioner", "override_reason")
    return row


@action
def cancel(
    *, by: User, appointment: Appointment, reason: str, cancelled_for: CancelledBy | str, at: datetime | None = None
) -> Appointment:
    """Call a visit off, for the patient or for the clinic. Raises DomainError without a reason."""
    row = _locked(appointment)
    if row.status == AppointmentStatus.CANCELLED:
        return row
    if not reason.strip():
        raise DomainError("Say why the visit is cancelled.", field="reason")
    _move(row, AppointmentStatus.CANCELLED)
    row.cancelled_at, row.cancelled_by = at or timezone.now(), by
    row.cancelled_for = CancelledBy(cancelled_for)
    row.cancel_reason = reason.strip()
    _save(row, "status", "cancelled_at", "cancelled_by", "cancelled_for", "cancel_reason")
    return row


@action
def mark_no_show(*, by: User, appointment: Appointment, at: datetime | None = None) -> Appointment:
    """Record that the patient didn't come. Raises DomainError before the visit's time."""
    row = _locked(appointment)
    if row.status == AppointmentStatus.NOSHOW:
        return row
    _move(row, AppointmentStatus.NOSHOW)
    if (at or timezone.now()) < row.start_at:
        raise DomainError("The visit's time has not come yet. Cancel it if the patient called it off.")
    _save(row, "status")
    return row


@action
def mark_arrived(*, by: User, appointment: Appointment, at: datetime | None = None) -> Appointment:
    """Record that the patient is here. A second arrival changes nothing."""
    row = _locked(appointment)
    if row.status == AppointmentStatus.ARRIVED:
        return row
    _move(row, AppointmentStatus.ARRIVED)
    row.arrived_at, row.arrived_by = at or timezone.now(), by
    _save(row, "status", "arrived_at", "arrived_by")
    return row


@action
def check_in(*, by: User, appointment: Appointment, at: datetime | None = None) -> Encounter:
    """Check the patient in and open the visit, once: however often this is called, it gives the same encounter.

    The visit belongs to the practitioner who was booked, whoever checks in. Raises DomainError for a visit that was
    called off.
    """
    row = _locked(appointment)
    if row.encounter is not None and row.status in {AppointmentStatus.CHECKED_IN, AppointmentStatus.FULFILLED}:
        return row.encounter
    _move(row, AppointmentStatus.CHECKED_IN)
    now = at or timezone.now()
    row.encounter = open_encounter(
        by=by,
        patient=row.patient,
        practitioner=row.practitioner,
        period_start=now,
        reason=row.reason,
        type_display=row.type.name,
        place_of_service=row.type.place_of_service,
        class_code=_CLASS_BY_PLACE.get(row.type.place_of_service, EncounterClass.AMBULATORY),
    )
    row.checked_in_at, row.checked_in_by = now, by
    if row.arrived_at is None:
        row.arrived_at, row.arrived_by = now, by
    _save(row, "status", "encounter", "checked_in_at", "checked_in_by", "arrived_at", "arrived_by")
    return row.encounter


@action
def complete(*, by: User, appointment: Appointment) -> Appointment:
    """Record that the visit is over. A second time changes nothing."""
    row = _locked(appointment)
    if row.status == AppointmentStatus.FULFILLED:
        return row
    _move(row, AppointmentStatus.FULFILLED)
    _save(row, "status")
    return row


def _made_by(token: UUID, patient: Patient) -> Appointment | None:
    made = Appointment.objects.filter(request_token=token).first()
    if made is not None and made.patient_id != patient.pk:
        raise DomainError("This form has booked a visit for somebody else already. Open it again.")
    return made


def _locked(appointment: Appointment) -> Appointment:
    # Without joins: a row that another transaction linked while this one waited for the lock would be joined as none.
    return Appointment.objects.select_for_update().get(pk=appointment.pk)


def _move(row: Appointment, status: AppointmentStatus) -> None:
    if status not in TRANSITIONS[row.status]:
        now, wanted = row.get_status_display().lower(), AppointmentStatus(status).label.lower()
        raise DomainError(f"This visit is {now}, so it can't become {wanted}.")
    row.status = status


def _save(row: Appointment, *fields: str) -> None:
    """Write the row; the database's refusal of a double booking becomes the sentence of SlotTaken."""
    try:
        with transaction.atomic():
            if fields:
                row.save(update_fields=[*fields, "updated_at"])
            else:
                row.save(force_insert=True)
    except IntegrityError as error:
        if not is_double_booking(error):
            raise
        raise taken(row.practitioner, Span(row.start_at, row.end_at), without=row) from error
