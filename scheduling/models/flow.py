"""What happened to a visit on its day: each stage with its time, what check-in verified, and the limits of waiting."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q

from clinic.models import Patient
from emr.audit.registry import append_only, fixed, recorded
from emr.shared.records import Identified, Recorded, choices_constraint, paired
from scheduling.choices import CheckItem, CheckOutcome
from scheduling.models.appointments import Appointment, Room
from scheduling.models.stage_rules import FOLLOWS_THE_STAGE, MOVES_ONLY_WHERE_IT_MAY
from scheduling.stages import Stage


@append_only
@recorded(patient="appointment.patient_id", words=["reason"])
class AppointmentStage(Identified):
    """A move from one stage to another: when, by whom, into which room, and why where it went back."""

    appointment = models.ForeignKey(Appointment, on_delete=models.PROTECT, related_name="stages")
    previous = models.CharField(max_length=14, choices=Stage)
    stage = models.CharField(max_length=14, choices=Stage)
    at = models.DateTimeField()
    by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=300, blank=True)
    room = models.ForeignKey(Room, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        ordering = ["at", "id"]
        constraints = [
            choices_constraint("scheduling_stage_previous", "previous", Stage),
            choices_constraint("scheduling_stage_stage", "stage", Stage),
        ]
        indexes = [models.Index(fields=["appointment", "at"], name="scheduling_stage_time")]
        triggers = [MOVES_ONLY_WHERE_IT_MAY, FOLLOWS_THE_STAGE]

    def __str__(self) -> str:
        return f"{self.get_stage_display()} {self.at:%Y-%m-%d %H:%M}Z"


@recorded(patient=None)
class StageThreshold(Recorded):
    """How many minutes a patient may be in a stage before it is long, and before it is too long."""

    stage = models.CharField(max_length=14, choices=Stage, unique=True)
    warn_minutes = models.PositiveSmallIntegerField("long after")
    late_minutes = models.PositiveSmallIntegerField("too long after")

    class Meta:
        constraints = [
            choices_constraint("scheduling_threshold_stage", "stage", Stage),
            models.CheckConstraint(
                name="scheduling_threshold_order",
                condition=Q(warn_minutes__gte=1, late_minutes__gt=F("warn_minutes"), late_minutes__lte=600),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_stage_display()}: {self.warn_minutes}, {self.late_minutes} min"


#: At commit each item that the clinic asks for has an answer.
_WHOLE = f"""
    IF (SELECT count(*) FROM scheduling_checkinitem WHERE check_in_id = NEW.id) <> {len(CheckItem)} THEN
        RAISE EXCEPTION 'a check-in answers every item' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NULL;
"""  # noqa: S608  # a number of our own


@recorded(patient="patient_id")
@fixed(but=("patient_id",))
class CheckIn(Identified):
    """What was verified when a patient was checked in, item by item, by whom and when. Only a merge of charts changes
    whose it is.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    appointment = models.OneToOneField(Appointment, on_delete=models.PROTECT, related_name="verified")
    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="whole",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=_WHOLE,
            ),
        ]

    def __str__(self) -> str:
        return f"Check-in {self.created_at:%Y-%m-%d %H:%M}Z"


@append_only
@recorded(patient="check_in.patient_id", words=["reason"])
class CheckInItem(Identified):
    """One item of a check-in: done, not asked for, or missing. What is required is missing only for a reason."""

    check_in = models.ForeignKey(CheckIn, on_delete=models.PROTECT, related_name="items")
    item = models.CharField(max_length=14, choices=CheckItem)
    outcome = models.CharField(max_length=10, choices=CheckOutcome)
    required = models.BooleanField()
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [
            choices_constraint("scheduling_check_item", "item", CheckItem),
            choices_constraint("scheduling_check_outcome", "outcome", CheckOutcome),
            models.UniqueConstraint(fields=["check_in", "item"], name="scheduling_check_once"),
            models.CheckConstraint(
                name="scheduling_check_reason",
                condition=~Q(outcome=CheckOutcome.MISSING) | Q(required=False) | Q(reason__regex=r"\S"),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_item_display()}: {self.get_outcome_display().lower()}"


@recorded(patient=None, exclude=["link_hash", "secret_hash", "seen_at"])
class WaitingDisplay(Recorded):
    """A screen in the waiting room. It is opened once by a link that expires, and then keeps a secret of its own.

    Both are kept as SHA-256 alone. Nobody is logged in on the screen; revoking it ends it at its next question.
    ``seen_at`` is when it last asked, to about a minute.
    """

    name = models.CharField(max_length=60)
    link_hash = models.BinaryField(max_length=32, null=True, unique=True, editable=False)
    link_expires_at = models.DateTimeField(editable=False)
    secret_hash = models.BinaryField(max_length=32, null=True, unique=True, editable=False)
    opened_at = models.DateTimeField(null=True, editable=False)
    seen_at = models.DateTimeField(null=True, editable=False)
    revoked_at = models.DateTimeField(null=True, editable=False)
    revoked_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            paired("scheduling_display_revoked", "revoked_at", "revoked_by"),
            # The link is gone with the opening that gave the secret.
            models.CheckConstraint(
                name="scheduling_display_opened_once",
                condition=Q(opened_at=None, secret_hash=None) | Q(opened_at__isnull=False, link_hash=None),
            ),
        ]

    def __str__(self) -> str:
        return self.name
