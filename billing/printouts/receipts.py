"""Receipts and deposit slips on paper."""

from __future__ import annotations

from decimal import Decimal

from billing.choices import PaymentKind, PaymentMethod
from billing.models import DayClose, Payment
from billing.queries.payments_day import payers_money
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic
from emr.pdf import render_pdf
from emr.ui import formats


def receipt_pdf(payment: Payment) -> bytes:
    """The receipt from its snapshot: the same bytes whenever it is printed."""
    return render_pdf("billing/payments/receipt.html", {"number": payment.receipt_number, **payment.snapshot})


def deposit_slip_pdf(close: DayClose) -> bytes:
    """What goes to the bank from a closed day: the cash as counted, and each check of patients and payers.

    One that was handed back on that day isn't; one that bounced was deposited before, and a refund's check is the
    clinic's own. What payers sent to the bank by themselves is told by its trace number, beside the deposit.
    """
    taken = Payment.objects.filter(business_date=close.business_date, method=PaymentMethod.CHECK, reversal_of=None)
    kept = taken.exclude(kind=PaymentKind.REFUND).exclude(reversal__business_date=close.business_date)
    checks = list(kept.order_by("receipt_number"))
    came = [one for one in payers_money(close.business_date) if one.amount > 0]
    theirs = [one for one in came if one.method is PaymentMethod.CHECK]
    of_checks = sum([check.amount for check in checks] + [one.amount for one in theirs], Decimal(0))
    sent = [one for one in came if one.method is not PaymentMethod.CHECK]
    context = {
        "clinic": current_clinic() or Clinic(),
        "day": formats.day(close.business_date),
        "closed": f"{formats.instant(close.created_at)} by {close.created_by.get_full_name()}",
        "cash": formats.money(close.counted_cash),
        "checks": [(c.receipt_number, c.reference, formats.money(c.amount)) for c in checks],
        "payers_checks": [(one.payer, one.trace, formats.money(one.amount)) for one in theirs],
        "count": len(checks) + len(theirs),
        "checks_total": formats.money(of_checks),
        "total": formats.money(close.counted_cash + of_checks),
        "sent": [(one.payer, one.trace, one.method.label, formats.money(one.amount)) for one in sent],
        "sent_total": formats.money(sum((one.amount for one in sent), Decimal(0))),
    }
    return render_pdf("billing/payments/deposit.html", context)
