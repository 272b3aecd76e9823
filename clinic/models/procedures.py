"""What was done to or for the patient (FHIR Procedure)."""

from __future__ import annotations

from django.db import models

from clinic.choices import ProcedureStatus
from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.partial_dates import Precision, precision_field
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint, period_constraint


@recorded(patient="patient_id")
class Procedure(Recorded, CodedMixin, ErrableMixin):
    """A procedure, coded as it was said; what is charged for it is billing's ChargeItem."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="procedures")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="procedures")
    status = models.CharField(max_length=16, choices=ProcedureStatus, default=ProcedureStatus.COMPLETED)
    performed_start = models.DateTimeField(null=True, blank=True)
    performed_precision = precision_field()
    performed_end = models.DateTimeField(null=True, blank=True)
    performer = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    reason = models.CharField(max_length=300, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-performed_start"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_procedure_status", "status", ProcedureStatus),
            choices_constraint("clinic_procedure_performed", "performed_precision", Precision),
            period_constraint("clinic_procedure_period", "performed_start", "performed_end"),
        ]
        indexes = [models.Index(fields=["patient", "-performed_start"], name="clinic_procedure_patient")]
        triggers = [VISIT_OPEN]

    def __str__(self) -> str:
        return self.display
