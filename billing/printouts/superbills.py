"""Superbills on paper: what a patient sends to an insurer, or keeps for the tax office."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import reduce
from operator import add

from billing.queries.homes import address_lines, tax_id_of
from billing.queries.superbills import Amounts, VisitBill
from clinic.models import Patient
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats
from scheduling.queries.checkout import visits_to_come


def superbill_pdf(patient: Patient, bills: Sequence[VisitBill], *, by: User, printed: datetime) -> bytes:
    """The superbill of some visits of one patient. Their sum stands at the end where there are several."""
    clinic = current_clinic() or Clinic()
    context = {
        "patient": patient,
        "address": address_lines(patient),
        "bills": bills,
        "sum": reduce(add, (bill.amounts for bill in bills), Amounts()),
        "clinic": clinic,
        "tax_id": tax_id_of(clinic),
        "next_visits": visits_to_come(patient)[:1],
        "printed_by": by.get_full_name(),
        "printed_at": formats.instant(printed),
    }
    return render_pdf("billing/superbills/print.html", context)
