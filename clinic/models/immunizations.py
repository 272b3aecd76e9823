"""Vaccines given, here or elsewhere, and refused (FHIR Immunization)."""

from __future__ import annotations

from django.db import models
from django.db.models import F, Q

from clinic.choices import ImmunizationStatus
from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from emr.audit.registry import recorded
from emr.shared.fields import ExactDecimalField
from emr.shared.partial_dates import Precision, precision_field
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint


class InformationSource(models.TextChoices):
    """Where a dose that was not given here is known from (HL7 table NIP001)."""

    OTHER_PROVIDER = "01", "Another provider's record"
    PARENT_RECORD = "02", "The patient's or parents' written record"
    RECALL = "03", "The patient's or parents' memory"
    REGISTRY = "04", "An immunization registry"
    UNSPECIFIED = "00", "Not specified"


class VaccineFunding(models.TextChoices):
    """Eligibility for publicly funded vaccine (HL7 table 0064)."""

    NOT_ELIGIBLE = "V01", "Not eligible: private stock"
    MEDICAID = "V02", "Medicaid"
    UNINSURED = "V03", "Uninsured"
    NATIVE = "V04", "American Indian or Alaska Native"
    UNDERINSURED = "V05", "Underinsured, at a federally qualified center"


class RefusalReason(models.TextChoices):
    """Why a dose was not given (FHIR Immunization.statusReason; HL7 v3 ActReason)."""

    IMMUNE = "IMMUNE", "Immune already"
    MEDICAL = "MEDPREC", "Medical reason"
    OUT_OF_STOCK = "OSTOCK", "Out of stock"
    PATIENT = "PATOBJ", "The patient objects"
    RELIGION = "RELIG", "Religious objection"
    PHILOSOPHY = "PHILISOP", "Philosophical objection"


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
    occurrence_precision = precision_field()
    primary_source = models.BooleanField("given here", default=True)
    information_source = models.CharField(max_length=8, choices=InformationSource, blank=True)
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
    orderer = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    ndc = models.CharField("NDC", max_length=13, blank=True, help_text="National Drug Code, 11 digits: 5-4-2.")
    funding = models.CharField(max_length=4, choices=VaccineFunding, blank=True)
    vis_edition = models.DateField("VIS edition", null=True, blank=True)
    vis_given_on = models.DateField("VIS given on", null=True, blank=True)
    refusal_reason = models.CharField(max_length=10, choices=RefusalReason, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-occurrence_date"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_immunization_status", "status", ImmunizationStatus),
            models.CheckConstraint(
                name="clinic_immunization_occurred",
                condition=Q(occurrence_precision=Precision.DAY)
                | Q(occurrence_precision__in=Precision.values, primary_source=False),
            ),
            models.CheckConstraint(
                name="clinic_immunization_source",
                condition=Q(information_source="")
                | Q(information_source__in=InformationSource.values, primary_source=False),
            ),
            models.CheckConstraint(
                name="clinic_immunization_funding", condition=Q(funding="") | Q(funding__in=VaccineFunding.values)
            ),
            models.CheckConstraint(
                name="clinic_immunization_refusal",
                condition=Q(refusal_reason="")
                | Q(refusal_reason__in=RefusalReason.values, status=ImmunizationStatus.NOT_DONE),
            ),
            models.CheckConstraint(
                name="clinic_immunization_ndc", condition=Q(ndc="") | Q(ndc__regex=r"^\d{5}-\d{4}-\d{2}$")
            ),
            models.CheckConstraint(
                name="clinic_immunization_vis", condition=Q(vis_given_on=None) | Q(vis_edition__isnull=False)
            ),
            models.CheckConstraint(
                name="clinic_immunization_not_expired",
                condition=Q(expiration_date=None)
                | Q(primary_source=False)
                | ~Q(status=ImmunizationStatus.COMPLETED)
                | Q(expiration_date__gte=F("occurrence_date")),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-occurrence_date"], name="clinic_immunization_patient")]
        triggers = [VISIT_OPEN]

    def __str__(self) -> str:
        return self.display
