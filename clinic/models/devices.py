"""What was implanted (FHIR Device, US Core Implantable Device)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from clinic.models.closing import VISIT_OPEN
from clinic.models.encounters import Encounter
from clinic.models.patients import Patient
from clinic.models.procedures import Procedure
from emr.audit.registry import recorded
from emr.shared.partial_dates import Precision, precision_field
from emr.shared.records import CodedMixin, ErrableMixin, Recorded, choices_constraint, period_constraint


class DeviceStatus(models.TextChoices):
    """FHIR Device.status."""

    ACTIVE = "active", "In place"
    INACTIVE = "inactive", "Removed"
    UNKNOWN = "unknown", "Not known"


@recorded(patient="patient_id")
class Device(Recorded, CodedMixin, ErrableMixin):
    """One implanted device. ``udi`` is the identifier as it stands on the label (21 CFR 801.40); its parts are read out
    of it when it is entered. A device without one (told by the patient) has them empty.
    """

    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="devices")
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    procedure = models.ForeignKey(Procedure, on_delete=models.PROTECT, null=True, blank=True, related_name="devices")
    status = models.CharField(max_length=8, choices=DeviceStatus, default=DeviceStatus.ACTIVE)
    status_reason = models.CharField(max_length=300, blank=True)
    udi = models.CharField("UDI", max_length=250, blank=True)
    issuer = models.CharField(max_length=100, blank=True, help_text="GS1, HIBCC or ICCBBA.")
    device_identifier = models.CharField(max_length=100, blank=True)
    lot_number = models.CharField(max_length=60, blank=True)
    serial_number = models.CharField(max_length=60, blank=True)
    distinct_identifier = models.CharField(max_length=100, blank=True, help_text="Of a tissue or cell product.")
    manufacture_date = models.DateField(null=True, blank=True)
    expiration_date = models.DateField(null=True, blank=True)
    manufacturer = models.CharField(max_length=120, blank=True)
    model_number = models.CharField(max_length=60, blank=True)
    body_site = models.CharField(max_length=100, blank=True)
    implanted_on = models.DateField(null=True, blank=True)
    implanted_precision = precision_field()
    removed_on = models.DateField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)

    class Meta:
        ordering = ["-implanted_on", "display"]
        constraints = [
            *CodedMixin.Meta.constraints,
            *ErrableMixin.Meta.constraints,
            choices_constraint("clinic_device_status", "status", DeviceStatus),
            choices_constraint("clinic_device_implanted", "implanted_precision", Precision),
            period_constraint("clinic_device_period", "implanted_on", "removed_on"),
            models.CheckConstraint(
                name="clinic_device_parts", condition=~Q(udi="") | Q(issuer="", device_identifier="")
            ),
            models.UniqueConstraint(
                fields=["patient", "udi"],
                name="clinic_device_once",
                condition=~Q(udi="") & ~Q(serial_number="") & Q(entered_in_error_at=None),
            ),
        ]
        indexes = [models.Index(fields=["patient"], name="clinic_device_patient")]
        triggers = [VISIT_OPEN]

    def __str__(self) -> str:
        return self.display
