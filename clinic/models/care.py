"""Who cares for a patient, towards what, and how (FHIR CareTeam, Goal, CarePlan)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.models.conditions import Condition
from clinic.models.patients import Patient, RelatedPerson
from emr.audit.registry import recorded
from emr.shared.fields import ExactDecimalField
from emr.shared.records import ErrableMixin, Recorded, choices_constraint, period_constraint


@recorded(patient="patient_id")
class CareTeamMember(Recorded, ErrableMixin):
    """Somebody of the patient's care team (FHIR CareTeam.participant): of this clinic, of the family, or from outside.

    Of who is from outside there are ``name`` and ``organization``.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_team")
    practitioner = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    related_person = models.ForeignKey(RelatedPerson, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    name = models.CharField(max_length=120, blank=True)
    organization = models.CharField(max_length=120, blank=True)
    role = models.CharField(max_length=80, help_text="Primary care, cardiologist, case manager, daughter.")
    phone = models.CharField(max_length=20, blank=True)
    fax = models.CharField(max_length=20, blank=True)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["role", "created_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            period_constraint("clinic_careteam_period", "period_start", "period_end"),
            models.CheckConstraint(
                name="clinic_careteam_one",
                condition=Q(practitioner__isnull=False, related_person=None, name="")
                | Q(practitioner=None, related_person__isnull=False, name="")
                | Q(practitioner=None, related_person=None, name__regex=r"\S"),
            ),
            models.CheckConstraint(name="clinic_careteam_role", condition=Q(role__regex=r"\S")),
            models.UniqueConstraint(
                fields=["patient", "practitioner", "role"],
                name="clinic_careteam_once",
                condition=Q(period_end=None, entered_in_error_at=None, practitioner__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.role


class CarePlanStatus(models.TextChoices):
    """FHIR CarePlan.status."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Active"
    ON_HOLD = "on-hold", "On hold"
    COMPLETED = "completed", "Completed"
    REVOKED = "revoked", "Ended early"


@recorded(patient="patient_id")
class CarePlan(Recorded, ErrableMixin):
    """What is done for a patient over a time, in words; its goals stand beside it."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="care_plans")
    status = models.CharField(max_length=9, choices=CarePlanStatus, default=CarePlanStatus.ACTIVE)
    status_reason = models.CharField(max_length=300, blank=True)
    title = models.CharField(max_length=120)
    description = models.TextField(blank=True)
    period_start = models.DateField(null=True, blank=True)
    period_end = models.DateField(null=True, blank=True)

    class Meta:
        ordering = ["-period_start"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_careplan_status", "status", CarePlanStatus),
            period_constraint("clinic_careplan_period", "period_start", "period_end"),
            models.CheckConstraint(name="clinic_careplan_title", condition=Q(title__regex=r"\S")),
        ]

    def __str__(self) -> str:
        return self.title


class GoalStatus(models.TextChoices):
    """FHIR Goal.lifecycleStatus."""

    PROPOSED = "proposed", "Proposed"
    ACTIVE = "active", "Active"
    ON_HOLD = "on-hold", "On hold"
    COMPLETED = "completed", "Completed"
    CANCELLED = "cancelled", "Given up"


class GoalAchievement(models.TextChoices):
    """FHIR goal-achievement."""

    IN_PROGRESS = "in-progress", "In progress"
    IMPROVING = "improving", "Improving"
    WORSENING = "worsening", "Worsening"
    NO_CHANGE = "no-change", "No change"
    ACHIEVED = "achieved", "Achieved"
    NOT_ACHIEVED = "not-achieved", "Not achieved"


@recorded(patient="patient_id")
class Goal(Recorded, ErrableMixin):
    """What the patient and the clinic want to reach, if possible as a measure: a LOINC code with bounds and a unit."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="goals")
    care_plan = models.ForeignKey(CarePlan, on_delete=models.PROTECT, null=True, blank=True, related_name="goals")
    addresses = models.ForeignKey(Condition, on_delete=models.PROTECT, null=True, blank=True, related_name="goals")
    status = models.CharField(max_length=9, choices=GoalStatus, default=GoalStatus.ACTIVE)
    achievement = models.CharField(max_length=12, choices=GoalAchievement, blank=True)
    description = models.CharField(max_length=300)
    start_date = models.DateField(null=True, blank=True)
    due_date = models.DateField(null=True, blank=True)
    measure_code = models.CharField(max_length=20, blank=True, help_text="LOINC code of what is measured.")
    measure_display = models.CharField(max_length=200, blank=True)
    target_low = ExactDecimalField(null=True, blank=True)
    target_high = ExactDecimalField(null=True, blank=True)
    target_unit = models.CharField(max_length=40, blank=True, help_text="UCUM code.")
    expressed_by_patient = models.BooleanField(default=False)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["due_date", "created_at"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_goal_status", "status", GoalStatus),
            models.CheckConstraint(
                name="clinic_goal_achievement",
                condition=Q(achievement="") | Q(achievement__in=GoalAchievement.values),
            ),
            period_constraint("clinic_goal_period", "start_date", "due_date"),
            models.CheckConstraint(name="clinic_goal_words", condition=Q(description__regex=r"\S")),
            models.CheckConstraint(
                name="clinic_goal_measure",
                condition=Q(target_low=None, target_high=None) | ~Q(measure_code=""),
            ),
            models.CheckConstraint(
                name="clinic_goal_bounds",
                condition=Q(target_low=None) | Q(target_high=None) | Q(target_low__lte=models.F("target_high")),
            ),
        ]

    def __str__(self) -> str:
        return self.description
