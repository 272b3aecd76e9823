"""Receipts and deposit slips on paper."""

from __future__ import annotations

from decimal import Decimal

from billing.choices import PaymentKind, PaymentMethod
from billing.models import DayClose, Payment
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic
from emr.pdf import render_pdf
from emr.ui import formats


def receipt_pdf(payment: Payment) -> bytes:
    """The receipt from its snapshot: the same bytes whenever it is printed."""
    return render_pdf("billing/payments/receipt.html", {"number": payment.receipt_number, **payment.snapshot})


def deposit_slip_pdf(close: DayClose) -> bytes:
    """What goes to the bank from a closed day: the cash as counted, and each check that is in the drawer.

    One that was handed back on that day isn't; one that bounced was deposited before, and a refund's check is the
    clinic's own.
    """
    taken = Payment.objects.filter(business_date=close.business_date, method=PaymentMethod.CHECK, reversal_of=None)
    kept = taken.exclude(kind=PaymentKind.REFUND).exclude(reversal__business_date=close.business_date)
    checks = list(kept.order_by("receipt_number"))
    total = close.counted_cash + sum((check.amount for check in checks), Decimal(0))
    context = {
        "clinic": current_clinic() or Clinic(),
        "day": formats.day(close.business_date),
        "closed": f"{formats.instant(close.created_at)} by {close.created_by.get_full_name()}",
        "cash": formats.money(close.counted_cash),
        "checks": [(c.receipt_number, c.reference, formats.money(c.amount)) for c in checks],
        "total": formats.money(total),
    }
    return render_pdf("billing/payments/deposit.html", context)
