"""The accounting of disclosures on paper (45 CFR 164.528)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from clinic.models import Disclosure, Patient
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats


def accounting_pdf(patient: Patient, rows: Sequence[Disclosure], *, by: User, printed: datetime) -> bytes:
    """The accounting as a PDF: date, recipient with address, what, and the purpose of each."""
    context = {
        "patient": patient,
        "rows": rows,
        "printed_by": str(by),
        "printed_at": formats.instant(printed),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/disclosures/print.html", context)
