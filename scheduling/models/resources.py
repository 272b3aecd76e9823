"""What a visit can need beside people: the equipment, and which kinds of visit need it. Rooms stand by appointments."""

from __future__ import annotations

from django.db import models

from emr.audit.registry import recorded
from emr.shared.records import Recorded


@recorded(patient=None)
class Equipment(Recorded):
    """A piece of equipment that one visit uses at a time (FHIR Device)."""

    name = models.CharField(max_length=60, unique=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name"]
        verbose_name_plural = "equipment"

    def __str__(self) -> str:
        return self.name


@recorded(patient=None, deletable=True)
class EquipmentNeed(Recorded):
    """A kind of visit that can't be given without a piece of equipment."""

    type = models.ForeignKey("scheduling.AppointmentType", on_delete=models.PROTECT, related_name="equipment_needs")
    equipment = models.ForeignKey(Equipment, on_delete=models.PROTECT, related_name="needs")

    class Meta:
        constraints = [models.UniqueConstraint(name="scheduling_equipment_need_once", fields=["type", "equipment"])]

    def __str__(self) -> str:
        return f"{self.type_id} {self.equipment_id}"
