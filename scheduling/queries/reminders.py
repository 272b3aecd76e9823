"""Which reminders are due, which were sent, and what was answered."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256

from django.db.models import Exists, F, OuterRef, QuerySet, Subquery
from django.utils import timezone

from clinic.choices import ContactSystem, ContactUse
from clinic.models import ContactPoint, Patient
from emr.ui import formats
from scheduling.choices import MOVABLE, ReminderChannel, ReminderReply, ReminderStatus
from scheduling.models import Appointment, Reminder, ReminderAnswer, ReminderRule
from scheduling.reminding import sms
from scheduling.reminding.quiet import is_quiet

#: Nobody is reminded later than this before the visit.
LEAST = timedelta(hours=1)
#: So that a rule of fewer hours than these would never send anything.
LEAST_HOURS = 2
#: A message that its carrier refused is tried so often in all.
TRIES = 3
_AT_ONCE = 200
_WEEK = timedelta(days=7)


@dataclass(frozen=True)
class Due:
    """A message that is to be sent."""

    appointment: Appointment
    rule: ReminderRule
    channel: ReminderChannel
    recipient: str


def due(now: datetime, limit: int = _AT_ONCE) -> list[Due]:
    """What is to be sent now: nothing in quiet hours.

    A rule counts from its hours before the visit until the next rule's, and for visits that were booked before that:
    who booked this morning for this afternoon knows.
    """
    return [] if is_quiet(now) else fallen_due(now, limit)


def fallen_due(now: datetime, limit: int = _AT_ONCE) -> list[Due]:
    """The same, in quiet hours too."""
    rules = list(ReminderRule.objects.filter(active=True).order_by("-hours_before"))
    if not rules:
        return []
    ends = [timedelta(hours=rule.hours_before) for rule in rules[1:]] + [LEAST]
    found: list[Due] = []
    for rule, end in zip(rules, ends, strict=True):
        for channel in _channels(rule):
            found += _of_rule(rule, channel, now, min(end, timedelta(hours=rule.hours_before)), limit - len(found))
    return found


def anything_due() -> bool:
    """Whether a message is to be sent now."""
    return bool(due(timezone.now(), limit=1))


def agreed(visit: Appointment, channel: ReminderChannel) -> bool:
    """Whether the patient agrees to messages of this kind, now. One query."""
    return Patient.objects.filter(
        pk=visit.patient_id, active=True, deceased_at=None, **{_AGREED[channel]: True}
    ).exists()


def reminder_by_secret(secret: str) -> Reminder | None:
    """The reminder whose link carries this secret."""
    found = Reminder.objects.filter(token_hash=hashed(secret)).select_related("appointment")
    return found.first()


def hashed(secret: str) -> str:
    """A link's secret as it is kept."""
    return sha256(secret.encode()).hexdigest()


def answerable(sender: str, now: datetime) -> QuerySet[Reminder]:
    """Text messages to this number about visits that are still to come, the last one first."""
    rows = Reminder.objects.filter(
        recipient=sender,
        channel=ReminderChannel.SMS,
        status=ReminderStatus.SENT,
        appointment__status__in=MOVABLE,
        appointment__start_at__gt=now,
    )
    return rows.select_related("appointment__patient").order_by("-sent_at")


def reminder_lines(appointment: Appointment) -> list[str]:
    """What was sent about a visit and what came back, in words, the first first. Two queries."""
    rows = appointment.reminders.select_related("rule").prefetch_related("answers").order_by("made_at")
    return [line for row in rows for line in _lines(row)]


@dataclass(frozen=True)
class Week:
    """The last seven days in numbers, and the latest messages that did not leave."""

    sent: int
    failed: int
    answers: list[tuple[str, int]]
    unsent: list[Reminder]


def last_week(now: datetime) -> Week:
    """What was sent since a week ago. Three queries."""
    rows = Reminder.objects.filter(made_at__gte=now - _WEEK)
    states = Counter(rows.values_list("status", flat=True))
    replies = Counter(ReminderAnswer.objects.filter(at__gte=now - _WEEK).values_list("reply", flat=True))
    answers = [(reply.label, replies[reply]) for reply in ReminderReply if replies[reply]]
    unsent = rows.exclude(status=ReminderStatus.SENT).select_related("appointment")[:20]
    return Week(states[ReminderStatus.SENT], states[ReminderStatus.FAILED], answers, list(unsent))


def _channels(rule: ReminderRule) -> Iterator[ReminderChannel]:
    if rule.by_email:
        yield ReminderChannel.EMAIL
    if rule.by_sms and sms.is_set_up():
        yield ReminderChannel.SMS


def _of_rule(rule: ReminderRule, channel: ReminderChannel, now: datetime, end: timedelta, limit: int) -> list[Due]:
    hours = timedelta(hours=rule.hours_before)
    gone = Reminder.objects.filter(appointment=OuterRef("pk"), rule=rule, channel=channel).exclude(
        status=ReminderStatus.FAILED, attempts__lt=TRIES
    )
    rows = (
        Appointment.objects.filter(
            ~Exists(gone),
            status__in=MOVABLE,
            start_at__gt=now + max(end, LEAST),
            start_at__lte=now + hours,
            created_at__lte=F("start_at") - hours,
            patient__active=True,
            patient__deceased_at=None,
            **{f"patient__{_AGREED[channel]}": True},
        )
        .annotate(recipient=Subquery(_contacts(channel)))
        .exclude(recipient=None)
        .select_related("patient")
        .order_by("start_at", "pk")
    )
    return [Due(row, rule, channel, vars(row)["recipient"]) for row in rows[: max(limit, 0)]]


_AGREED = {ReminderChannel.EMAIL: "email_reminders", ReminderChannel.SMS: "sms_reminders"}


def _contacts(channel: ReminderChannel) -> QuerySet[ContactPoint, str]:
    present = ContactPoint.objects.filter(patient=OuterRef("patient_id"), period_end=None, entered_in_error_at=None)
    if channel == ReminderChannel.EMAIL:
        present = present.filter(system=ContactSystem.EMAIL)
    else:
        present = present.filter(system=ContactSystem.PHONE, use=ContactUse.MOBILE)
    return present.order_by("rank", "created_at").values_list("value", flat=True)[:1]


def _lines(row: Reminder) -> Iterator[str]:
    way = row.get_channel_display()
    if row.status == ReminderStatus.SENT:
        yield f"{way} sent {formats.instant(row.sent_at)}"
    elif row.status == ReminderStatus.FAILED:
        yield f"{way} not sent {formats.instant(row.made_at)}: {row.failure}"
    else:
        yield f"{way} begun {formats.instant(row.made_at)}; whether it left is not known"
    for answer in row.answers.all():
        yield f"Answered {formats.instant(answer.at)}: {answer.get_reply_display().lower()}"
