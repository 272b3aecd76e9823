"""Kinds of visit."""

from __future__ import annotations

from decimal import Decimal

from django.db import models
from django.db.models import Q

from emr.audit.registry import recorded
from emr.shared.records import Recorded, choices_constraint
from scheduling.choices import TypeColor


@recorded(patient=None)
class AppointmentType(Recorded):
    """A kind of visit: its usual length and what the front desk must know of it.

    ``buffer_minutes`` is time after the visit that belongs to it: the practitioner and the room are not given away.
    ``no_show_fee`` is what the clinic asks of somebody who doesn't come, in the clinic's currency; 0 asks nothing.
    """

    name = models.CharField(max_length=60, unique=True)
    duration_minutes = models.PositiveSmallIntegerField(default=20)
    note_type = models.CharField(max_length=10, blank=True, help_text="LOINC code of the note that the visit starts.")
    place_of_service = models.CharField(max_length=2, default="11")
    takes_copay = models.BooleanField(default=True)
    active = models.BooleanField(default=True)
    rank = models.PositiveSmallIntegerField(default=1)
    color = models.CharField(max_length=8, choices=TypeColor, default=TypeColor.SLATE)
    buffer_minutes = models.PositiveSmallIntegerField(default=0)
    online_bookable = models.BooleanField(default=False)
    no_show_fee = models.DecimalField(max_digits=8, decimal_places=2, default=Decimal(0))

    class Meta:
        ordering = ["rank", "name"]
        constraints = [
            models.CheckConstraint(
                name="scheduling_type_duration", condition=Q(duration_minutes__gte=5, duration_minutes__lte=480)
            ),
            models.CheckConstraint(name="scheduling_type_buffer", condition=Q(buffer_minutes__lte=120)),
            models.CheckConstraint(name="scheduling_type_fee", condition=Q(no_show_fee__gte=0)),
            choices_constraint("scheduling_type_color", "color", TypeColor),
        ]

    def __str__(self) -> str:
        return self.name
