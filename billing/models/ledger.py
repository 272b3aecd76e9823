"""The ledger: double entry, in cents, only ever added to. Every balance that a page shows is a sum of these rows."""

from __future__ import annotations

from decimal import Decimal
from typing import Self

import pgtrigger
from django.db import models
from django.db.models import Exists, OuterRef, Q

from billing.choices import (
    CLAIM_ACCOUNTS,
    PATIENT_ACCOUNTS,
    RECEIVABLES,
    AdjustmentReason,
    LedgerAccount,
    TransactionKind,
)
from billing.models.charges import ChargeItem
from billing.models.claims import Claim
from billing.models.closed_days import DAY_IS_OPEN
from billing.models.payments import Payment
from billing.models.remittances import ClaimResponse, PaymentReconciliation, ProviderAdjustment
from clinic.models import Encounter, Patient, Payer
from emr.audit.registry import append_only, fixed, recorded
from emr.shared.records import Recorded, choices_constraint

#: Looked at when all rows are in: a transaction has the entries that it says it has, and they sum to zero. So nothing
#: can be added to it later either, balanced or not.
_BALANCED = """
    IF NOT EXISTS (
        SELECT FROM billing_ledgertransaction written
        JOIN billing_ledgerentry entry ON entry.transaction_id = written.id
        WHERE written.id = {key}
        GROUP BY written.id, written.entry_count
        HAVING sum(entry.amount) = 0 AND count(*) = written.entry_count
    ) THEN
        RAISE EXCEPTION 'Transaction % of the ledger does not sum to zero.', {key}
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_ledger_balanced';
    END IF;
    RETURN NULL;
"""


#: What a claim charges stands on the ledger once: it is charged again only after the first charge was taken back. Who
#: comes second waits for the claim's row.
_CHARGED_ONCE = """
    PERFORM FROM billing_claim WHERE id = NEW.claim_id FOR NO KEY UPDATE;
    IF EXISTS (
        SELECT FROM billing_ledgertransaction charged
        WHERE charged.claim_id = NEW.claim_id AND charged.kind = 'charge'
        AND NOT EXISTS (SELECT FROM billing_ledgertransaction back WHERE back.reverses_id = charged.id)
    ) THEN
        RAISE EXCEPTION 'The claim is charged already.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_ledger_charged_once';
    END IF;
    RETURN NEW;
"""

#: More than is owed is somebody's credit, and stands there by name: no claim ever owes less than nothing.
_NEVER_LESS_THAN_NOTHING = """
    IF (
        SELECT sum(amount) FROM billing_ledgerentry WHERE claim_id = NEW.claim_id AND account = NEW.account
    ) < 0 THEN
        RAISE EXCEPTION 'More was taken from a claim than it owes: the rest is a credit.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_ledger_claim_owes';
    END IF;
    RETURN NULL;
"""

#: What a payer sent is posted while its remittance is a draft, and the remittance is looked at as a whole when it
#: becomes active (remittances.py). After that its money is only moved; or taken back as a whole, in error.
_WHILE_DRAFT = """
    IF NEW.kind IN ('remittance', 'plb') AND NOT EXISTS (
        SELECT FROM billing_paymentreconciliation WHERE id = NEW.reconciliation_id AND status = 'draft'
    ) THEN
        RAISE EXCEPTION 'The remittance is posted already.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_ledger_while_draft';
    END IF;
    RETURN NEW;
"""
_MOVED_ONLY = """
    IF NEW.kind NOT IN ('remittance', 'plb', 'payer-refund')
        AND EXISTS (SELECT FROM billing_ledgerentry WHERE transaction_id = NEW.id AND account = 'funds')
        AND EXISTS (
            SELECT FROM billing_paymentreconciliation
            WHERE id = NEW.reconciliation_id AND status <> 'entered-in-error'
        )
    THEN
        RAISE EXCEPTION 'What a remittance paid does not change after it was posted.'
            USING ERRCODE = 'check_violation', CONSTRAINT = 'billing_ledger_moved_only';
    END IF;
    RETURN NULL;
"""


def _balanced(key: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name="balanced",
        when=pgtrigger.After,
        operation=pgtrigger.Insert,
        timing=pgtrigger.Deferred,
        func=_BALANCED.format(key=key),
    )


@recorded(patient=None)
@append_only
class LedgerTransaction(Recorded):
    """Entries that belong together and sum to zero. ``reverses`` names the transaction that this one takes back.

    ``reason_code`` is why an adjustment was made, ``claim`` the claim whose charges or whose payer's decision it is,
    ``reconciliation`` the payer's payment, with the decision or the payer's own adjustment that was posted.
    """

    kind = models.CharField(max_length=12, choices=TransactionKind)
    business_date = models.DateField()
    reason = models.CharField(max_length=200, blank=True)
    reason_code = models.CharField(max_length=20, choices=AdjustmentReason, blank=True)
    claim = models.ForeignKey(
        Claim, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_transactions"
    )
    reconciliation = models.ForeignKey(
        PaymentReconciliation, on_delete=models.PROTECT, null=True, blank=True, related_name="transactions"
    )
    claim_response = models.ForeignKey(
        ClaimResponse, on_delete=models.PROTECT, null=True, blank=True, related_name="transactions"
    )
    provider_adjustment = models.OneToOneField(
        ProviderAdjustment, on_delete=models.PROTECT, null=True, blank=True, related_name="transaction"
    )
    payment = models.OneToOneField(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="transaction")
    reverses = models.OneToOneField("self", on_delete=models.PROTECT, null=True, blank=True, related_name="reversed_by")
    entry_count = models.PositiveSmallIntegerField()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            choices_constraint("billing_ledger_kind", "kind", TransactionKind),
            models.CheckConstraint(name="billing_ledger_two_sides", condition=Q(entry_count__gte=2)),
            models.CheckConstraint(
                name="billing_ledger_reverses",
                condition=Q(kind=TransactionKind.REVERSAL, reverses__isnull=False)
                | (~Q(kind=TransactionKind.REVERSAL) & Q(reverses=None)),
            ),
            models.CheckConstraint(
                name="billing_ledger_adjusted_for",
                condition=Q(kind=TransactionKind.ADJUSTMENT, reason_code__in=AdjustmentReason.values)
                | (~Q(kind=TransactionKind.ADJUSTMENT) & Q(reason_code="")),
            ),
            models.UniqueConstraint(
                fields=["claim_response"],
                name="billing_ledger_decided_once",
                condition=Q(kind=TransactionKind.REMITTANCE),
            ),
            models.UniqueConstraint(
                fields=["claim_response"], name="billing_ledger_placed_once", condition=Q(kind=TransactionKind.PLACED)
            ),
            models.CheckConstraint(
                name="billing_ledger_reconciled",
                condition=Q(reconciliation__isnull=False) | Q(claim_response=None, provider_adjustment=None),
            ),
            # What a claim charges is on the ledger once; taken back, by the reversal that names it.
            models.CheckConstraint(
                name="billing_ledger_charged_for", condition=~Q(kind=TransactionKind.CHARGE) | Q(claim__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["business_date"], name="billing_ledger_day")]
        triggers = [
            pgtrigger.Trigger(
                name="day_is_open",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                func=DAY_IS_OPEN + "    RETURN NEW;\n",
            ),
            pgtrigger.Trigger(
                name="charged_once",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert,
                condition=pgtrigger.Q(new__kind=TransactionKind.CHARGE),
                func=_CHARGED_ONCE,
            ),
            _balanced("NEW.id"),
            pgtrigger.Trigger(name="while_draft", when=pgtrigger.Before, operation=pgtrigger.Insert, func=_WHILE_DRAFT),
            pgtrigger.Trigger(
                name="moved_only",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__reconciliation__isnull=False),
                func=_MOVED_ONLY,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} of {self.business_date}"


def of_patients_money() -> Q:
    """Of a row of entries on what patients owe: their money is laid there, or taken off. What is applied of a payer's
    credit, as where a decision falls with its claim, is none of it.
    """
    credit = LedgerEntry.objects.filter(transaction=OuterRef("transaction"), account=LedgerAccount.PATIENT_CREDIT)
    applied = Q(Exists(credit), transaction__kind=TransactionKind.APPLICATION)
    return applied | Q(transaction__payment__isnull=False)


class LedgerEntryQuerySet(models.QuerySet["LedgerEntry"]):
    """The entries that one speaks of."""

    def of_patients_money(self) -> Self:
        """Entries by which patients' money is laid on what they owe, or taken off it."""
        return self.filter(of_patients_money())

    def with_all(self) -> Self:
        """With all that an entry names. Two queries."""
        named = self.select_related("patient", "encounter", "payer")
        return named.prefetch_related(models.Prefetch("claim", Claim.objects.on_ledger()))


@recorded(patient="patient_id")
@fixed(but=("patient_id",))
class LedgerEntry(Recorded):
    """One side of a transaction: cents on an account, a debit positive, a credit negative.

    An entry on one of the patient's accounts names the patient; ``encounter`` the visit it is about, if any. What a
    payer owes names payer, claim and patient. ``charge_item`` is the service line, wherever the entry is about one.
    """

    transaction = models.ForeignKey(LedgerTransaction, on_delete=models.PROTECT, related_name="entries")
    account = models.CharField(max_length=20, choices=LedgerAccount)
    amount = models.BigIntegerField("amount in cents")
    patient = models.ForeignKey(Patient, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_entries")
    encounter = models.ForeignKey(
        Encounter, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_entries"
    )
    payer = models.ForeignKey(Payer, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_entries")
    claim = models.ForeignKey(Claim, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_entries")
    charge_item = models.ForeignKey(
        ChargeItem, on_delete=models.PROTECT, null=True, blank=True, related_name="ledger_entries"
    )

    objects = LedgerEntryQuerySet.as_manager()

    class Meta:
        ordering = ["created_at"]
        constraints = [
            choices_constraint("billing_ledgerentry_account", "account", LedgerAccount),
            models.CheckConstraint(name="billing_ledgerentry_amount", condition=~Q(amount=0)),
            models.CheckConstraint(
                name="billing_ledgerentry_whose",
                condition=~Q(account__in=list(PATIENT_ACCOUNTS)) | Q(patient__isnull=False),
            ),
            models.CheckConstraint(
                name="billing_ledgerentry_claimed",
                condition=~Q(account__in=list(CLAIM_ACCOUNTS))
                | Q(patient__isnull=False, payer__isnull=False, claim__isnull=False),
            ),
        ]
        indexes = [
            models.Index(fields=["patient", "account"], name="billing_ledgerentry_patient"),
            models.Index(fields=["claim", "account"], name="billing_ledgerentry_claim", condition=~Q(claim=None)),
            models.Index(fields=["payer", "account"], name="billing_ledgerentry_payer", condition=~Q(payer=None)),
        ]
        triggers = [
            _balanced("NEW.transaction_id"),
            pgtrigger.Trigger(
                name="claim_owes",
                when=pgtrigger.After,
                operation=pgtrigger.Insert,
                timing=pgtrigger.Deferred,
                condition=pgtrigger.Q(new__claim__isnull=False, new__account__in=list(RECEIVABLES)),
                func=_NEVER_LESS_THAN_NOTHING,
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_account_display()} {Decimal(self.amount) / 100:.2f}"
