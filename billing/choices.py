"""Statuses of money: FHIR R4's where one exists, the biller's life cycle beside it."""

from __future__ import annotations

from django.db.models import TextChoices


class ChargeItemStatus(TextChoices):
    """FHIR R4 ChargeItem.status."""

    PLANNED = "planned", "Planned"
    BILLABLE = "billable", "Billable"
    NOT_BILLABLE = "not-billable", "Not billable"
    ABORTED = "aborted", "Aborted"
    BILLED = "billed", "Billed"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"
    UNKNOWN = "unknown", "Not known"


class NdcUnit(TextChoices):
    """Units in which claims count a drug."""

    UNIT = "UN", "Units"
    MILLILITRE = "ML", "Millilitres"
    GRAM = "GR", "Grams"
    INTERNATIONAL = "F2", "International units"
    MILLIGRAM = "ME", "Milligrams"


class ClaimStatus(TextChoices):
    """FHIR R4 Claim.status."""

    DRAFT = "draft", "Draft"
    ACTIVE = "active", "Submitted"
    CANCELLED = "cancelled", "Void"
    ENTERED_IN_ERROR = "entered-in-error", "Entered in error"


class ClaimState(TextChoices):
    """Where a claim stands in the biller's day."""

    HELD = "held", "Held"
    READY = "ready", "Ready"
    SUBMITTED = "submitted", "Submitted"
    PATIENT_BALANCE = "patient-balance", "Patient balance"
    VOID = "void", "Void"


class BatchStyle(TextChoices):
    """How a batch of CMS-1500 forms is drawn."""

    DATA_ONLY = "data-only", "For pre-printed red forms"
    REVIEW = "review", "Review copy with form"
