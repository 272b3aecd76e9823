"""Pharmacies, to which a patient's prescriptions go (FHIR Organization)."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from emr.accounts.models import Address
from emr.audit.registry import recorded
from emr.shared.records import Recorded


@recorded(patient=None)
class Pharmacy(Recorded, Address):
    """A pharmacy. ``ncpdp_id`` is its seven-digit number with the National Council for Prescription Drug Programs."""

    name = models.CharField(max_length=80)
    ncpdp_id = models.CharField("NCPDP id", max_length=7, blank=True)
    phone = models.CharField(max_length=30, blank=True)
    fax = models.CharField(max_length=30, blank=True)
    active = models.BooleanField(default=True)

    class Meta:
        ordering = ["name", "city", "line1"]
        verbose_name_plural = "pharmacies"
        constraints = [
            models.UniqueConstraint(fields=["ncpdp_id"], name="clinic_pharmacy_ncpdp", condition=~Q(ncpdp_id="")),
            models.UniqueConstraint(fields=["name", "line1", "city", "state"], name="clinic_pharmacy_once"),
            models.CheckConstraint(
                name="clinic_pharmacy_ncpdp_digits", condition=Q(ncpdp_id="") | Q(ncpdp_id__regex=r"^\d{7}$")
            ),
            models.CheckConstraint(name="clinic_pharmacy_named", condition=Q(name__regex=r"\S")),
        ]

    def __str__(self) -> str:
        return f"{self.name}, {self.city}"
