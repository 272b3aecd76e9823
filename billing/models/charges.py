"""What is charged for a visit (FHIR ChargeItem)."""

from __future__ import annotations

from django.contrib.postgres.fields import ArrayField
from django.core.validators import RegexValidator
from django.db import models
from django.db.models import F, Q

from billing.choices import ChargeItemStatus, NdcUnit
from clinic.models import Encounter, Immunization, Patient
from emr.audit.registry import recorded
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint

MODIFIER = RegexValidator(r"^[A-Z0-9]{2}$", "A modifier has two characters, for example 25.")


@recorded(patient="patient_id")
class ChargeItem(Recorded, CodedMixin, ErrableMixin):
    """One service line of a visit.

    ``diagnosis_ids`` are the visit's diagnoses that the service answers, the main one first: by key and not by place,
    so that a line keeps its meaning when diagnoses are put in another order. ``immunization`` is the vaccine that the
    line is for, product or administration, each charged once. ``request_token`` makes a form that is sent twice one
    line.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="charge_items")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, related_name="charge_items")
    status = models.CharField(max_length=16, choices=ChargeItemStatus, default=ChargeItemStatus.BILLABLE)
    service_date = models.DateField()
    service_date_end = models.DateField(null=True, blank=True)
    place_of_service = models.CharField(max_length=2, default="11")
    modifiers = ArrayField(models.CharField(max_length=2, validators=[MODIFIER]), default=list, blank=True, size=4)
    diagnosis_ids = ArrayField(models.CharField(max_length=36), default=list, blank=True, size=4)
    quantity = models.DecimalField("units", max_digits=8, decimal_places=3, default=1)
    unit_price = models.DecimalField(max_digits=10, decimal_places=2)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    ndc = models.CharField("NDC", max_length=11, blank=True, validators=[RegexValidator(r"^\d{11}$")])
    ndc_quantity = models.DecimalField(max_digits=10, decimal_places=3, null=True, blank=True)
    ndc_unit = models.CharField(max_length=2, blank=True, choices=NdcUnit)
    emergency = models.BooleanField(default=False, help_text="Box 24C.")
    epsdt = models.CharField("EPSDT, family plan", max_length=2, blank=True, help_text="Box 24H.")
    performer = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    immunization = models.ForeignKey(
        Immunization, on_delete=models.PROTECT, null=True, blank=True, related_name="charge_items", editable=False
    )
    rank = models.PositiveSmallIntegerField(default=1)
    request_token = models.UUIDField(null=True, blank=True, unique=True, editable=False)

    class Meta:
        ordering = ["service_date", "rank", "created_at"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("billing_charge_status", "status", ChargeItemStatus),
            models.CheckConstraint(name="billing_charge_quantity", condition=Q(quantity__gt=0)),
            models.CheckConstraint(name="billing_charge_price", condition=Q(unit_price__gte=0, amount__gte=0)),
            models.CheckConstraint(
                name="billing_charge_ndc",
                condition=Q(ndc="", ndc_unit="", ndc_quantity=None)
                | Q(ndc__regex=r"^\d{11}$", ndc_unit__in=NdcUnit.values, ndc_quantity__gt=0),
            ),
            models.CheckConstraint(
                name="billing_charge_dates",
                condition=Q(service_date_end=None) | Q(service_date_end__gte=F("service_date")),
            ),
            models.UniqueConstraint(
                fields=["immunization", "system", "code"],
                name="billing_charge_vaccine_once",
                condition=Q(entered_in_error_at=None, immunization__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["encounter"], name="billing_charge_encounter"),
            models.Index(fields=["status", "service_date"], name="billing_charge_status_date"),
        ]

    def __str__(self) -> str:
        return f"{self.code} {self.display}".strip()
