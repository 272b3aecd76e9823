"""What the front desk prints of a patient: the face sheet, labels, a wristband."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from clinic.models import Patient
from clinic.printouts.barcodes import bars_url
from clinic.queries.coverages import coverage_rows
from clinic.queries.details import Pairs, patient_details
from clinic.queries.documents import photo_data_url
from clinic.queries.patients import age_words
from clinic.queries.related_persons import Guarantor
from emr.accounts.models import Clinic, User
from emr.pdf import render_pdf
from emr.ui import formats

#: Labels on one letter sheet of three by ten (1 by 2⅝ inches each).
SHEET = 30


class LabelStyle(StrEnum):
    """What labels are printed on."""

    SHEET = "sheet"
    SINGLE = "single"
    WRISTBAND = "wristband"


def face_sheet_pdf(patient: Patient, *, by: User, printed: datetime, insured: bool) -> bytes:
    """Identity, contacts, guarantor and, where ``insured`` (the reader may see it), insurance on paper."""
    details = patient_details(patient)
    context = {
        **_identity(patient),
        "details": details,
        "bills": _bills(details.guarantor),
        "coverages": [row for row in coverage_rows(patient) if row.current] if insured else None,
        "photo": photo_data_url(patient),
        "printed_by": str(by),
        "printed_at": formats.instant(printed),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/patients/face_sheet.html", context)


def labels_pdf(patient: Patient, *, style: LabelStyle, count: int = 1, skip: int = 0) -> bytes:
    """``count`` labels, or a wristband. On a sheet the first ``skip`` places, which are used, stay empty."""
    context = {
        **_identity(patient),
        "style": style.value,
        "count": count,
        "skip": skip,
        "clinic": Clinic.objects.first(),
    }
    return render_pdf("clinic/patients/labels_print.html", context)


def _bills(guarantor: Guarantor) -> Pairs:
    """To whom the bills go, and where."""
    return (
        ("Bills go to", "The patient" if guarantor.is_patient else f"{guarantor.name}, {guarantor.relationship}"),
        ("Billing address", ", ".join(guarantor.envelope[1:])),
        *((("Telephone", formats.phone(guarantor.phone)),) if not guarantor.is_patient else ()),
        *((("E-mail", guarantor.email),) if guarantor.email and not guarantor.is_patient else ()),
        *((("Born", formats.day(guarantor.birth_date)),) if guarantor.birth_date and not guarantor.is_patient else ()),
    )


def _identity(patient: Patient) -> dict[str, Any]:
    given = " ".join(filter(None, [patient.given_name, patient.middle_name, patient.suffix]))
    return {
        "patient": patient,
        "name": f"{patient.family_name.upper()}, {given}",
        "born": formats.day(patient.birth_date),
        "age": age_words(patient),
        "mrn": formats.mrn(patient.mrn),
        "bars": bars_url(patient.mrn),
    }
