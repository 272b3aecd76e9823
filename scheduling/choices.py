"""Statuses of time, in FHIR R4's own codes."""

from __future__ import annotations

from django.db.models import TextChoices


class AppointmentStatus(TextChoices):
    """FHIR R4 Appointment.status."""

    PROPOSED = "proposed", "Proposed"
    PENDING = "pending", "Pending"
    BOOKED = "booked", "Booked"
    ARRIVED = "arrived", "Arrived"
    CHECKED_IN = "checked-in", "Checked in"
    FULFILLED = "fulfilled", "Completed"
    CANCELLED = "cancelled", "Cancelled"
    NOSHOW = "noshow", "No-show"
    WAITLIST = "waitlist", "Waitlist"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


#: Statuses in which an appointment takes its practitioner's time.
OCCUPYING = [
    AppointmentStatus.PENDING,
    AppointmentStatus.BOOKED,
    AppointmentStatus.ARRIVED,
    AppointmentStatus.CHECKED_IN,
    AppointmentStatus.FULFILLED,
]


class CancelledBy(TextChoices):
    """Who called the visit off."""

    PATIENT = "patient", "Patient"
    CLINIC = "clinic", "Clinic"


class Weekday(TextChoices):
    """FHIR DaysOfWeek."""

    MON = "mon", "Monday"
    TUE = "tue", "Tuesday"
    WED = "wed", "Wednesday"
    THU = "thu", "Thursday"
    FRI = "fri", "Friday"
    SAT = "sat", "Saturday"
    SUN = "sun", "Sunday"


#: Where each status may go. What is not here is refused, whoever asks.
TRANSITIONS: dict[str, frozenset[str]] = {
    AppointmentStatus.PROPOSED: frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED}),
    AppointmentStatus.WAITLIST: frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED}),
    AppointmentStatus.PENDING: frozenset(
        {
            AppointmentStatus.BOOKED,
            AppointmentStatus.ARRIVED,
            AppointmentStatus.CHECKED_IN,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.NOSHOW,
        }
    ),
    AppointmentStatus.BOOKED: frozenset(
        {
            AppointmentStatus.ARRIVED,
            AppointmentStatus.CHECKED_IN,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.NOSHOW,
        }
    ),
    AppointmentStatus.ARRIVED: frozenset({AppointmentStatus.CHECKED_IN, AppointmentStatus.CANCELLED}),
    AppointmentStatus.CHECKED_IN: frozenset({AppointmentStatus.FULFILLED}),
    # Came after all, before anybody else took the time.
    AppointmentStatus.NOSHOW: frozenset({AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN}),
    AppointmentStatus.FULFILLED: frozenset(),
    AppointmentStatus.CANCELLED: frozenset(),
    AppointmentStatus.ENTERED_IN_ERROR: frozenset(),
}

#: Statuses in which a visit may still be moved to another time.
MOVABLE = frozenset({AppointmentStatus.PENDING, AppointmentStatus.BOOKED})
