"""Signals of snooping: reads of charts that a privacy officer should look at, and what they found."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import F, Q

from clinic.models.patients import Patient
from emr.audit.registry import append_only, exempt, recorded
from emr.shared.records import Identified, Recorded, choices_constraint, paired

#: Only the review may be added, and once.
_FIXED = """
    IF OLD.reviewed_at IS NOT NULL OR (
        to_jsonb(NEW) - '{reviewed_at,reviewed_by_id,finding,comment}'::text[]
        IS DISTINCT FROM
        to_jsonb(OLD) - '{reviewed_at,reviewed_by_id,finding,comment}'::text[]
    ) THEN
        RAISE EXCEPTION 'A signal does not change; it is reviewed once.' USING ERRCODE = 'check_violation';
    END IF;
    RETURN NEW;
"""


class SignalKind(models.TextChoices):
    """What about a read is out of the ordinary."""

    SURNAME = "surname", "Same surname"
    ADDRESS = "address", "Same address"
    COLLEAGUE = "colleague", "A colleague's chart"
    OWN = "own", "Own chart"
    RESTRICTED = "restricted", "Restricted chart"
    UNRELATED = "unrelated", "No visit or appointment"
    VOLUME = "volume", "More charts than usual"


class SignalFinding(models.TextChoices):
    """What the privacy officer decided."""

    DISMISSED = "dismissed", "Dismissed"
    CONFIRMED = "confirmed", "Confirmed"


@recorded(patient="patient_id")
class SnoopingSignal(Identified):
    """What one person's reads of one chart on one day give reason to ask, in words with the numbers.

    ``patient`` is empty only for the volume of a whole day. ``day`` is the clinic's day. A signal never changes; its
    review is added once.
    """

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, related_name="+")
    kind = models.CharField(max_length=10, choices=SignalKind)
    day = models.DateField()
    reads = models.PositiveIntegerField()
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()
    explanation = models.CharField(max_length=600)
    raised_at = models.DateTimeField(auto_now_add=True)
    reviewed_at = models.DateTimeField(null=True)
    reviewed_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, related_name="+")
    finding = models.CharField(max_length=9, choices=SignalFinding, blank=True)
    comment = models.CharField(max_length=1000, blank=True)

    class Meta:
        ordering = ["-raised_at", "-id"]
        constraints = [
            choices_constraint("clinic_signal_kind", "kind", SignalKind),
            paired("clinic_signal_reviewed", "reviewed_at", "reviewed_by"),
            models.UniqueConstraint(
                fields=["user", "patient", "kind", "day"], name="clinic_signal_once", nulls_distinct=False
            ),
            models.CheckConstraint(
                name="clinic_signal_patient", condition=Q(kind="volume", patient=None) | Q(patient__isnull=False)
            ),
            models.CheckConstraint(name="clinic_signal_span", condition=Q(last_at__gte=F("first_at"), reads__gte=1)),
            models.CheckConstraint(name="clinic_signal_explained", condition=Q(explanation__regex=r"\S")),
            models.CheckConstraint(
                name="clinic_signal_finding",
                condition=Q(reviewed_at=None, finding="", comment="")
                | Q(reviewed_at__isnull=False, finding__in=SignalFinding.values, comment__regex=r"\S"),
            ),
            models.CheckConstraint(
                name="clinic_signal_other_reviews", condition=Q(reviewed_by=None) | ~Q(reviewed_by=F("user"))
            ),
        ]
        indexes = [
            models.Index(fields=["-raised_at"], name="clinic_signal_open", condition=Q(reviewed_at=None)),
            models.Index(fields=["-day"], name="clinic_signal_day"),
        ]
        triggers = [
            pgtrigger.Trigger(name="fixed", when=pgtrigger.Before, operation=pgtrigger.Update, func=_FIXED),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.day:%Y-%m-%d}"


@append_only
@exempt("A mark of how far the log of reads has been gone through; it holds counts alone.")
class SignalRun(Identified):
    """One pass over the log of reads, up to the instant ``through``."""

    at = models.DateTimeField(auto_now_add=True)
    through = models.DateTimeField()
    events = models.PositiveIntegerField()
    raised = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["-through"], name="clinic_signalrun_through")]


@exempt("A count of the log of reads, kept so that the log need not be counted again.")
class ReadingDay(Identified):
    """How many charts one person opened on one day of the clinic."""

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    charts = models.PositiveIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["user", "day"], name="clinic_readingday_once")]


@recorded(patient="patient_id")
class StaffPatient(Recorded):
    """A member of staff who is a patient here too. ``ended_at/_by`` take it back."""

    user = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    class Meta:
        constraints = [
            paired("clinic_staffpatient_ended", "ended_at", "ended_by"),
            models.UniqueConstraint(fields=["user"], name="clinic_staffpatient_user", condition=Q(ended_at=None)),
            models.UniqueConstraint(fields=["patient"], name="clinic_staffpatient_patient", condition=Q(ended_at=None)),
        ]

    def __str__(self) -> str:
        return f"{self.user} is a patient here too"
