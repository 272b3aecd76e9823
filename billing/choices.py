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


class PaymentKind(TextChoices):
    """What money from a patient is for."""

    COPAY = "copay", "Copay"
    PREPAYMENT = "prepayment", "Prepayment"
    PAYMENT = "payment", "Payment on the balance"
    REFUND = "refund", "Refund"


class PaymentMethod(TextChoices):
    """How money was paid."""

    CASH = "cash", "Cash"
    CHECK = "check", "Check"
    CARD = "card", "Card"
    TRANSFER = "transfer", "Bank transfer"
    OTHER = "other", "Other"


class LedgerAccount(TextChoices):
    """The accounts of the ledger. A debit is positive, a credit negative."""

    FUNDS = "funds", "Money received"
    PATIENT_RECEIVABLE = "patient-receivable", "Due from patients"
    PATIENT_CREDIT = "patient-credit", "Unapplied credit of patients"
    OPENING = "opening", "Balances brought forward"
    OVER_SHORT = "over-short", "Cash over and short"


#: The accounts that say what a patient owes; their entries name the patient.
PATIENT_ACCOUNTS = (LedgerAccount.PATIENT_RECEIVABLE, LedgerAccount.PATIENT_CREDIT)


class TransactionKind(TextChoices):
    """Why a transaction of the ledger was written."""

    PAYMENT = "payment", "Payment"
    REVERSAL = "reversal", "Reversal"
    APPLICATION = "application", "Credit applied"
    OPENING = "opening", "Balance brought forward"
    OVER_SHORT = "over-short", "Cash over or short"
