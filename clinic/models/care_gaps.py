"""What somebody decided about care that a rule says is due."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.records import ErrableMixin, Recorded, choices_constraint


class GapDecision(models.TextChoices):
    """Why a rule is silenced for a patient."""

    DONE_ELSEWHERE = "done-elsewhere", "Done elsewhere"
    DECLINED = "declined", "The patient declines"
    NOT_APPLICABLE = "not-applicable", "Does not apply"
    LATER = "later", "Later"


@recorded(patient="patient_id")
class CareGapDecision(Recorded, ErrableMixin):
    """A rule of clinic/data/care_rules, by its name and version, is silent for a patient until a day, or for good.

    ``done_on`` is the day on which it was done elsewhere: the rule counts from it.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_gap_decisions")
    rule = models.CharField(max_length=60)
    rule_version = models.CharField(max_length=20)
    decision = models.CharField(max_length=14, choices=GapDecision)
    until = models.DateField(null=True, blank=True)
    done_on = models.DateField(null=True, blank=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        ordering = ["-created_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_gap_decision", "decision", GapDecision),
            models.CheckConstraint(name="clinic_gap_rule", condition=Q(rule__regex=r"^[a-z][a-z0-9-]+$")),
            models.CheckConstraint(
                name="clinic_gap_whole",
                condition=Q(decision="done-elsewhere", done_on__isnull=False)
                | Q(decision="later", until__isnull=False, done_on=None)
                | Q(decision__in=["declined", "not-applicable"], done_on=None, reason__regex=r"\S"),
            ),
        ]
        indexes = [models.Index(fields=["patient", "rule"], name="clinic_gap_patient")]

    def __str__(self) -> str:
        return f"{self.rule}: {self.get_decision_display()}"
