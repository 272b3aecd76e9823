"""The equipment that a visit has for its time."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models

from emr.audit.registry import recorded
from emr.shared.records import Recorded
from scheduling.choices import OCCUPYING
from scheduling.models.appointments import Appointment
from scheduling.models.resources import Equipment

#: The constraint's name, by which the database's refusal is known.
EQUIPMENT_TAKEN = "scheduling_equipment_taken"

_OCCUPYING = ", ".join(f"'{status}'" for status in OCCUPYING)

_FILL = f"""
    SELECT CASE WHEN visit.status IN ({_OCCUPYING}) AND NOT NEW.withdrawn
        THEN tstzrange(visit.start_at, COALESCE(visit.busy_until, visit.end_at), '[)') END
    INTO NEW.taken FROM scheduling_appointment visit WHERE visit.id = NEW.appointment_id;
    RETURN NEW;
"""  # noqa: S608  # the statuses are our own constants

_FOLLOW = """
    IF (OLD.status, OLD.start_at, OLD.end_at) <> (NEW.status, NEW.start_at, NEW.end_at)
        OR OLD.busy_until IS DISTINCT FROM NEW.busy_until
    THEN
        UPDATE scheduling_appointmentequipment SET taken = NULL WHERE appointment_id = NEW.id;
    END IF;
    RETURN NULL;
"""

#: The time of the equipment is the visit's, whatever becomes of the visit.
EQUIPMENT_FOLLOWS = pgtrigger.Trigger(
    name="equipment_follows", when=pgtrigger.After, operation=pgtrigger.Update, func=_FOLLOW
)
pgtrigger.register(EQUIPMENT_FOLLOWS)(Appointment)


@recorded(patient="appointment.patient_id", exclude=["taken"])
class AppointmentEquipment(Recorded):
    """A piece of equipment that a visit uses. The database fills ``taken`` and refuses the second at one time."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="equipment")
    equipment = models.ForeignKey(Equipment, on_delete=models.PROTECT, related_name="uses")
    taken = DateTimeRangeField(null=True, editable=False)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        verbose_name_plural = "appointment equipment"
        constraints = [
            models.UniqueConstraint(name="scheduling_appointment_equipment_once", fields=["appointment", "equipment"]),
            ExclusionConstraint(
                name=EQUIPMENT_TAKEN,
                expressions=[("equipment", RangeOperators.EQUAL), ("taken", RangeOperators.OVERLAPS)],
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="as_long_as_the_visit",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update,
                func=_FILL,
            ),
        ]

    def __str__(self) -> str:
        return str(self.equipment)
