"""The agreement about a plan to pay, on paper, for both sides to sign."""

from __future__ import annotations

from datetime import datetime

from billing.models import PaymentPlan
from billing.queries.homes import address_lines
from billing.queries.payment_plans import parts_of
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats


def agreement_pdf(plan: PaymentPlan, *, by: User, printed: datetime) -> bytes:
    """The plan as it was agreed, with every part and its day: what was paid since stands in the receipts."""
    context = {
        "plan": plan,
        "patient": plan.patient,
        "address": address_lines(plan.patient),
        "parts": parts_of(plan),
        "clinic": current_clinic() or Clinic(),
        "printed_by": by.get_full_name(),
        "printed_at": formats.instant(printed),
    }
    return render_pdf("billing/plans/agreement.html", context)
