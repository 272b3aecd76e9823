"""Bills to people (FHIR Invoice): statements to guarantors, and estimates before a service. Kept as they were given."""

from __future__ import annotations

from django.db import models
from django.db.models import Q

from billing.choices import InvoiceStatus
from billing.models.accounts import TIERS
from clinic.models import Patient, RelatedPerson
from emr.audit.registry import exempt, fixed, recorded
from emr.shared.records import Identified, Recorded, choices_constraint, paired, uuid7


@exempt("A run of statements that are recorded themselves; it is made once and never changed.")
class StatementRun(Identified):
    """Statements made together; ``job`` makes and draws them, ``request_token`` makes a double click one run."""

    created_at = models.DateTimeField(auto_now_add=True)
    created_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+")
    request_token = models.UUIDField(default=uuid7, unique=True, editable=False)
    job = models.ForeignKey("jobs.Job", on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        ordering = ["-created_at"]

    def __str__(self) -> str:
        return f"Statements of {self.created_at:%Y-%m-%d %H:%M}Z"


@recorded(patient="patient_id", exclude=("snapshot",), words=("cancelled_reason",))
@fixed(but=("patient_id", "guarantor_id", "status", "cancelled_at", "cancelled_by_id", "cancelled_reason"))
class Invoice(Recorded):
    """One statement to one guarantor: what the patients for whom they pay owe themselves.

    ``guarantor`` is None where the patient pays; ``patient`` the one by whose chart the statement is filed, the others
    stand in ``lines``. ``tier`` counts from 1. ``snapshot`` is the statement as it was given, so that a reprint is the
    same, under the same ``number``.
    """

    number = models.PositiveBigIntegerField(unique=True, editable=False)
    run = models.ForeignKey(StatementRun, on_delete=models.PROTECT, null=True, blank=True, related_name="invoices")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="invoices")
    guarantor = models.ForeignKey(
        RelatedPerson, on_delete=models.PROTECT, null=True, blank=True, related_name="invoices"
    )
    status = models.CharField(max_length=9, choices=InvoiceStatus, default=InvoiceStatus.ISSUED)
    tier = models.PositiveSmallIntegerField(default=1)
    issued_on = models.DateField()
    due_on = models.DateField()
    total = models.DecimalField(max_digits=10, decimal_places=2)
    snapshot = models.JSONField(editable=False)
    cancelled_at = models.DateTimeField(null=True, blank=True, editable=False)
    cancelled_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    cancelled_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-number"]
        constraints = [
            choices_constraint("billing_invoice_status", "status", InvoiceStatus),
            paired("billing_invoice_cancelled", "cancelled_at", "cancelled_by"),
            # Nobody gets a statement over nothing.
            models.CheckConstraint(name="billing_invoice_total", condition=Q(total__gt=0)),
            models.CheckConstraint(name="billing_invoice_tier", condition=Q(tier__gte=1, tier__lte=TIERS)),
            models.CheckConstraint(name="billing_invoice_due", condition=Q(due_on__gte=models.F("issued_on"))),
            models.CheckConstraint(
                name="billing_invoice_void",
                condition=Q(status=InvoiceStatus.CANCELLED, cancelled_at__isnull=False) & ~Q(cancelled_reason="")
                | Q(status=InvoiceStatus.ISSUED, cancelled_at=None, cancelled_reason=""),
            ),
        ]
        indexes = [models.Index(fields=["patient", "-number"], name="billing_invoice_patient")]

    def __str__(self) -> str:
        return f"Statement {self.number}"


@recorded(patient="patient_id")
@fixed(but=("patient_id",))
class InvoiceLine(Recorded):
    """What one patient owes on a statement (FHIR Invoice.lineItem by patient). A patient has two lines of one statement
    where it was sent before their two charts became one.
    """

    invoice = models.ForeignKey(Invoice, on_delete=models.PROTECT, related_name="lines")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="invoice_lines")
    amount = models.DecimalField(max_digits=10, decimal_places=2)

    class Meta:
        ordering = ["created_at"]
        constraints = [
            models.CheckConstraint(name="billing_invoiceline_amount", condition=Q(amount__gt=0)),
        ]

    def __str__(self) -> str:
        return f"{self.amount} of {self.invoice}"


@recorded(patient="patient_id", exclude=("snapshot",))
@fixed(but=("patient_id",))
class GoodFaithEstimate(Recorded):
    """What a service is expected to cost someone who pays themselves (45 CFR 149.610), as it was given."""

    number = models.PositiveBigIntegerField(unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="estimates")
    service_date = models.DateField(null=True, blank=True)
    given_on = models.DateField()
    total = models.DecimalField(max_digits=10, decimal_places=2)
    snapshot = models.JSONField(editable=False)

    class Meta:
        ordering = ["-number"]
        constraints = [models.CheckConstraint(name="billing_estimate_total", condition=Q(total__gte=0))]

    def __str__(self) -> str:
        return f"Estimate {self.number}"
