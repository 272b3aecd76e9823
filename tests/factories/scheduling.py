"""Types of visit, hours, and visits."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from itertools import count

from django.utils import timezone

from emr.accounts.models import Practitioner
from scheduling.choices import (
    AppointmentStatus,
    DoubleBooking,
    ReminderChannel,
    ReminderReply,
    ReminderStatus,
    Weekday,
)
from scheduling.models import (
    Appointment,
    AppointmentType,
    CalendarFeed,
    DoubleBookingPolicy,
    Equipment,
    EquipmentNeed,
    Recall,
    Reminder,
    ReminderAnswer,
    ReminderRule,
    Room,
    Schedule,
    ScheduleException,
    ScheduleType,
    WaitingDisplay,
    WaitlistEntry,
    WaitlistOffer,
)
from scheduling.stages import OF_STATUS, Stage
from tests.factories.accounts import PractitionerFactory
from tests.factories.base import RecordFactory, factory, numbered

_starts = count(0)


class AppointmentTypeFactory(RecordFactory[AppointmentType]):
    class Meta:
        model = AppointmentType

    name = numbered("Follow-up ")
    duration_minutes = 20


class RoomFactory(RecordFactory[Room]):
    class Meta:
        model = Room

    name = numbered("Room ")


class WaitingDisplayFactory(RecordFactory[WaitingDisplay]):
    class Meta:
        model = WaitingDisplay

    name = numbered("Screen ")
    link_expires_at = factory.LazyFunction(timezone.now)


class EquipmentFactory(RecordFactory[Equipment]):
    class Meta:
        model = Equipment

    name = numbered("Ultrasound ")


class EquipmentNeedFactory(RecordFactory[EquipmentNeed]):
    class Meta:
        model = EquipmentNeed

    type = factory.SubFactory(AppointmentTypeFactory)
    equipment = factory.SubFactory(EquipmentFactory)


class ScheduleFactory(RecordFactory[Schedule]):
    class Meta:
        model = Schedule

    practitioner = factory.SubFactory(PractitionerFactory)
    weekday = Weekday.MON
    start_time = time(8)
    end_time = time(17)
    effective_from = date(2020, 1, 1)


class ScheduleTypeFactory(RecordFactory[ScheduleType]):
    class Meta:
        model = ScheduleType

    schedule = factory.SubFactory(ScheduleFactory)
    type = factory.SubFactory(AppointmentTypeFactory)


class ScheduleExceptionFactory(RecordFactory[ScheduleException]):
    class Meta:
        model = ScheduleException

    reason = "Meeting"


class AppointmentFactory(RecordFactory[Appointment]):
    """A booked visit; each on a time of its own, unless the test says when. Needs ``patient``."""

    class Meta:
        model = Appointment

    practitioner = factory.SubFactory(PractitionerFactory)
    type = factory.SubFactory(AppointmentTypeFactory)
    start_at = factory.LazyFunction(lambda: datetime(2030, 1, 7, 14, tzinfo=UTC) + timedelta(hours=next(_starts)))
    end_at = factory.LazyAttribute(lambda row: row.start_at + timedelta(minutes=row.type.duration_minutes))
    status = AppointmentStatus.BOOKED
    stage = factory.LazyAttribute(lambda row: OF_STATUS.get(row.status, Stage.SCHEDULED))


class CalendarFeedFactory(RecordFactory[CalendarFeed]):
    class Meta:
        model = CalendarFeed

    practitioner = factory.SubFactory(PractitionerFactory)
    token_hash = factory.Sequence(lambda n: f"{n:064x}")


class ReminderRuleFactory(RecordFactory[ReminderRule]):
    class Meta:
        model = ReminderRule

    hours_before = factory.Sequence(lambda n: 1 + n % 720)


class ReminderFactory(RecordFactory[Reminder]):
    """A reminder that was sent by e-mail. Needs ``appointment``."""

    class Meta:
        model = Reminder

    rule = factory.SubFactory(ReminderRuleFactory)
    channel = ReminderChannel.EMAIL
    status = ReminderStatus.SENT
    start_at = factory.LazyAttribute(lambda row: row.appointment.start_at)
    recipient = "patient@example.org"
    token_hash = factory.Sequence(lambda n: f"{n:064x}")
    made_at = factory.LazyFunction(timezone.now)
    sent_at = factory.LazyAttribute(lambda row: row.made_at if row.status == ReminderStatus.SENT else None)


class ReminderAnswerFactory(RecordFactory[ReminderAnswer]):
    """What came back by text message. Needs ``reminder``."""

    class Meta:
        model = ReminderAnswer

    channel = ReminderChannel.SMS
    reply = ReminderReply.OTHER
    text = "Who is this?"
    at = factory.LazyFunction(timezone.now)


def open_week(practitioner: Practitioner, start: time = time(8), end: time = time(17)) -> None:
    """Give a practitioner the same session from Monday to Friday."""
    for weekday in list(Weekday)[:5]:
        ScheduleFactory(practitioner=practitioner, weekday=weekday, start_time=start, end_time=end)


class DoubleBookingPolicyFactory(RecordFactory[DoubleBookingPolicy]):
    """Nobody beside anybody, for the whole clinic unless the test says for whom."""

    class Meta:
        model = DoubleBookingPolicy

    rule = DoubleBooking.FORBID


class WaitlistEntryFactory(RecordFactory[WaitlistEntry]):
    """Somebody who waits. Needs ``patient``."""

    class Meta:
        model = WaitlistEntry

    type = factory.SubFactory(AppointmentTypeFactory)
    from_day = date(2020, 1, 1)


class WaitlistOfferFactory(RecordFactory[WaitlistOffer]):
    """A time on offer that stands. Needs ``entry``."""

    class Meta:
        model = WaitlistOffer

    practitioner = factory.SubFactory(PractitionerFactory)
    start_at = factory.LazyFunction(lambda: datetime(2031, 1, 6, 14, tzinfo=UTC) + timedelta(hours=next(_starts)))
    end_at = factory.LazyAttribute(lambda row: row.start_at + timedelta(minutes=20))
    expires_at = factory.LazyAttribute(lambda row: row.start_at)


class RecallFactory(RecordFactory[Recall]):
    class Meta:
        model = Recall

    patient = factory.SubFactory("tests.factories.clinic.PatientFactory")
    due_on = date(2026, 11, 2)
    reason = "Blood pressure again"
