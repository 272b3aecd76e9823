"""Booked visits (FHIR Appointment), their kinds, and the rooms."""

from __future__ import annotations

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value

from clinic.models import Encounter, Patient
from emr.audit.registry import recorded
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, paired, uuid7
from scheduling.choices import OCCUPYING, AppointmentStatus, CancelledBy

#: The exclusion constraint's name, by which a refusal of the database is known.
NO_DOUBLE_BOOKING = "scheduling_appointment_no_double_booking"


class TsTzRange(Func):
    """PostgreSQL's ``tstzrange``, the end outside, so that visits may touch."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


@recorded(patient=None)
class AppointmentType(Recorded):
    """A kind of visit: its usual length and what the front desk must know of it."""

    name = models.CharField(max_length=60, unique=True)
    duration_minutes = models.PositiveSmallIntegerField(default=20)
    note_type = models.CharField(max_length=10, blank=True, help_text="LOINC code of the note that the visit starts.")
    place_of_service = models.CharField(max_length=2, default="11")
    takes_copay = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    rank = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["rank", "name"]
        constraints = [
            models.CheckConstraint(
                name="scheduling_type_duration", condition=Q(duration_minutes__gte=5, duration_minutes__lte=480)
            ),
        ]

    def __str__(self) -> str:
        return self.name


@recorded(patient=None)
class Room(Recorded):
    """A room in which patients are seen (FHIR Location)."""

    name = models.CharField(max_length=40, unique=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


@recorded(patient="patient_id")
class Appointment(Recorded, ErrableMixin):
    """A patient's time with a practitioner. Two that take time never overlap: the database refuses the second.

    ``request_token`` comes from the booking form, so that a double click books once. ``encounter`` is the visit that
    check-in opened; there is at most one. ``override_reason`` says why a visit stands outside the practitioner's hours.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointments")
    practitioner = models.ForeignKey("accounts.Practitioner", on_delete=models.PROTECT, related_name="appointments")
    type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT, related_name="appointments")
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, blank=True, related_name="appointments")
    status = models.CharField(max_length=16, choices=AppointmentStatus, default=AppointmentStatus.BOOKED)
    start_at = models.DateTimeField()
    end_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    comment = models.CharField(max_length=300, blank=True)
    request_token = models.UUIDField(default=uuid7, unique=True, editable=False)
    encounter = models.OneToOneField(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="appointment", editable=False
    )
    override_reason = models.CharField(max_length=200, blank=True)
    arrived_at = models.DateTimeField(null=True, blank=True, editable=False)
    arrived_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    checked_in_at = models.DateTimeField(null=True, blank=True, editable=False)
    checked_in_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    cancelled_for = models.CharField(max_length=7, choices=CancelledBy, blank=True)
    cancel_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["start_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("scheduling_appointment_status", "status", AppointmentStatus),
            models.CheckConstraint(name="scheduling_appointment_times", condition=Q(end_at__gt=F("start_at"))),
            paired("scheduling_appointment_arrived", "arrived_at", "arrived_by"),
            paired("scheduling_appointment_checked_in", "checked_in_at", "checked_in_by"),
            paired("scheduling_appointment_cancelled", "cancelled_at", "cancelled_by"),
            models.CheckConstraint(
                name="scheduling_appointment_cancel_reason",
                condition=Q(cancelled_at=None) | ~Q(cancel_reason=""),
            ),
            ExclusionConstraint(
                name=NO_DOUBLE_BOOKING,
                expressions=[
                    ("practitioner", RangeOperators.EQUAL),
                    (TsTzRange("start_at", "end_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=OCCUPYING),
            ),
        ]
        indexes = [
            models.Index(fields=["start_at"], name="scheduling_appointment_start"),
            models.Index(fields=["patient", "-start_at"], name="scheduling_appointment_patient"),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.start_at:%Y-%m-%d %H:%M}Z"
