"""Problems and diagnoses (FHIR Condition)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.choices import ConditionCategory, ConditionClinicalStatus, VerificationStatus
from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.partial_dates import Precision, precision_field
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint, period_constraint


@recorded(patient="patient_id")
class Condition(Recorded, CodedMixin, ErrableMixin):
    """Something that ails the patient. One active problem of a code at a time: the database refuses a second."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="conditions")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="conditions")
    category = models.CharField(max_length=20, choices=ConditionCategory, default=ConditionCategory.PROBLEM_LIST_ITEM)
    clinical_status = models.CharField(
        max_length=12, choices=ConditionClinicalStatus, default=ConditionClinicalStatus.ACTIVE
    )
    verification_status = models.CharField(
        max_length=16, choices=VerificationStatus, default=VerificationStatus.CONFIRMED
    )
    onset_date = models.DateField(null=True, blank=True)
    onset_precision = precision_field()
    abatement_date = models.DateField(null=True, blank=True)
    abatement_precision = precision_field()
    chronic = models.BooleanField(default=False, help_text="Watched for years, whether it troubles now or not.")
    recorded_date = models.DateField(null=True, blank=True)
    recorder = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-onset_date", "display"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_condition_category", "category", ConditionCategory),
            choices_constraint("clinic_condition_clinical", "clinical_status", ConditionClinicalStatus),
            choices_constraint("clinic_condition_verification", "verification_status", VerificationStatus),
            choices_constraint("clinic_condition_onset", "onset_precision", Precision),
            choices_constraint("clinic_condition_abatement", "abatement_precision", Precision),
            period_constraint("clinic_condition_period", "onset_date", "abatement_date"),
            models.UniqueConstraint(
                fields=["patient", "system", "code"],
                name="clinic_condition_once_active",
                condition=Q(
                    category=ConditionCategory.PROBLEM_LIST_ITEM,
                    clinical_status__in=["active", "recurrence", "relapse"],
                    entered_in_error_at=None,
                )
                & ~Q(code=""),
            ),
        ]
        indexes = [models.Index(fields=["patient", "clinical_status"], name="clinic_condition_patient")]
        triggers = [VISIT_OPEN]

    def __str__(self) -> str:
        return f"{self.code} {self.display}".strip()
