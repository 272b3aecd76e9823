"""What the patient takes: one store, whoever prescribed it (FHIR MedicationStatement)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.choices import MedicationStatus
from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.fields import ExactDecimalField
from emr.shared.partial_dates import Precision, precision_field
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint, period_constraint


@recorded(patient="patient_id")
class MedicationStatement(Recorded, CodedMixin, ErrableMixin):
    """A drug and how it is taken. A stopped or completed drug stays on file and never blocks a new one."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="medications")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="medications"
    )
    status = models.CharField(max_length=16, choices=MedicationStatus, default=MedicationStatus.ACTIVE)
    status_reason = models.CharField(max_length=300, blank=True)
    form = models.CharField(max_length=60, blank=True, help_text="tablet, inhaler, cream")
    dose_quantity = ExactDecimalField("dose", null=True, blank=True)
    dose_unit = models.CharField("unit", max_length=40, blank=True)
    route = models.CharField(max_length=60, blank=True)
    frequency = models.CharField(max_length=120, blank=True, help_text="In words: twice a day.")
    as_needed = models.BooleanField(default=False)
    dosage_text = models.CharField("directions", max_length=500, blank=True)
    quantity = ExactDecimalField(null=True, blank=True)
    refills = models.PositiveSmallIntegerField(null=True, blank=True)
    reason = models.CharField("for", max_length=300, blank=True)
    effective_start = models.DateField("started", null=True, blank=True)
    start_precision = precision_field()
    effective_end = models.DateField("stopped", null=True, blank=True)
    prescriber = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["display"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_medication_status", "status", MedicationStatus),
            choices_constraint("clinic_medication_start", "start_precision", Precision),
            period_constraint("clinic_medication_period", "effective_start", "effective_end"),
            models.UniqueConstraint(
                fields=["patient", "system", "code"],
                name="clinic_medication_once_active",
                condition=Q(status=MedicationStatus.ACTIVE, entered_in_error_at=None) & ~Q(code=""),
            ),
        ]
        indexes = [models.Index(fields=["patient", "status"], name="clinic_medication_patient")]
        triggers = [VISIT_OPEN]

    def __str__(self) -> str:
        return self.display
