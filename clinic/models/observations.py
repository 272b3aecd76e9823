"""What was measured, asked or seen: vital signs, results, social history (FHIR Observation, DiagnosticReport)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.choices import Comparator, Interpretation, ObservationCategory, ObservationStatus, ReportStatus
from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.fields import ExactDecimalField
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint, paired


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
    """A report that holds results together: a panel, an imaging report (FHIR DiagnosticReport).

    ``identifier`` is the filler's own number (HL7 v2 OBR-3) in the filler's own system: a later message with the same
    one speaks of the same report. ``reviewed`` says who took notice of it, ``released`` who let the patient see it.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="diagnostic_reports")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="diagnostic_reports"
    )
    status = models.CharField(max_length=16, choices=ReportStatus, default=ReportStatus.FINAL)
    category = models.CharField(max_length=40, blank=True)
    effective_at = models.DateTimeField()
    issued_at = models.DateTimeField(null=True, blank=True)
    based_on = models.ForeignKey(
        "clinic.ServiceRequest", on_delete=models.PROTECT, null=True, blank=True, related_name="reports"
    )
    performer = models.CharField("performed by", max_length=120, blank=True)
    identifier_system = models.CharField(max_length=120, blank=True)
    identifier_value = models.CharField(max_length=80, blank=True)
    conclusion = models.TextField(blank=True)
    needs_review = models.BooleanField(default=False)
    reviewed_at = models.DateTimeField(null=True, blank=True, editable=False)
    reviewed_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    review_comment = models.CharField(max_length=500, blank=True, editable=False)
    released_at = models.DateTimeField(null=True, blank=True, editable=False)
    released_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["-effective_at"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_report_status", "status", ReportStatus),
            paired("clinic_report_reviewed", "reviewed_at", "reviewed_by"),
            paired("clinic_report_released", "released_at", "released_by"),
            models.CheckConstraint(
                name="clinic_report_identifier",
                condition=Q(identifier_value="", identifier_system="")
                | (~Q(identifier_value="") & ~Q(identifier_system="")),
            ),
            models.UniqueConstraint(
                fields=["identifier_system", "identifier_value", "system", "code"],
                name="clinic_report_once",
                condition=~Q(identifier_value="") & Q(entered_in_error_at=None),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "-effective_at"], name="clinic_report_patient"),
            models.Index(
                fields=["created_at"],
                name="clinic_report_to_review",
                condition=Q(needs_review=True, reviewed_at=None, entered_in_error_at=None),
            ),
        ]
        triggers = [VISIT_OPEN]

    def __str__(self) -> str:
        return self.display


class ObservationQuerySet(models.QuerySet["Observation"]):
    """Observations by whether they count."""

    def standing(self) -> ObservationQuerySet:
        """Neither entered in error nor replaced by a corrected value."""
        return self.filter(entered_in_error_at=None, superseded_by=None)


@recorded(patient="patient_id")
class Observation(Recorded, CodedMixin, ValueMixin, ErrableMixin):
    """One observation. Components (blood pressure's two numbers) are rows of ObservationComponent.

    A corrected result is a new row; the one before it stays and names it in ``superseded_by``. ``sub_id`` tells apart
    the observations of one code in one report (HL7 v2 OBX-4).
    """

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
    sub_id = models.CharField(max_length=20, blank=True)
    superseded_by = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="supersedes", editable=False
    )
    note = models.CharField(max_length=500, blank=True)

    objects = ObservationQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_at"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ValueMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_observation_status", "status", ObservationStatus),
            choices_constraint("clinic_observation_category", "category", ObservationCategory),
            models.UniqueConstraint(
                fields=["report", "system", "code", "sub_id"],
                name="clinic_observation_once_reported",
                condition=Q(report__isnull=False, superseded_by=None, entered_in_error_at=None) & ~Q(sub_id=""),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "category", "-effective_at"], name="clinic_obs_patient_category"),
            models.Index(fields=["patient", "code", "-effective_at"], name="clinic_obs_patient_code"),
        ]
        triggers = [VISIT_OPEN]

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
