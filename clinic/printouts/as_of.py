"""The chart as it was known at an instant, on paper."""

from __future__ import annotations

from datetime import datetime

from clinic.models import Patient
from clinic.queries.as_of import KnownChart
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats


def as_of_pdf(patient: Patient, known: KnownChart, *, by: User, printed: datetime) -> bytes:
    """The page as a PDF. Name, date of birth, MRN, and of when it speaks, stand on every page."""
    context = {
        "patient": patient,
        "known": known,
        "at": formats.instant(known.at),
        "printed_by": str(by),
        "printed_at": formats.instant(printed),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/history/as_of_print.html", context)
