"""Visits and their diagnoses (FHIR Encounter)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.choices import EncounterClass, EncounterStatus
from clinic.models.closing import STAYS_AS_SIGNED, VISIT_OPEN
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint, paired, period_constraint


@recorded(patient="patient_id")
class Encounter(Recorded, ErrableMixin):
    """A visit: the patient, who saw them, when, where, why."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="encounters")
    practitioner = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="encounters"
    )
    status = models.CharField(max_length=16, choices=EncounterStatus, default=EncounterStatus.ARRIVED)
    class_code = models.CharField("class", max_length=4, choices=EncounterClass, default=EncounterClass.AMBULATORY)
    type_system = models.CharField(max_length=200, blank=True)
    type_code = models.CharField(max_length=64, blank=True)
    type_display = models.CharField("kind of visit", max_length=500, blank=True)
    reason = models.CharField(max_length=500, blank=True)
    place_of_service = models.CharField(max_length=2, default="11", help_text="CMS place of service code.")
    period_start = models.DateTimeField()
    period_end = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True, editable=False)
    finished_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta(ErrableMixin.Meta):
        ordering = ["-period_start"]
        constraints = [
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_encounter_status", "status", EncounterStatus),
            choices_constraint("clinic_encounter_class", "class_code", EncounterClass),
            period_constraint("clinic_encounter_period", "period_start", "period_end"),
            paired("clinic_encounter_finished", "finished_at", "finished_by"),
            models.CheckConstraint(name="clinic_encounter_place", condition=Q(place_of_service__regex=r"^\d{2}$")),
        ]
        indexes = [
            models.Index(fields=["patient", "-period_start"], name="clinic_encounter_patient"),
            models.Index(fields=["practitioner", "-period_start"], name="clinic_encounter_practitioner"),
            models.Index(fields=["status", "period_start"], name="clinic_encounter_status_time"),
        ]

    def __str__(self) -> str:
        return self.type_display or self.reason or "Visit"


@recorded(patient="patient_id")
class EncounterDiagnosis(Recorded, CodedMixin, ErrableMixin):
    """A diagnosis of a visit, in the order in which the claim lists them (FHIR Encounter.diagnosis)."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="+")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="diagnoses")
    condition = models.ForeignKey(
        "clinic.Condition", on_delete=models.PROTECT, null=True, blank=True, related_name="encounter_diagnoses"
    )
    rank = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["rank"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            models.CheckConstraint(name="clinic_diagnosis_rank", condition=Q(rank__gte=1)),
            models.UniqueConstraint(
                fields=["encounter", "rank"],
                name="clinic_diagnosis_order",
                condition=Q(entered_in_error_at=None),
            ),
            models.UniqueConstraint(
                fields=["encounter", "system", "code"],
                name="clinic_diagnosis_once",
                condition=Q(entered_in_error_at=None) & ~Q(code=""),
            ),
        ]
        triggers = [VISIT_OPEN, STAYS_AS_SIGNED]

    def __str__(self) -> str:
        return f"{self.code} {self.display}".strip()
