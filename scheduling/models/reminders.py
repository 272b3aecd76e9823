"""Reminders of visits: when they are sent, that each is sent once, and what patients answer (FHIR Communication).

A reminder has a state of its own. Sending one changes nothing of the visit.
"""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from emr.audit.registry import append_only, recorded
from emr.shared.records import Identified, Recorded, choices_constraint
from scheduling.choices import ReminderChannel, ReminderReply, ReminderStatus
from scheduling.models.appointments import Appointment


@recorded(patient=None)
class ReminderRule(Recorded):
    """That visits are reminded of so many hours before, and by which ways."""

    hours_before = models.PositiveSmallIntegerField("hours before the visit", unique=True)
    by_email = models.BooleanField("by e-mail", default=True)
    by_sms = models.BooleanField("by text message", default=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["-hours_before"]
        constraints = [
            models.CheckConstraint(
                name="scheduling_reminderrule_hours", condition=Q(hours_before__gte=1, hours_before__lte=24 * 30)
            ),
        ]

    def __str__(self) -> str:
        return f"{self.hours_before} h before"


@recorded(patient="appointment.patient_id", exclude=("token_hash",))
class Reminder(Identified):
    """One message about one visit. There is at most one for each visit, rule and way: the database refuses a second.

    ``start_at`` is the visit's time as it was told. ``token_hash`` is that of the secret in an e-mail's link, by which
    the patient answers; ``reference`` is the carrier's name for a text message.
    """

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="reminders")
    rule = models.ForeignKey(ReminderRule, on_delete=models.PROTECT, related_name="+")
    channel = models.CharField(max_length=5, choices=ReminderChannel)
    status = models.CharField(max_length=7, choices=ReminderStatus, default=ReminderStatus.SENDING)
    attempts = models.PositiveSmallIntegerField(default=1)
    start_at = models.DateTimeField()
    recipient = models.CharField(max_length=254)
    token_hash = models.CharField(max_length=64, null=True, blank=True, unique=True, editable=False)
    reference = models.CharField(max_length=80, blank=True)
    made_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=120, blank=True, help_text="Why it was not sent, without its content.")

    class Meta:
        ordering = ["-made_at"]
        constraints = [
            choices_constraint("scheduling_reminder_channel", "channel", ReminderChannel),
            choices_constraint("scheduling_reminder_status", "status", ReminderStatus),
            models.UniqueConstraint(fields=["appointment", "rule", "channel"], name="scheduling_reminder_once"),
            models.CheckConstraint(
                name="scheduling_reminder_sent",
                condition=Q(status=ReminderStatus.SENT, sent_at__isnull=False, failure="")
                | (~Q(status=ReminderStatus.SENT) & Q(sent_at=None)),
            ),
            models.CheckConstraint(
                name="scheduling_reminder_failed", condition=~Q(status=ReminderStatus.FAILED) | ~Q(failure="")
            ),
        ]
        indexes = [
            models.Index(fields=["recipient", "-made_at"], name="scheduling_reminder_recipient"),
            models.Index(fields=["-made_at"], name="scheduling_reminder_made"),
        ]

    def __str__(self) -> str:
        return f"Reminder by {self.get_channel_display()}"


@append_only
@recorded(patient=None, words=["text"])
class ReminderAnswer(Identified):
    """What came back: by the link of an e-mail, or as a text message, kept as it was sent.

    ``reminder`` is the one that was answered; none where nobody, or more than one person, has the number.
    ``external_id`` is the carrier's name for a message, by which one that is delivered twice is taken once.
    """

    reminder = models.ForeignKey(Reminder, on_delete=models.PROTECT, null=True, blank=True, related_name="answers")
    channel = models.CharField(max_length=5, choices=ReminderChannel)
    reply = models.CharField(max_length=7, choices=ReminderReply)
    text = models.CharField(max_length=1000, blank=True)
    sender = models.CharField(max_length=254, blank=True)
    external_id = models.CharField(max_length=80, null=True, blank=True, unique=True)
    at = models.DateTimeField()

    class Meta:
        ordering = ["-at"]
        constraints = [
            choices_constraint("scheduling_reminderanswer_channel", "channel", ReminderChannel),
            choices_constraint("scheduling_reminderanswer_reply", "reply", ReminderReply),
        ]

    def __str__(self) -> str:
        return self.get_reply_display()
