"""Booked visits (FHIR Appointment), and the rooms in which they are."""

from __future__ import annotations

from datetime import datetime
from functools import reduce
from operator import or_

from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce

from clinic.models import Encounter, Patient
from emr.audit.registry import recorded
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, paired, uuid7
from scheduling.choices import OCCUPYING, AppointmentStatus, CancelledBy, ConfirmedVia
from scheduling.models.limits import EXCEPTIONS_STAY_FEW, HELD_UNDER_LOCK, NO_DOUBLE_BOOKING, ROOM_SHARED, ROOM_TAKEN
from scheduling.models.series import AppointmentSeries
from scheduling.models.stage_rules import STAGE_HAS_ITS_MOVE
from scheduling.models.types import AppointmentType
from scheduling.stages import Stage, statuses

#: The constraint's name, by which the database's refusal of a patient in two places is known.
PATIENT_ELSEWHERE = "scheduling_appointment_patient_elsewhere"


class TsTzRange(Func):
    """PostgreSQL's ``tstzrange``, the end outside, so that visits may touch."""

    function = "tstzrange"
    output_field = DateTimeRangeField()


def _busy() -> TsTzRange:
    """The visit with the time after it that belongs to it."""
    return TsTzRange("start_at", Coalesce("busy_until", "end_at"), Value("[)"))


@recorded(patient=None)
class Room(Recorded):
    """A room in which patients are seen (FHIR Location)."""

    name = models.CharField(max_length=40, unique=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]

    def __str__(self) -> str:
        return self.name


class AppointmentQuerySet(models.QuerySet["Appointment"]):
    """Visits."""

    def busy(self, start: datetime, end: datetime, *, without: Appointment | None = None) -> AppointmentQuerySet:
        """Those that take their practitioner's time between two instants, with the time after them that is theirs."""
        rows = self.annotate(until=Coalesce("busy_until", "end_at"))
        rows = rows.filter(status__in=OCCUPYING, start_at__lt=end, until__gt=start)
        return rows.exclude(pk=without.pk) if without is not None else rows


@recorded(patient="patient_id")
class Appointment(Recorded, ErrableMixin):
    """A patient's time with a practitioner.

    How many may stand beside each other is the session's or the policy's to say (scheduling.models.limits); those that
    do stand in different lanes, and in one lane no two overlap. Nobody is in two places, and a room is given once: all
    of that the database holds. ``request_token`` comes from the booking form, so that a double click books once.
    ``encounter`` is the visit that check-in opened; there is at most one. ``override_reason`` says why a visit stands
    outside the practitioner's hours, or beside another. ``replaces`` is the visit that was moved here. ``busy_until``
    is when the practitioner and the room are free again, where that is later than the visit's end. ``stage`` says
    where the patient is, ``stage_at`` since when, ``stage_room`` in which room; ``status`` follows (scheduling.stages).
    That the patient confirmed is no stage: it stands beside it.
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
    cancelled_late = models.BooleanField(
        default=False, editable=False, help_text="Called off less than a day before its time."
    )
    stage = models.CharField(max_length=14, choices=Stage, default=Stage.SCHEDULED, editable=False)
    stage_at = models.DateTimeField(null=True, blank=True, editable=False)
    stage_room = models.ForeignKey(
        Room, on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    walked_in = models.BooleanField(default=False, editable=False, help_text="Came without a visit booked before.")
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    confirmed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    confirmed_via = models.CharField(max_length=6, choices=ConfirmedVia, blank=True, editable=False)
    lane = models.PositiveSmallIntegerField(default=1, editable=False)
    busy_until = models.DateTimeField(null=True, blank=True, editable=False)
    shares_room = models.BooleanField(
        default=False, editable=False, help_text="One of a session that takes several patients at a time."
    )
    before_rules = models.BooleanField(
        default=False, editable=False, help_text="Stood in a taken room, or beside another of the patient, long before."
    )
    replaces = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="replaced_by", editable=False
    )
    series = models.ForeignKey(
        AppointmentSeries, on_delete=models.PROTECT, null=True, blank=True, related_name="visits", editable=False
    )
    series_day = models.DateField(null=True, blank=True, editable=False, help_text="The day that the series names.")

    objects = AppointmentQuerySet.as_manager()

    class Meta:
        ordering = ["start_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("scheduling_appointment_status", "status", AppointmentStatus),
            choices_constraint("scheduling_appointment_stage", "stage", Stage),
            models.CheckConstraint(
                name="scheduling_appointment_stage_status",
                condition=reduce(or_, (Q(stage=stage, status__in=statuses(stage)) for stage in Stage)),
            ),
            paired("scheduling_appointment_confirmed", "confirmed_at", "confirmed_by"),
            models.CheckConstraint(
                name="scheduling_appointment_confirmed_via",
                condition=Q(confirmed_at=None, confirmed_via="")
                | Q(confirmed_at__isnull=False, confirmed_via__in=ConfirmedVia.values),
            ),
            models.CheckConstraint(name="scheduling_appointment_times", condition=Q(end_at__gt=F("start_at"))),
            paired("scheduling_appointment_arrived", "arrived_at", "arrived_by"),
            paired("scheduling_appointment_checked_in", "checked_in_at", "checked_in_by"),
            paired("scheduling_appointment_cancelled", "cancelled_at", "cancelled_by"),
            models.CheckConstraint(
                name="scheduling_appointment_cancel_reason",
                condition=Q(cancelled_at=None) | ~Q(cancel_reason=""),
            ),
            models.CheckConstraint(name="scheduling_appointment_lane", condition=Q(lane__gte=1)),
            models.CheckConstraint(
                name="scheduling_appointment_busy", condition=Q(busy_until=None) | Q(busy_until__gt=F("end_at"))
            ),
            models.CheckConstraint(
                name="scheduling_appointment_not_itself", condition=Q(replaces=None) | ~Q(replaces=F("id"))
            ),
            models.CheckConstraint(
                name="scheduling_appointment_series",
                condition=Q(series=None, series_day=None) | Q(series__isnull=False, series_day__isnull=False),
            ),
            models.UniqueConstraint(
                name="scheduling_appointment_series_day",
                fields=["series", "series_day"],
                condition=~Q(status__in=[AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR]),
            ),
            ExclusionConstraint(
                name=NO_DOUBLE_BOOKING,
                expressions=[
                    ("practitioner", RangeOperators.EQUAL),
                    ("lane", RangeOperators.EQUAL),
                    (_busy(), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=OCCUPYING),
            ),
            ExclusionConstraint(
                name=PATIENT_ELSEWHERE,
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    (TsTzRange("start_at", "end_at", Value("[)")), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=OCCUPYING, before_rules=False),
            ),
            ExclusionConstraint(
                name=ROOM_TAKEN,
                expressions=[("room", RangeOperators.EQUAL), (_busy(), RangeOperators.OVERLAPS)],
                condition=Q(status__in=OCCUPYING, before_rules=False, shares_room=False),
            ),
            # A session of several patients has its room to itself all the same.
            ExclusionConstraint(
                name=ROOM_SHARED,
                expressions=[
                    ("room", RangeOperators.EQUAL),
                    ("practitioner", RangeOperators.NOT_EQUAL),
                    (_busy(), RangeOperators.OVERLAPS),
                ],
                condition=Q(status__in=OCCUPYING, before_rules=False),
            ),
        ]
        indexes = [
            models.Index(fields=["start_at"], name="scheduling_appointment_start"),
            models.Index(fields=["patient", "-start_at"], name="scheduling_appointment_patient"),
        ]
        triggers = [EXCEPTIONS_STAY_FEW, HELD_UNDER_LOCK, STAGE_HAS_ITS_MOVE]

    def __str__(self) -> str:
        return f"{self.type} {self.start_at:%Y-%m-%d %H:%M}Z"
