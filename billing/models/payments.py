"""Money from patients, as it was taken over the counter (FHIR PaymentNotice, in the clinic's word a payment)."""

from __future__ import annotations

import pgtrigger
from django.db import models
from django.db.models import Q
from django.utils import timezone

from billing.choices import PaymentKind, PaymentMethod
from billing.models.closed_days import DAY_IS_OPEN
from clinic.models import Encounter, Patient
from emr.audit.registry import fixed, recorded
from emr.shared.records import Recorded, choices_constraint, uuid7
from scheduling.models import Appointment

#: Numbers without gaps or doubles, and a reversal that takes back exactly what it names.
_IN_ORDER = f"""
    {DAY_IS_OPEN}
    IF NEW.receipt_number <> billing_next_receipt_number() THEN
        RAISE EXCEPTION 'Receipt % is not the next one.', NEW.receipt_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_payment_next_number';
    END IF;
    IF NEW.reversal_of_id IS NOT NULL AND NOT EXISTS (
        SELECT FROM billing_payment taken
        WHERE taken.id = NEW.reversal_of_id AND taken.reversal_of_id IS NULL AND taken.amount = -NEW.amount
        AND taken.patient_id = NEW.patient_id AND taken.method = NEW.method AND taken.kind = NEW.kind
    ) THEN
        RAISE EXCEPTION 'A reversal takes back the whole of one payment.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_payment_reversal';
    END IF;
    RETURN NEW;
"""

#: There is one place for money: a payment that isn't in the ledger with its own amount can't commit.
_IN_LEDGER = """
    IF NEW.amount * 100 IS DISTINCT FROM (
        SELECT sum(entry.amount) FROM billing_ledgerentry entry
        JOIN billing_ledgertransaction written ON written.id = entry.transaction_id
        WHERE written.payment_id = NEW.id AND entry.account = 'funds'
    ) THEN
        RAISE EXCEPTION 'Payment % is not in the ledger with its amount.', NEW.receipt_number
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_payment_in_ledger';
    END IF;
    RETURN NULL;
"""


@recorded(patient="patient_id", exclude=("snapshot",), words=("reason", "reference"))
@fixed(but=("patient_id",))
class Payment(Recorded):
    """Money taken from a patient, or given back: ``amount`` is negative for a refund and for a reversal.

    ``business_date`` is the day on the clinic's wall clock in whose totals it stands; ``request_token`` comes from the
    form, so that a double click pays once. ``snapshot`` holds the receipt as it was given, so that a reprint is the
    same.
    """

    receipt_number = models.PositiveBigIntegerField(unique=True, editable=False)
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, related_name="payments")
    appointment = models.ForeignKey(
        Appointment, on_delete=models.PROTECT, null=True, blank=True, related_name="payments"
    )
    encounter = models.ForeignKey(Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="payments")
    kind = models.CharField(max_length=10, choices=PaymentKind)
    method = models.CharField(max_length=10, choices=PaymentMethod)
    reference = models.CharField(max_length=40, blank=True)
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    received_at = models.DateTimeField(default=timezone.now, editable=False)
    received_by = models.ForeignKey("accounts.User", on_delete=models.PROTECT, related_name="+", editable=False)
    business_date = models.DateField(editable=False)
    request_token = models.UUIDField(default=uuid7, unique=True, editable=False)
    reversal_of = models.OneToOneField(
        "self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversal", editable=False
    )
    reason = models.CharField(max_length=200, blank=True)
    snapshot = models.JSONField(editable=False)

    class Meta:
        ordering = ["-receipt_number"]
        constraints = [
            choices_constraint("billing_payment_kind", "kind", PaymentKind),
            choices_constraint("billing_payment_method", "method", PaymentMethod),
            models.CheckConstraint(
                name="billing_payment_amount",
                condition=Q(reversal_of=None, kind=PaymentKind.REFUND, amount__lt=0)
                | (Q(reversal_of=None, amount__gt=0) & ~Q(kind=PaymentKind.REFUND))
                | (Q(reversal_of__isnull=False) & ~Q(amount=0)),
            ),
            models.CheckConstraint(
                name="billing_payment_reasoned",
                condition=Q(reversal_of=None) & ~Q(kind=PaymentKind.REFUND) | ~Q(reason=""),
            ),
        ]
        indexes = [
            models.Index(fields=["business_date", "method"], name="billing_payment_day"),
            models.Index(fields=["patient", "-receipt_number"], name="billing_payment_patient"),
        ]
        triggers = [
            pgtrigger.Trigger(name="in_order", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_IN_ORDER),
            pgtrigger.Trigger(
                name="in_ledger",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                func=_IN_LEDGER,
            ),
        ]

    def __str__(self) -> str:
        return f"Receipt {self.receipt_number}"
