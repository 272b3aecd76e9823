"""Whether a time may be given away: asked by booking and by moving, under the locks that keep the answer true."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.utils import timezone

from clinic.models import Patient
from emr.accounts.models import Practitioner
from emr.shared.errors import Conflict, DomainError
from emr.ui.formats import clock, day
from scheduling.choices import OCCUPYING
from scheduling.models import Appointment, AppointmentType
from scheduling.openings import GRACE, Openings, Slot, Span, find_slots

#: Visits begin on the rows of the day grid.
STEP_MINUTES = 5
LONGEST = timedelta(hours=8)


class SlotTaken(Conflict):
    """The time went to somebody else. ``next_free`` holds the next free times of the same practitioner."""

    def __init__(self, message: str, *, next_free: list[Slot]) -> None:
        super().__init__(message, field="slot")
        self.next_free = next_free


def taken(
    practitioner: Practitioner,
    span: Span,
    *,
    kind: AppointmentType | None = None,
    without: Appointment | None = None,
    maximum: int = 1,
) -> SlotTaken:
    """The error for a time that is taken, with the next free ones of that length. ``maximum`` may stand there."""
    minutes = int((span.end - span.start).total_seconds() // 60)
    free = find_slots([practitioner], minutes, start=span.start, limit=6, without=without, kind=kind)
    said = f"{clock(span.start)} on {day(span.start)} with {practitioner.short_name} is taken"
    said += f": no more than {maximum} visits may stand there." if maximum > 1 else "."
    return SlotTaken(f"{said} {'Choose another time.' if free else 'No other time is free.'}", next_free=free)


def check_type(kind: AppointmentType) -> None:
    """Refuse a kind of visit that is no longer given."""
    if not kind.active:
        raise DomainError(f"{kind.name} is no longer given. Choose another type of visit.", field="type")


def check_time(
    *,
    patient: Patient,
    practitioner: Practitioner,
    kind: AppointmentType,
    span: Span,
    override_reason: str,
    now: datetime,
    without: Appointment | None = None,
) -> None:
    """Refuse a time that can't be given. Locks the patient and the practitioner until the transaction ends.

    Raises DomainError: the patient died or is no longer one of the clinic's, the time is over, it is outside the hours
    and ``override_reason`` is empty, the patient is elsewhere then. Whether other visits let it stand beside them, the
    database says when the row is written (scheduling.actions.placing).
    """
    _check_span(span, now)
    _check_patient(patient, span, without)
    practitioner = Practitioner.objects.select_for_update(no_key=True).get(pk=practitioner.pk)
    if not (practitioner.active and practitioner.bookable):
        raise DomainError(f"{practitioner.short_name} takes no visits. Choose somebody else.", field="practitioner")
    first, last = (timezone.localtime(moment).date() for moment in span)
    openings = Openings.read([practitioner], first, last, without=without)
    if not override_reason.strip() and not openings.is_open(practitioner.pk, span, kind=kind, now=now):
        raise DomainError(_closed(openings, practitioner, kind, span), field="override_reason")


def _check_span(span: Span, now: datetime) -> None:
    start = span.start
    if timezone.is_naive(start) or timezone.is_naive(span.end):
        raise ValueError("An appointment's times carry their zone.")
    if start.minute % STEP_MINUTES or start.second or start.microsecond:
        raise DomainError("Visits begin on the full five minutes, like 09:05.", field="slot")
    if not timedelta(0) < span.end - start <= LONGEST:
        raise DomainError("A visit ends after it begins, and within eight hours.", field="slot")
    if start < now - GRACE:
        raise DomainError(f"{clock(start)} on {day(start)} is over. Choose a time to come.", field="slot")


def _check_patient(patient: Patient, span: Span, without: Appointment | None) -> None:
    patient = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    if patient.deceased_at is not None:
        raise DomainError(
            f"{patient.full_name} died on {day(patient.deceased_at)}. No visit can be booked.", field="patient"
        )
    if not patient.active:
        raise DomainError(
            f"The chart of {patient.full_name} is no longer used. Book for the one that is.", field="patient"
        )
    others = Appointment.objects.filter(
        patient=patient, status__in=OCCUPYING, start_at__lt=span.end, end_at__gt=span.start
    )
    if without is not None:
        others = others.exclude(pk=without.pk)
    other = others.select_related("practitioner").first()
    if other is not None:
        raise DomainError(
            f"{patient.full_name} already has a visit then: {clock(other.start_at)} to {clock(other.end_at)} "
            f"with {other.practitioner.short_name}.",
            field="slot",
        )


def _closed(openings: Openings, practitioner: Practitioner, kind: AppointmentType, span: Span) -> str:
    for block in openings.blocks(practitioner.pk):
        if block.start_at < span.end and span.start < block.end_at:
            return (
                f"{practitioner.short_name} is not here then ({block.reason}). "
                "Say why the visit is booked all the same."
            )
    if openings.is_open(practitioner.pk, span):
        return (
            f"{practitioner.short_name} keeps {clock(span.start)} on {day(span.start)} for other visits than "
            f"{kind.name}. Say why it is booked all the same."
        )
    return (
        f"{clock(span.start)} to {clock(span.end)} on {day(span.start)} is outside the hours of "
        f"{practitioner.short_name}. Say why the visit is booked all the same."
    )
