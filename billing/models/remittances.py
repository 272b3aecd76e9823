"""What payers decided and paid (FHIR PaymentReconciliation, ClaimResponse): kept as it came, posted to the ledger."""

from __future__ import annotations

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q

from billing.choices import ReconciliationSource, ReconciliationStatus, ResponseState
from billing.models.claims import Claim
from billing.models.received_files import ReceivedFile
from clinic.models import Patient, Payer
from emr.audit.registry import fixed, recorded
from emr.shared.records import Recorded, choices_constraint, paired

#: The whole of what the payer sent is on the ledger, to the cent, when a remittance becomes posted; ledger.py keeps
#: that true.
_RECONCILED = """
    IF EXISTS (
        SELECT FROM billing_paymentreconciliation paid
        WHERE paid.id = NEW.id AND paid.status = 'active' AND paid.amount * 100 IS DISTINCT FROM (
            SELECT coalesce(sum(entry.amount), 0) FROM billing_ledgerentry entry
            JOIN billing_ledgertransaction written ON written.id = entry.transaction_id
            WHERE written.reconciliation_id = paid.id AND entry.account = 'funds'
            AND written.kind IN ('remittance', 'plb')
        )
    ) THEN
        RAISE EXCEPTION 'Remittance % is not on the ledger with its amount.', NEW.id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_reconciliation_in_ledger';
    END IF;
    RETURN NULL;
"""


@recorded(patient=None)
@fixed(but=("status", "payer_id", "posted_at", "posted_by_id", "status_reason"))
class PaymentReconciliation(Recorded):
    """One payment of a payer with its explanation: an 835 transaction set, or an EOB entered by hand.

    ``amount`` is BPR02, as money that came in: negative never, zero for a notice. ``trace_number`` is TRN02,
    ``payer_identifier`` TRN03, ``payment_date`` BPR16; together with the amount they name a payment, which is posted
    once. ``findings`` are the faults of its balance at the three levels, ``remarks`` what was irregular in the file,
    and ``doubts`` what of that a person must have looked at before it is posted.
    ``position`` is that of ST in the file.
    """

    source = models.CharField(max_length=6, choices=ReconciliationSource)
    file = models.ForeignKey(
        ReceivedFile, on_delete=models.PROTECT, null=True, blank=True, related_name="reconciliations"
    )
    position = models.PositiveIntegerField(default=0)
    status = models.CharField(max_length=16, choices=ReconciliationStatus, default=ReconciliationStatus.DRAFT)
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, null=True, blank=True, related_name="reconciliations")
    payer_name = models.CharField(max_length=60)
    payer_identifier = models.CharField(max_length=30)
    trace_number = models.CharField(max_length=50)
    payment_date = models.DateField()
    amount = models.DecimalField(max_digits=12, decimal_places=2)
    method = models.CharField(max_length=3, blank=True, help_text="BPR04: CHK, ACH, NON, …")
    claim_count = models.PositiveIntegerField(default=0)
    findings = models.JSONField(default=list)
    remarks = models.JSONField(default=list)
    doubts = models.JSONField(default=list)
    posted_at = models.DateTimeField(null=True, blank=True, editable=False)
    posted_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )
    status_reason = models.CharField(max_length=200, blank=True)

    class Meta:
        ordering = ["-payment_date", "-created_at"]
        constraints = [
            choices_constraint("billing_reconciliation_source", "source", ReconciliationSource),
            choices_constraint("billing_reconciliation_status", "status", ReconciliationStatus),
            paired("billing_reconciliation_posted", "posted_at", "posted_by"),
            models.CheckConstraint(name="billing_reconciliation_amount", condition=Q(amount__gte=0)),
            models.CheckConstraint(
                name="billing_reconciliation_state",
                condition=Q(status=ReconciliationStatus.DRAFT, posted_at=None)
                | Q(status=ReconciliationStatus.ACTIVE, posted_at__isnull=False, payer__isnull=False)
                | (Q(status=ReconciliationStatus.CANCELLED, posted_at=None) & ~Q(status_reason=""))
                | (Q(status=ReconciliationStatus.ENTERED_IN_ERROR, posted_at__isnull=False) & ~Q(status_reason="")),
            ),
            models.UniqueConstraint(
                fields=["payer_identifier", "trace_number", "payment_date", "amount"],
                name="billing_reconciliation_once",
                condition=Q(status__in=[ReconciliationStatus.DRAFT, ReconciliationStatus.ACTIVE]),
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="in_ledger",
                when=pgtrigger.After,
                operation=pgtrigger.Insert | pgtrigger.Update,
                timing=pgtrigger.Deferred,
                func=_RECONCILED,
            )
        ]

    def __str__(self) -> str:
        return f"{self.payer_name} {self.trace_number}"


@recorded(patient="patient_id", exclude=("content",), words=("resolution",))
@fixed(but=("patient_id", "claim_id", "state", "why", "resolution", "resolved_at", "resolved_by_id"))
class ClaimResponse(Recorded):
    """A payer's decision on one claim (loop 2100, with its lines).

    ``content`` is all of it as plain data, with the positions of its segments; the columns are what one looks for.
    ``reason_codes`` are group and CARC of claim and lines (CO-45), ``remark_codes`` the RARC. ``why`` says why it needs
    a person. Charge and paid are negative for a reversal (``status_code`` 22).
    """

    reconciliation = models.ForeignKey(PaymentReconciliation, on_delete=models.PROTECT, related_name="responses")
    sequence = models.PositiveIntegerField()
    position = models.PositiveIntegerField(default=0)
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, blank=True, related_name="responses")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="+")
    state = models.CharField(max_length=9, choices=ResponseState, default=ResponseState.WAITING)
    why = models.CharField(max_length=300, blank=True)
    patient_control_number = models.CharField(max_length=38, help_text="CLP01, CLM01.")
    status_code = models.CharField(max_length=2, help_text="CLP02.")
    charge = models.DecimalField(max_digits=12, decimal_places=2)
    paid = models.DecimalField(max_digits=12, decimal_places=2)
    patient_responsibility = models.DecimalField(max_digits=12, decimal_places=2, default=0)
    payer_control_number = models.CharField(max_length=50, blank=True)
    patient_name = models.CharField(max_length=120, blank=True)
    reason_codes = ArrayField(models.CharField(max_length=8), default=list, blank=True)
    remark_codes = ArrayField(models.CharField(max_length=10), default=list, blank=True)
    content = models.JSONField(editable=False)
    resolution = models.CharField(max_length=300, blank=True)
    resolved_at = models.DateTimeField(null=True, blank=True, editable=False)
    resolved_by = models.ForeignKey(
        "accounts.User", on_delete=models.PROTECT, null=True, blank=True, related_name="+", editable=False
    )

    class Meta:
        ordering = ["reconciliation", "sequence"]
        constraints = [
            choices_constraint("billing_response_state", "state", ResponseState),
            paired("billing_response_resolved", "resolved_at", "resolved_by"),
            models.UniqueConstraint(fields=["reconciliation", "sequence"], name="billing_response_once"),
            models.CheckConstraint(
                name="billing_response_whose",
                condition=Q(claim=None, patient=None) | Q(claim__isnull=False, patient__isnull=False),
            ),
            models.CheckConstraint(
                name="billing_response_settled",
                condition=Q(state=ResponseState.RESOLVED, resolved_at__isnull=False) & ~Q(resolution="")
                | ~Q(state=ResponseState.RESOLVED),
            ),
        ]
        indexes = [
            models.Index(fields=["claim"], name="billing_response_claim"),
            models.Index(
                fields=["state"],
                name="billing_response_open",
                condition=Q(state__in=[ResponseState.UNMATCHED, ResponseState.REVIEW]),
            ),
            GinIndex(fields=["reason_codes"], name="billing_response_reasons"),
        ]

    def __str__(self) -> str:
        return f"Decision on {self.patient_control_number}"


@recorded(patient=None)
@fixed(but=())
class ProviderAdjustment(Recorded):
    """Money that a payer keeps back or adds beside the claims (PLB): ``amount`` positive means that less was paid.

    ``code`` is PLB03-1 (WO overpayment recovery, FB forwarded balance, L6 interest, …), ``reference`` what it is about.
    """

    reconciliation = models.ForeignKey(PaymentReconciliation, on_delete=models.PROTECT, related_name="adjustments")
    sequence = models.PositiveIntegerField()
    position = models.PositiveIntegerField(default=0)
    code = models.CharField(max_length=2)
    reference = models.CharField(max_length=50, blank=True)
    fiscal_date = models.DateField(null=True, blank=True)
    amount = models.DecimalField(max_digits=12, decimal_places=2)

    class Meta:
        ordering = ["reconciliation", "sequence"]
        constraints = [models.UniqueConstraint(fields=["reconciliation", "sequence"], name="billing_plb_once")]

    def __str__(self) -> str:
        return f"{self.code} {self.amount}"
