"""Whether a payment is here already, by whatever way it came."""

from __future__ import annotations

from django.db.models import Q, QuerySet

from billing.choices import ReconciliationStatus
from billing.models import PaymentReconciliation


def same_payments(row: PaymentReconciliation) -> QuerySet[PaymentReconciliation]:
    """The other rows, neither set aside nor taken back, of the payment that a row, saved or not, is of."""
    payer = Q(payer_identifier=row.payer_identifier)
    if row.payer is not None:
        # What was entered by hand names its payer otherwise than the payer's files do.
        payer |= Q(payer=row.payer)
    standing = [ReconciliationStatus.DRAFT, ReconciliationStatus.ACTIVE]
    rows = PaymentReconciliation.objects.filter(
        payer,
        trace_number=row.trace_number,
        payment_date=row.payment_date,
        amount=row.amount,
        status__in=standing,
    )
    return rows.exclude(pk=row.pk)
