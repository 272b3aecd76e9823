"""Vaccines given, here or elsewhere, and refused (FHIR Immunization)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from clinic.choices import ImmunizationStatus
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.fields import ExactDecimalField
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint


@recorded(patient="patient_id")
class Immunization(Recorded, CodedMixin, ErrableMixin):
    """One vaccine event. ``primary_source`` is True for a dose given here, False for one told or imported."""

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="immunizations")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="immunizations"
    )
    status = models.CharField(max_length=16, choices=ImmunizationStatus, default=ImmunizationStatus.COMPLETED)
    status_reason = models.CharField(max_length=300, blank=True)
    occurrence_date = models.DateField("given on")
    primary_source = models.BooleanField("given here", default=True)
    lot_number = models.CharField(max_length=40, blank=True)
    expiration_date = models.DateField("expires", null=True, blank=True)
    manufacturer_code = models.CharField(max_length=10, blank=True, help_text="CDC MVX code.")
    dose_quantity = ExactDecimalField("dose", null=True, blank=True)
    dose_unit = models.CharField(max_length=20, blank=True)
    site = models.CharField(max_length=60, blank=True)
    route = models.CharField(max_length=60, blank=True)
    performer = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-occurrence_date"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_immunization_status", "status", ImmunizationStatus),
            models.CheckConstraint(
                name="clinic_immunization_not_expired",
                condition=Q(expiration_date=None)
                | Q(primary_source=False)
                | ~Q(status=ImmunizationStatus.COMPLETED)
                | Q(expiration_date__gte=F("occurrence_date")),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-occurrence_date"], name="clinic_immunization_patient")]

    def __str__(self) -> str:
        return self.display
