"""The tables of time."""

from scheduling.models.appointments import Appointment, Room
from scheduling.models.availability import Schedule, ScheduleException, ScheduleType
from scheduling.models.equipment import AppointmentEquipment
from scheduling.models.feeds import CalendarFeed
from scheduling.models.flow import AppointmentStage, CheckIn, CheckInItem, StageThreshold, WaitingDisplay
from scheduling.models.limits import DoubleBookingPolicy
from scheduling.models.recalls import Recall, RecallAttempt
from scheduling.models.reminders import Reminder, ReminderAnswer, ReminderRule
from scheduling.models.resources import Equipment, EquipmentNeed
from scheduling.models.series import AppointmentSeries
from scheduling.models.types import AppointmentType
from scheduling.models.waitlist import WaitlistEntry, WaitlistOffer

__all__ = [
    "Appointment",
    "AppointmentEquipment",
    "AppointmentSeries",
    "AppointmentStage",
    "AppointmentType",
    "CalendarFeed",
    "CheckIn",
    "CheckInItem",
    "DoubleBookingPolicy",
    "Equipment",
    "EquipmentNeed",
    "Recall",
    "RecallAttempt",
    "Reminder",
    "ReminderAnswer",
    "ReminderRule",
    "Room",
    "Schedule",
    "ScheduleException",
    "ScheduleType",
    "StageThreshold",
    "WaitingDisplay",
    "WaitlistEntry",
    "WaitlistOffer",
]
