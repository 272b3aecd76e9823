"""A prescription on paper: one drug a page, a line for the hand, and what the law asks of controlled drugs.

21 CFR 1306.05: names and addresses of patient and prescriber, the DEA number, the day of issue, a signature by hand.
"""

from __future__ import annotations

from decimal import Decimal

from clinic.models import MedicationRequest, PrescriptionPrint
from clinic.prescribing import in_words, last_day
from clinic.queries.addresses import permanent_of
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.shared.dates import age_text, clinic_today, clinic_zone
from emr.ui import formats


def prescription_pdf(row: MedicationRequest, printed: PrescriptionPrint, *, by: User) -> bytes:
    """The page. A copy says that it is one, how many there were before, and why it was printed."""
    patient, signed = row.patient, row.signed_at or row.created_at
    issued = signed.astimezone(clinic_zone()).date()
    context = {
        "rx": row,
        "patient": patient,
        "age": age_text(patient.birth_date, clinic_today()),
        "address": permanent_of(patient),
        "prescriber": row.prescriber,
        "issued": issued,
        "last_day": last_day(row.schedule, issued),
        "quantity_words": in_words(row.quantity),
        "refills_words": in_words(Decimal(row.refills)),
        "print": printed,
        "printed_by": str(by),
        "printed_at": formats.instant(printed.created_at),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/prescriptions/print.html", context)
