"""Reminders claimed, sent and answered. Sending changes nothing of a visit; only what the patient says does.

A message is claimed by a row of its own before it leaves. So a job that runs ten times, or twice at once, sends one;
and one that dies between the two sends none rather than a second.
"""

from __future__ import annotations

import secrets
from datetime import datetime
from smtplib import SMTPException

from django.conf import settings
from django.core.mail import send_mail
from django.db import IntegrityError, transaction
from django.urls import reverse
from django.utils import timezone

from clinic.actions.tasks import create_task
from clinic.actions.telecom import stop_text_messages
from emr.access.roles import FRONT_DESK
from emr.accounts.clinic import current_clinic
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from scheduling.actions.cancelling import cancel
from scheduling.actions.flow import confirm
from scheduling.choices import (
    MOVABLE,
    AppointmentStatus,
    CancelledBy,
    ConfirmedVia,
    ReminderChannel,
    ReminderReply,
    ReminderStatus,
)
from scheduling.models import Appointment, Reminder, ReminderAnswer, ReminderRule
from scheduling.queries.reminders import LEAST_HOURS, TRIES, Due, agreed, answerable, due, hashed
from scheduling.reminding import sms
from scheduling.reminding.quiet import is_quiet
from scheduling.reminding.texts import mail_text, meaning, sms_text, subject

#: The kind of task for an answer that somebody must read.
ANSWER_TO_READ = "reminder-answer"
_VIA = {ReminderChannel.EMAIL: ConfirmedVia.EMAIL, ReminderChannel.SMS: ConfirmedVia.SMS}
_WHY = "Said by the patient in answer to a reminder"


def send_due(*, by: User, now: datetime | None = None) -> tuple[int, int]:
    """Send what is due now; how many left, and how many did not. Each message is a transaction of its own.

    With a slow carrier it may take long: where the quiet begins meanwhile, the rest waits.
    """
    sent = failed = 0
    for one in due(now or timezone.now()):
        if is_quiet(now or timezone.now()):
            break
        claimed = claim(by=by, one=one)
        if claimed is None:
            continue
        reminder, secret = claimed
        try:
            reference = _send(reminder, secret)
        except (sms.NotSent, SMTPException, OSError) as error:
            told(
                by=by, reminder=reminder, failure=str(error) if isinstance(error, sms.NotSent) else _mail_failure(error)
            )
            failed += 1
        else:
            told(by=by, reminder=reminder, reference=reference)
            sent += 1
    return sent, failed


@action
def claim(*, by: User, one: Due, at: datetime | None = None) -> tuple[Reminder, str] | None:
    """Take a message for sending, with the secret of its link; None where it was taken already or is due no more."""
    visit = Appointment.objects.select_for_update().get(pk=one.appointment.pk)
    if visit.status not in MOVABLE or visit.start_at != one.appointment.start_at or not agreed(visit, one.channel):
        return None
    secret = secrets.token_urlsafe(32) if one.channel == ReminderChannel.EMAIL else ""
    fresh = {
        "recipient": one.recipient,
        "made_at": at or timezone.now(),
        "token_hash": hashed(secret) if secret else None,
    }
    again = Reminder.objects.select_for_update().filter(appointment=visit, rule=one.rule, channel=one.channel).first()
    if again is not None:
        return _again(again, fresh, secret)
    row = Reminder(appointment=visit, rule=one.rule, channel=one.channel, start_at=visit.start_at, **fresh)
    try:
        with transaction.atomic():
            row.save(force_insert=True)
    except IntegrityError:
        return None
    return row, secret


@action
def told(*, by: User, reminder: Reminder, reference: str = "", failure: str = "", at: datetime | None = None) -> None:
    """Keep whether a claimed message left."""
    row = Reminder.objects.select_for_update().get(pk=reminder.pk)
    row.status = ReminderStatus.FAILED if failure else ReminderStatus.SENT
    row.sent_at = None if failure else at or timezone.now()
    row.reference, row.failure = reference, failure[:120]
    row.save(update_fields=["status", "sent_at", "reference", "failure"])


@action
def answer_link(*, by: User, reminder: Reminder, reply: ReminderReply | str, at: datetime | None = None) -> None:
    """Take what a patient says by the link of an e-mail; the same answer again is kept once, however often it comes.

    Raises DomainError when the visit is over, was called off or was moved.
    """
    now = at or timezone.now()
    visit = Appointment.objects.select_for_update().get(pk=reminder.appointment_id)
    said = reminder.answers.filter(reply=reply, channel=ReminderChannel.EMAIL).exists()
    if said and reply == ReminderReply.CANCEL and visit.status == AppointmentStatus.CANCELLED:
        return
    _say(by, reminder, ReminderReply(reply), now)
    if not said:
        _keep(reminder, ReminderReply(reply), now)


@action
def take_sms(*, by: User, external_id: str, sender: str, text: str, at: datetime | None = None) -> ReminderAnswer:
    """Take a text message that came in; the same one again changes nothing.

    A yes or a no counts only when all that was sent to the number is about one visit: two of a family may share a
    telephone, and who has two visits may mean either. What can't be understood or assigned waits for the front desk to
    read.
    """
    known = ReminderAnswer.objects.filter(external_id=external_id).first()
    if known is not None:
        return known
    now, reply = at or timezone.now(), meaning(text)
    asked = list(answerable(sender, now))
    of_one = len({row.appointment.patient_id for row in asked}) == 1
    reminder = asked[0] if of_one else None
    taken = False
    if reply == ReminderReply.STOP:
        stop_text_messages(by=by, number=sender)
        taken = True
    elif reminder is not None and len({row.appointment_id for row in asked}) == 1 and reply != ReminderReply.OTHER:
        taken = _said(by, reminder, reply, now)
    row = _keep(reminder, reply, now, text=text, sender=sender, external_id=external_id)
    if not taken:
        create_task(
            by=by,
            code=ANSWER_TO_READ,
            description="A text message came in answer to a reminder and needs to be read",
            owner_role=FRONT_DESK.name,
            patient=reminder.appointment.patient if reminder else None,
            about=row,
        )
    return row


@action
def set_rule(
    *,
    by: User,
    hours_before: int,
    by_email: bool,
    by_sms: bool,
    active: bool = True,
    rule: ReminderRule | None = None,
) -> ReminderRule:
    """Add a rule, or change one. Raises DomainError for hours that another rule has or that are too few, and for a rule
    without a way."""
    if hours_before < LEAST_HOURS:
        raise DomainError(f"Enter at least {LEAST_HOURS} hours before the visit.", field="hours_before")
    if not (by_email or by_sms):
        raise DomainError("Choose e-mail, text message, or both.", field="by_email")
    others = ReminderRule.objects.filter(hours_before=hours_before)
    if (others.exclude(pk=rule.pk) if rule else others).exists():
        raise DomainError(f"There is a reminder {hours_before} hours before already.", field="hours_before")
    row = ReminderRule.objects.select_for_update().get(pk=rule.pk) if rule else ReminderRule(created_by=by)
    row.hours_before, row.by_email, row.by_sms, row.active = hours_before, by_email, by_sms, active
    row.save()
    return row


def _again(row: Reminder, fresh: dict[str, object], secret: str) -> tuple[Reminder, str] | None:
    """A message that its carrier refused is taken once more; any other is somebody's already."""
    if row.status != ReminderStatus.FAILED or row.attempts >= TRIES:
        return None
    for name, value in fresh.items():
        setattr(row, name, value)
    row.status, row.failure = ReminderStatus.SENDING, ""
    row.attempts += 1
    row.save(update_fields=[*fresh, "status", "failure", "attempts"])
    return row, secret


def _send(reminder: Reminder, secret: str) -> str:
    clinic = current_clinic()
    if clinic is None:
        raise sms.NotSent("The clinic has not been set up.")
    if reminder.channel == ReminderChannel.SMS:
        text = sms_text(clinic, reminder.start_at)
        return sms.send_sms(to=reminder.recipient, text=text, reference=str(reminder.pk))
    link = settings.PUBLIC_ORIGIN + reverse("scheduling:reminders_answer", args=[secret])
    send_mail(subject(), mail_text(clinic, reminder.start_at, link), None, [reminder.recipient])
    return ""


def _mail_failure(error: Exception) -> str:
    return f"The mail server did not take it ({type(error).__name__})."


def _said(by: User, reminder: Reminder, reply: ReminderReply, now: datetime) -> bool:
    """As :func:`_say`; False where the visit can't be answered any more."""
    try:
        with transaction.atomic():
            _say(by, reminder, reply, now)
    except DomainError:
        return False
    return True


def _say(by: User, reminder: Reminder, reply: ReminderReply, now: datetime) -> None:
    visit = Appointment.objects.select_for_update().get(pk=reminder.appointment_id)
    if visit.status not in MOVABLE or visit.start_at != reminder.start_at or visit.start_at <= now:
        raise DomainError("This appointment has been changed since, or its time is over. Please call us.")
    if reply == ReminderReply.CONFIRM:
        confirm(by=by, appointment=visit, via=_VIA[ReminderChannel(reminder.channel)], at=now)
    elif reply == ReminderReply.CANCEL:
        cancel(by=by, appointment=visit, reason=_WHY, cancelled_for=CancelledBy.PATIENT, at=now)


def _keep(reminder: Reminder | None, reply: ReminderReply, now: datetime, **said: str) -> ReminderAnswer:
    channel = ReminderChannel.SMS if said else ReminderChannel.EMAIL
    return ReminderAnswer.objects.create(reminder=reminder, channel=channel, reply=reply, at=now, **said)
