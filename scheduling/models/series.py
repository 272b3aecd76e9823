"""Visits that come again: the rule by which a row of visits was booked."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from clinic.models import Patient
from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint, uuid7
from scheduling.choices import Frequency, Weekday
from scheduling.models.types import AppointmentType


@recorded(patient="patient_id")
class AppointmentSeries(Recorded):
    """The rule of a series. Every occurrence is an appointment of its own, made when the series is booked.

    ``wall_time`` is the clinic's wall clock, so that nine o'clock stays nine o'clock across daylight saving.
    ``weekdays`` are those of a weekly rule; ``nth`` is the week of the month of a monthly one, -1 the last. It ends
    after ``count`` occurrences or on the day ``until``. ``split_from`` is the series of which this is the changed rest.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="appointment_series")
    practitioner = models.ForeignKey("accounts.Practitioner", on_delete=models.PROTECT, related_name="+")
    type = models.ForeignKey(AppointmentType, on_delete=models.PROTECT, related_name="+")
    frequency = models.CharField(max_length=7, choices=Frequency)
    interval = models.PositiveSmallIntegerField(default=1)
    weekdays = ArrayField(models.CharField(max_length=3, choices=Weekday), default=list, blank=True)
    nth = models.SmallIntegerField(null=True, blank=True)
    first_day = models.DateField()
    wall_time = models.TimeField()
    minutes = models.PositiveSmallIntegerField()
    count = models.PositiveSmallIntegerField(null=True, blank=True)
    until = models.DateField(null=True, blank=True)
    request_token = models.UUIDField(default=uuid7, unique=True, editable=False)
    split_from = models.ForeignKey(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="continued_by", editable=False
    )

    class Meta:
        verbose_name_plural = "appointment series"
        constraints = [
            choices_constraint("scheduling_series_frequency", "frequency", Frequency),
            models.CheckConstraint(name="scheduling_series_interval", condition=Q(interval__gte=1, interval__lte=52)),
            models.CheckConstraint(
                name="scheduling_series_nth",
                condition=(~Q(frequency=Frequency.MONTHLY) & Q(nth=None))
                | Q(frequency=Frequency.MONTHLY, nth__in=[-1, 1, 2, 3, 4]),
            ),
            models.CheckConstraint(
                name="scheduling_series_ends",
                condition=Q(count__isnull=False, until=None) | Q(count=None, until__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_frequency_display()} from {self.first_day}"
