"""A patient's account on paper."""

from __future__ import annotations

from django.utils import timezone

from billing.queries.account_history import account_history
from clinic.models import Patient
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats


def account_pdf(patient: Patient, *, by: User) -> bytes:
    """Each visit in a line and every movement, as they stand now."""
    context = {
        "clinic": current_clinic() or Clinic(),
        "patient": patient,
        "history": account_history(patient),
        "printed": f"Printed {formats.instant(timezone.now())} by {by}",
    }
    return render_pdf("billing/accounts/print.html", context)
