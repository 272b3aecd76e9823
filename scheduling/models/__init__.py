"""The tables of time."""

from scheduling.models.appointments import Appointment, AppointmentType, Room
from scheduling.models.availability import Schedule, ScheduleException

__all__ = ["Appointment", "AppointmentType", "Room", "Schedule", "ScheduleException"]
