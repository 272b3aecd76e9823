"""Visits booked, moved, called off, and carried through the day.

Every function locks the appointment it decides on. ``at`` is when the thing happened, for visits that are told
afterwards (a sample year, an import); it defaults to now.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from clinic.actions.encounters import open_encounter
from clinic.choices import EncounterClass
from clinic.models import Encounter
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from scheduling.actions.booking import book
from scheduling.actions.cancelling import cancel, undo_cancel
from scheduling.actions.moving import reschedule
from scheduling.actions.placing import advance, locked, save_visit
from scheduling.actions.slots import SlotTaken
from scheduling.choices import AppointmentStatus
from scheduling.models import Appointment

__all__ = [
    "SlotTaken",
    "book",
    "cancel",
    "check_in",
    "complete",
    "mark_arrived",
    "mark_no_show",
    "reschedule",
    "undo_cancel",
]

#: CMS place of service codes that are no office: telehealth (02, 10) and the patient's home (12).
_CLASS_BY_PLACE = {"02": EncounterClass.VIRTUAL, "10": EncounterClass.VIRTUAL, "12": EncounterClass.HOME}


@action
def mark_no_show(*, by: User, appointment: Appointment, at: datetime | None = None) -> Appointment:
    """Record that the patient didn't come. Raises DomainError before the visit's time."""
    row = locked(appointment)
    if row.status == AppointmentStatus.NOSHOW:
        return row
    advance(row, AppointmentStatus.NOSHOW)
    if (at or timezone.now()) < row.start_at:
        raise DomainError("The visit's time has not come yet. Cancel it if the patient called it off.")
    save_visit(row, "status")
    return row


@action
def mark_arrived(*, by: User, appointment: Appointment, at: datetime | None = None) -> Appointment:
    """Record that the patient is here. A second arrival changes nothing."""
    row = locked(appointment)
    if row.status == AppointmentStatus.ARRIVED:
        return row
    advance(row, AppointmentStatus.ARRIVED)
    row.arrived_at, row.arrived_by = at or timezone.now(), by
    save_visit(row, "status", "arrived_at", "arrived_by")
    return row


@action
def check_in(*, by: User, appointment: Appointment, at: datetime | None = None) -> Encounter:
    """Check the patient in and open the visit, once: however often this is called, it gives the same encounter.

    The visit belongs to the practitioner who was booked, whoever checks in. Raises DomainError for a visit that was
    called off.
    """
    row = locked(appointment)
    if row.encounter is not None and row.status in {AppointmentStatus.CHECKED_IN, AppointmentStatus.FULFILLED}:
        return row.encounter
    advance(row, AppointmentStatus.CHECKED_IN)
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
    save_visit(row, "status", "encounter", "checked_in_at", "checked_in_by", "arrived_at", "arrived_by")
    return row.encounter


@action
def complete(*, by: User, appointment: Appointment) -> Appointment:
    """Record that the visit is over. A second time changes nothing."""
    row = locked(appointment)
    if row.status == AppointmentStatus.FULFILLED:
        return row
    advance(row, AppointmentStatus.FULFILLED)
    save_visit(row, "status")
    return row
