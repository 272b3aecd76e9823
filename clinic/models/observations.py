"""What was measured, asked or seen: vital signs, results, social history (FHIR Observation, DiagnosticReport)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.choices import Comparator, Interpretation, ObservationCategory, ObservationStatus, ReportStatus
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.fields import ExactDecimalField
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint


class ValueMixin(models.Model):
    """One value: a quantity with its UCUM unit, or a coded answer, or text. At most one of them (FHIR value[x])."""

    value_quantity = ExactDecimalField(null=True, blank=True)
    value_comparator = models.CharField(max_length=2, choices=Comparator, blank=True)
    value_unit = models.CharField("unit", max_length=40, blank=True, help_text="UCUM code.")
    value_system = models.CharField(max_length=200, blank=True)
    value_code = models.CharField(max_length=64, blank=True)
    value_display = models.CharField(max_length=500, blank=True)
    value_text = models.TextField(blank=True)
    absent_reason = models.CharField(max_length=40, blank=True, help_text="FHIR data-absent-reason.")
    interpretation = models.CharField(max_length=2, choices=Interpretation, blank=True)
    reference_low = ExactDecimalField(null=True, blank=True)
    reference_high = ExactDecimalField(null=True, blank=True)
    reference_text = models.CharField(max_length=200, blank=True)

    class Meta:
        abstract = True
        constraints = [
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_one_value",
                condition=Q(value_quantity=None, value_display="")
                | Q(value_quantity=None, value_text="")
                | Q(value_display="", value_text=""),
            ),
            models.CheckConstraint(
                name="%(app_label)s_%(class)s_comparator",
                condition=Q(value_comparator="")
                | (Q(value_comparator__in=Comparator.values) & Q(value_quantity__isnull=False)),
            ),
        ]


@recorded(patient="patient_id")
class DiagnosticReport(Recorded, CodedMixin, ErrableMixin):
    """A report that holds results together: a panel, an imaging report (FHIR DiagnosticReport)."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="diagnostic_reports")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="diagnostic_reports"
    )
    status = models.CharField(max_length=16, choices=ReportStatus, default=ReportStatus.FINAL)
    category = models.CharField(max_length=40, blank=True)
    effective_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True, blank=True)
    conclusion = models.TextField(blank=True)

    class Meta:
        ordering = ["-effective_at"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_report_status", "status", ReportStatus),
        ]
        indexes = [models.Index(fields=["patient", "-effective_at"], name="clinic_report_patient")]

    def __str__(self) -> str:
        return self.display


@recorded(patient="patient_id")
class Observation(Recorded, CodedMixin, ValueMixin, ErrableMixin):
    """One observation. Components (blood pressure's two numbers) are rows of ObservationComponent."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="observations")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="observations"
    )
    report = models.ForeignKey(
        DiagnosticReport, on_delete=models.PROTECT, null=True, blank=True, related_name="results"
    )
    status = models.CharField(max_length=16, choices=ObservationStatus, default=ObservationStatus.FINAL)
    category = models.CharField(max_length=20, choices=ObservationCategory)
    effective_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True, blank=True)
    performer = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-effective_at"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ValueMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_observation_status", "status", ObservationStatus),
            choices_constraint("clinic_observation_category", "category", ObservationCategory),
        ]
        indexes = [
            models.Index(fields=["patient", "category", "-effective_at"], name="clinic_obs_patient_category"),
            models.Index(fields=["patient", "code", "-effective_at"], name="clinic_obs_patient_code"),
        ]

    def __str__(self) -> str:
        return self.display


@recorded(patient="patient_id")
class ObservationComponent(Recorded, CodedMixin, ValueMixin):
    """A part of an observation that means nothing without it (FHIR Observation.component)."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    observation = models.ForeignKey(Observation, on_delete=models.PROTECT, related_name="components")
    rank = models.PositiveSmallIntegerField(default=1)

    class Meta:
        ordering = ["rank"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ValueMixin.Meta.constraints,
            models.UniqueConstraint(fields=["observation", "rank"], name="clinic_component_rank"),
        ]

    def __str__(self) -> str:
        return self.display
