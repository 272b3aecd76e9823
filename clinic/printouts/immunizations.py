"""The shot record: every dose of a patient, as schools, camps and other clinics ask for it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from clinic.choices import ImmunizationStatus
from clinic.models import Immunization, Patient
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.shared.dates import age_text
from emr.ui import formats


@dataclass(frozen=True)
class Dose:
    """One line: the vaccine, which dose of it, when and at what age, its lot, where it was put, who gave it."""

    vaccine: str
    number: int
    on: str
    age: str
    lot: str
    site: str
    by: str
    why: str = ""


def shot_record_pdf(patient: Patient, *, by: User, printed: datetime) -> bytes:
    """The record as a PDF: doses by vaccine and day, then what was not given and why. Errors are left out."""
    rows = (
        patient.immunizations.filter(entered_in_error_at=None)
        .select_related("performer")
        .order_by("display", "occurrence_date", "pk")
    )
    counted: Counter[str] = Counter()
    given, refused = [], []
    for row in rows:
        if row.status == ImmunizationStatus.COMPLETED:
            counted[row.code or row.display] += 1
            given.append(_dose(row, patient, counted[row.code or row.display]))
        else:
            refused.append(_dose(row, patient, 0))
    context = {
        "patient": patient,
        "given": given,
        "refused": refused,
        "printed_by": str(by),
        "printed_at": formats.instant(printed),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/immunizations/print.html", context)


def _dose(row: Immunization, patient: Patient, number: int) -> Dose:
    lot = " ".join(part for part in (row.lot_number, row.manufacturer_code) if part)
    told = row.get_information_source_display() or "Another place"
    why = ": ".join(part for part in (row.get_refusal_reason_display(), row.status_reason) if part)
    return Dose(
        vaccine=f"{row.display} (CVX {row.code})" if row.code else row.display,
        number=number,
        on=formats.day(row.occurrence_date),
        age=age_text(patient.birth_date, row.occurrence_date),
        lot=lot,
        site=", ".join(part for part in (row.site, row.route) if part),
        by=str(row.performer or "") if row.primary_source else told,
        why=why,
    )
