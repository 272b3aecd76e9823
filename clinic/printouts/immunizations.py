"""The shot record: every dose of a patient, as schools, camps and other clinics ask for it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from clinic.choices import ImmunizationStatus
from clinic.models import Immunization, Patient
from clinic.queries.immunizations import given_by
from emr.accounts.models import Clinic, User
from emr.codes.systems.cvx import vaccine_groups
from emr.pdf import render_pdf
from emr.shared.dates import age_text
from emr.shared.partial_dates import Precision
from emr.ui import formats


@dataclass(frozen=True)
class Dose:
    """One line: which dose against its disease, when and at what age, the vaccine, its lot, its site, by whom."""

    number: int
    on: str
    age: str
    vaccine: str
    lot: str
    site: str
    by: str
    why: str = ""


def shot_record_pdf(patient: Patient, *, by: User, printed: datetime) -> bytes:
    """The record as a PDF: doses by disease and day, then what was not given and why. Errors are left out."""
    rows = (
        patient.immunizations.filter(entered_in_error_at=None)
        .select_related("performer", "created_by")
        .order_by("occurrence_date", "display", "pk")
    )
    given = [row for row in rows if row.status == ImmunizationStatus.COMPLETED]
    context = {
        "patient": patient,
        "groups": by_disease(given, patient),
        "refused": [_dose(row, patient, 0) for row in rows if row.status != ImmunizationStatus.COMPLETED],
        "printed_by": str(by),
        "printed_at": formats.instant(printed),
        "clinic": Clinic.objects.first() or Clinic(),
    }
    return render_pdf("clinic/immunizations/print.html", context)


def by_disease(given: Iterable[Immunization], patient: Patient) -> list[tuple[str, list[Dose]]]:
    """The doses against each disease, counted whatever the product: a combination stands with each of its diseases.

    What the CDC puts in no group stands by its own name.
    """
    found: dict[str, list[Dose]] = {}
    for row in given:
        for group in vaccine_groups().get(row.code, (row.display,)):
            doses = found.setdefault(group, [])
            doses.append(_dose(row, patient, len(doses) + 1))
    return sorted(found.items(), key=lambda item: item[0].casefold())


def _dose(row: Immunization, patient: Patient, number: int) -> Dose:
    lot = " ".join(part for part in (row.lot_number, row.manufacturer_code) if part)
    told = row.get_information_source_display() or "Another place"
    why = ": ".join(part for part in (row.get_refusal_reason_display(), row.status_reason) if part)
    known = row.occurrence_precision == Precision.DAY
    return Dose(
        number=number,
        on=formats.partial(row.occurrence_date, row.occurrence_precision),
        age=age_text(patient.birth_date, row.occurrence_date) if known else "",
        vaccine=f"{row.display} (CVX {row.code})" if row.code else row.display,
        lot=lot,
        site=", ".join(part for part in (row.site, row.route) if part),
        by=given_by(row) if row.primary_source else told,
        why=why,
    )
