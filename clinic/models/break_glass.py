"""Emergency access: someone opened a restricted chart without a grant, for a reason, for an hour, to be reviewed."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import DateTimeRangeField, RangeOperators
from django.db import models
from django.db.models import F, Func, Q, Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.records import Identified, choices_constraint, paired

#: No emergency access lasts longer, whatever the setting says.
LONGEST = timedelta(hours=4)

#: What may still change: the end, once; the review, until a final finding stands.
_FIXED = """
    IF to_jsonb(NEW) - '{ended_at,ended_by_id,reviewed_at,reviewed_by_id,finding,comment}'::text[]
        IS DISTINCT FROM
        to_jsonb(OLD) - '{ended_at,ended_by_id,reviewed_at,reviewed_by_id,finding,comment}'::text[]
    THEN
        RAISE EXCEPTION 'What emergency access said does not change.' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.ended_at IS NOT NULL
        AND (NEW.ended_at, NEW.ended_by_id) IS DISTINCT FROM (OLD.ended_at, OLD.ended_by_id)
    THEN
        RAISE EXCEPTION 'Emergency access that has ended stays ended.' USING ERRCODE = 'check_violation';
    END IF;
    IF OLD.finding NOT IN ('', 'follow-up')
        AND (NEW.reviewed_at, NEW.reviewed_by_id, NEW.finding, NEW.comment)
        IS DISTINCT FROM (OLD.reviewed_at, OLD.reviewed_by_id, OLD.finding, OLD.comment)
    THEN
        RAISE EXCEPTION 'A review that is signed off does not change.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class TsTzRange(Func):
    """``tstzrange(start, end)``: the period as one value."""

    function = "TSTZRANGE"
    output_field = DateTimeRangeField()


class BreakGlassReason(models.TextChoices):
    """Why the chart could not wait for a grant."""

    EMERGENCY = "emergency", "The patient needs care now"
    COVERING = "covering", "Covering for the clinician in charge"
    CALL = "call", "The patient, or who cares for them, is asking now"
    SAFETY = "safety", "The safety of the patient or of another person"
    OTHER = "other", "Another reason"


class BreakGlassPurpose(models.TextChoices):
    """What the record is read for (HL7 v3 PurposeOfUse)."""

    ETREAT = "ETREAT", "Emergency treatment"
    TREAT = "TREAT", "Treatment"
    PATRQT = "PATRQT", "The patient asked"
    THREAT = "THREAT", "A threat to somebody's safety"


class Finding(models.TextChoices):
    """What the privacy officer found."""

    APPROPRIATE = "appropriate", "Appropriate"
    INAPPROPRIATE = "inappropriate", "Inappropriate"
    FOLLOW_UP = "follow-up", "Needs follow-up"


class BreakGlassQuerySet(models.QuerySet["BreakGlass"]):
    """Emergency accesses by where they stand."""

    def open(self, now: datetime | None = None) -> BreakGlassQuerySet:
        """Neither ended nor run out."""
        return self.filter(ended_at=None, expires_at__gt=now or timezone.now())

    def unreviewed(self) -> BreakGlassQuerySet:
        """Without a final finding."""
        return self.filter(Q(reviewed_at=None) | Q(finding=Finding.FOLLOW_UP))


@recorded(patient="patient_id")
class BreakGlass(Identified):
    """One person's emergency access to one restricted chart.

    It is open from ``started_at`` until ``expires_at`` by the clock, or until ``ended_at`` if somebody ended it before.
    Two of one person to one chart never overlap. All but the end and the review is fixed once written.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="break_glass")
    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    reason_code = models.CharField("reason", max_length=10, choices=BreakGlassReason)
    reason = models.CharField("in your words", max_length=240)
    purpose = models.CharField(max_length=7, choices=BreakGlassPurpose)
    started_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True, blank=True)
    reviewed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    finding = models.CharField(max_length=13, choices=Finding, blank=True)
    comment = models.CharField(max_length=1000, blank=True)

    objects = BreakGlassQuerySet.as_manager()

    class Meta:
        ordering = ["-started_at"]
        constraints = [
            choices_constraint("clinic_breakglass_code", "reason_code", BreakGlassReason),
            choices_constraint("clinic_breakglass_purpose", "purpose", BreakGlassPurpose),
            paired("clinic_breakglass_ended", "ended_at", "ended_by"),
            paired("clinic_breakglass_reviewed", "reviewed_at", "reviewed_by"),
            models.CheckConstraint(name="clinic_breakglass_reason", condition=Q(reason__regex=r"\S")),
            models.CheckConstraint(
                name="clinic_breakglass_span",
                condition=Q(expires_at__gt=F("started_at")) & Q(expires_at__lte=F("started_at") + LONGEST),
            ),
            models.CheckConstraint(
                name="clinic_breakglass_end_inside",
                condition=Q(ended_at=None) | Q(ended_at__gte=F("started_at"), ended_at__lte=F("expires_at")),
            ),
            models.CheckConstraint(
                name="clinic_breakglass_finding",
                condition=Q(reviewed_at=None, finding="", comment="")
                | Q(reviewed_at__isnull=False, finding__in=Finding.values),
            ),
            models.CheckConstraint(
                name="clinic_breakglass_explained",
                condition=Q(finding__in=["", Finding.APPROPRIATE]) | Q(comment__regex=r"\S"),
            ),
            models.CheckConstraint(
                name="clinic_breakglass_other_reviews", condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("user"))
            ),
            ExclusionConstraint(
                name="clinic_breakglass_one_at_a_time",
                expressions=[
                    ("patient", RangeOperators.EQUAL),
                    ("user", RangeOperators.EQUAL),
                    (
                        TsTzRange("started_at", Coalesce("ended_at", "expires_at"), Value("[)")),
                        RangeOperators.OVERLAPS,
                    ),
                ],
            ),
        ]
        indexes = [
            models.Index(fields=["user", "patient", "expires_at"], name="clinic_breakglass_open"),
            models.Index(fields=["-started_at"], name="clinic_breakglass_time"),
        ]
        triggers = [
            pgtrigger.Trigger(name="fixed", when=pgtrigger.Before, operation=pgtrigger.Update, func=_FIXED),
        ]

    def __str__(self) -> str:
        return f"Emergency access: {self.get_reason_code_display()}"

    @property
    def over_at(self) -> datetime:
        """When it ended, or will at the latest."""
        return self.ended_at or self.expires_at

    @property
    def is_open(self) -> bool:
        """Whether the chart is open by it now."""
        return self.ended_at is None and self.expires_at > timezone.now()

    @property
    def minutes_left(self) -> str:
        """The time that is left, in words."""
        left = max(1, math.ceil((self.expires_at - timezone.now()) / timedelta(minutes=1)))
        return f"{left} minute{'' if left == 1 else 's'} left"
