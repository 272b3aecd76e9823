"""Statuses of time, in FHIR R4's own codes."""

from __future__ import annotations

from django.db.models import TextChoices


class AppointmentStatus(TextChoices):
    """FHIR R4 Appointment.status."""

    PROPOSED = "proposed", "Proposed"
    PENDING = "pending", "Pending"
    BOOKED = "booked", "Booked"
    ARRIVED = "arrived", "Arrived"
    CHECKED_IN = "checked-in", "Checked in"
    FULFILLED = "fulfilled", "Completed"
    CANCELLED = "cancelled", "Cancelled"
    NOSHOW = "noshow", "No-show"
    WAITLIST = "waitlist", "Waitlist"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


#: Statuses in which an appointment takes its practitioner's time.
OCCUPYING = [
    AppointmentStatus.PENDING,
    AppointmentStatus.BOOKED,
    AppointmentStatus.ARRIVED,
    AppointmentStatus.CHECKED_IN,
    AppointmentStatus.FULFILLED,
]


class CancelledBy(TextChoices):
    """Who called the visit off."""

    PATIENT = "patient", "Patient"
    CLINIC = "clinic", "Clinic"
    #: Not called off at all: it stands at another time.
    MOVED = "moved", "Moved to another time"


class Weekday(TextChoices):
    """FHIR DaysOfWeek."""

    MON = "mon", "Monday"
    TUE = "tue", "Tuesday"
    WED = "wed", "Wednesday"
    THU = "thu", "Thursday"
    FRI = "fri", "Friday"
    SAT = "sat", "Saturday"
    SUN = "sun", "Sunday"


class ExceptionKind(TextChoices):
    """Why a stretch of time differs from the week's hours."""

    TIME_OFF = "time_off", "Time off"
    HOLIDAY = "holiday", "Holiday"
    CLOSED = "closed", "Closed"
    EXTRA_HOURS = "extra_hours", "Extra hours"

    @classmethod
    def personal(cls) -> list[ExceptionKind]:
        """Those that are always one practitioner's."""
        return [cls.TIME_OFF, cls.EXTRA_HOURS]


class TypeColor(TextChoices):
    """The colours in which kinds of visit are told apart; the style sheets know them by these names."""

    SLATE = "slate", "Slate"
    BLUE = "blue", "Blue"
    TEAL = "teal", "Teal"
    GREEN = "green", "Green"
    AMBER = "amber", "Amber"
    ORANGE = "orange", "Orange"
    ROSE = "rose", "Rose"
    VIOLET = "violet", "Violet"


class DoubleBooking(TextChoices):
    """Whether visits may stand beside each other."""

    FORBID = "forbid", "Never"
    WARN = "warn", "With a reason"
    ALLOW = "allow", "Freely"


class Frequency(TextChoices):
    """How often a series comes."""

    DAILY = "daily", "Daily"
    WEEKLY = "weekly", "Weekly"
    MONTHLY = "monthly", "Monthly"


class Scope(TextChoices):
    """How much of a series a change is for."""

    THIS = "this", "Only this visit"
    FOLLOWING = "following", "This and the following ones"
    ALL = "all", "All that are to come"


class Priority(TextChoices):
    """FHIR R4 request-priority, as far as a waitlist needs it."""

    ROUTINE = "routine", "Routine"
    URGENT = "urgent", "Urgent"
    ASAP = "asap", "As soon as possible"


class WaitlistStatus(TextChoices):
    """Where somebody who waits has come to."""

    WAITING = "waiting", "Waiting"
    BOOKED = "booked", "Booked"
    WITHDRAWN = "withdrawn", "Withdrawn"
    EXPIRED = "expired", "Expired"


class OfferStatus(TextChoices):
    """What became of an offered time."""

    OPEN = "open", "Open"
    ACCEPTED = "accepted", "Accepted"
    DECLINED = "declined", "Declined"
    EXPIRED = "expired", "Expired"
    WITHDRAWN = "withdrawn", "Withdrawn"


class OfferVia(TextChoices):
    """How an offer reaches the patient."""

    PHONE = "phone", "Phone"
    EMAIL = "email", "E-mail"


#: Where each status may go. What is not here is refused, whoever asks.
TRANSITIONS: dict[str, frozenset[str]] = {
    AppointmentStatus.PROPOSED: frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED}),
    AppointmentStatus.WAITLIST: frozenset({AppointmentStatus.BOOKED, AppointmentStatus.CANCELLED}),
    AppointmentStatus.PENDING: frozenset(
        {
            AppointmentStatus.BOOKED,
            AppointmentStatus.ARRIVED,
            AppointmentStatus.CHECKED_IN,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.NOSHOW,
        }
    ),
    AppointmentStatus.BOOKED: frozenset(
        {
            AppointmentStatus.ARRIVED,
            AppointmentStatus.CHECKED_IN,
            AppointmentStatus.CANCELLED,
            AppointmentStatus.NOSHOW,
        }
    ),
    AppointmentStatus.ARRIVED: frozenset({AppointmentStatus.CHECKED_IN, AppointmentStatus.CANCELLED}),
    AppointmentStatus.CHECKED_IN: frozenset({AppointmentStatus.FULFILLED}),
    # Came after all, before anybody else took the time.
    AppointmentStatus.NOSHOW: frozenset({AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN}),
    AppointmentStatus.FULFILLED: frozenset(),
    AppointmentStatus.CANCELLED: frozenset(),
    AppointmentStatus.ENTERED_IN_ERROR: frozenset(),
}

#: Statuses in which a visit may still be moved to another time.
MOVABLE = frozenset({AppointmentStatus.PENDING, AppointmentStatus.BOOKED})


class ConfirmedVia(TextChoices):
    """How a patient said that they will come."""

    PHONE = "phone", "Telephone"
    SMS = "sms", "Text message"
    EMAIL = "email", "E-mail"
    PORTAL = "portal", "Online"
    DESK = "desk", "In person"


class CheckItem(TextChoices):
    """What the front desk goes through when a patient stands before it, in this order."""

    IDENTITY = "identity", "Name and date of birth"
    DEMOGRAPHICS = "demographics", "Address and telephone"
    INSURANCE = "insurance", "Insurance"
    ELIGIBILITY = "eligibility", "Eligibility"
    CONSENTS = "consents", "Consents"
    QUESTIONNAIRES = "questionnaires", "Questionnaires"
    PHOTO = "photo", "Photo"
    CARDS = "cards", "Identity and insurance cards"
    COPAY = "copay", "Copay"


class CheckOutcome(TextChoices):
    """What came of an item."""

    DONE = "done", "Done"
    NOT_ASKED = "not_asked", "Not asked for"
    MISSING = "missing", "Missing"


class RecallMethod(TextChoices):
    """How a patient was called back."""

    PHONE = "phone", "Telephone"
    SMS = "sms", "Text message"
    EMAIL = "email", "E-mail"
    LETTER = "letter", "Letter"


class RecallOutcome(TextChoices):
    """What came of a try."""

    REACHED = "reached", "Reached, will book"
    MESSAGE = "message", "Left a message"
    NO_ANSWER = "no_answer", "No answer"
    SENT = "sent", "Sent"
    WRONG = "wrong_number", "Wrong number or address"


class ReminderChannel(TextChoices):
    """How a patient is reminded of a visit."""

    EMAIL = "email", "E-mail"
    SMS = "sms", "Text message"


class ReminderStatus(TextChoices):
    """What became of a reminder. ``sending`` that stays was cut off: it may have gone, so it is not sent again."""

    SENDING = "sending", "Sending"
    SENT = "sent", "Sent"
    FAILED = "failed", "Not sent"


class ReminderReply(TextChoices):
    """What a patient's answer to a reminder was taken to mean."""

    CONFIRM = "confirm", "Will come"
    CANCEL = "cancel", "Will not come"
    STOP = "stop", "No more messages"
    OTHER = "other", "To be read"


#: CMS place of service codes of visits to which nobody comes: by video or telephone (02, 10), at the patient's (12).
ELSEWHERE = ("02", "10", "12")
