"""When practitioners see patients: weekly rules on the clinic's wall clock, and exceptions (FHIR Schedule)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint, period_constraint
from scheduling.choices import Weekday


@recorded(patient=None)
class Schedule(Recorded):
    """One session of a week: a practitioner sees patients on this weekday between two wall-clock times.

    The times are local, so that nine o'clock stays nine o'clock across daylight saving.
    """

    practitioner = models.ForeignKey("accounts.Practitioner", on_delete=models.PROTECT, related_name="schedules")
    weekday = models.CharField(max_length=3, choices=Weekday)
    start_time = models.TimeField("from")
    end_time = models.TimeField("until")
    effective_from = models.DateField()
    effective_until = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["practitioner", "weekday", "start_time"]
        constraints = [
            choices_constraint("scheduling_schedule_weekday", "weekday", Weekday),
            models.CheckConstraint(name="scheduling_schedule_times", condition=Q(end_time__gt=F("start_time"))),
            period_constraint("scheduling_schedule_period", "effective_from", "effective_until"),
        ]
        indexes = [models.Index(fields=["practitioner", "weekday"], name="scheduling_schedule_day")]

    def __str__(self) -> str:
        return f"{self.get_weekday_display()} {self.start_time:%H:%M}–{self.end_time:%H:%M}"


@recorded(patient=None)
class ScheduleException(Recorded):
    """Time off or a closed day: for one practitioner, or for the whole clinic when none is named."""

    practitioner = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="schedule_exceptions"
    )
    start_at = models.DateTimeField("from")
    end_at = models.DateTimeField("until")
    reason = models.CharField(max_length=120)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        ordering = ["start_at"]
        constraints = [
            models.CheckConstraint(name="scheduling_exception_times", condition=Q(end_at__gt=F("start_at"))),
        ]
        indexes = [models.Index(fields=["start_at", "end_at"], name="scheduling_exception_time")]

    def __str__(self) -> str:
        return self.reason
