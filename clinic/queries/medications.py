"""Medications as pages list them."""

from __future__ import annotations

from django.db.models import BooleanField, ExpressionWrapper, Q

from clinic.choices import MedicationStatus
from clinic.models import MedicationStatement, Patient
from clinic.queries.lists import LIMIT, SHOWN, ListRow, by_state, error_of, of_errors, people, state_of
from emr.ui import formats

_TAKEN_NOW = Q(entered_in_error_at=None, status__in=[MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD])
#: What is taken, or will be again.
GOING_ON = (MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD, MedicationStatus.INTENDED)
#: How a drug is taken, in parts: kept with the drug, not with each of its prescriptions.
HOW = ("dose_quantity", "dose_unit", "route", "frequency", "as_needed")
#: Units that are misread for others when written as they are coded: told in letters that can't be.
_SAFE_UNITS = {"ug": "mcg", "µg": "mcg", "μg": "mcg", "U": "units", "IU": "units", "[iU]": "units", "cc": "mL"}


def medication_rows(patient: Patient, *, standing: bool = False) -> list[ListRow]:
    """The medication list, what is taken now first, the others by the day on which they were started: one query."""
    rows = (
        patient.medications.alias(current=ExpressionWrapper(_TAKEN_NOW, output_field=BooleanField()))
        .only(
            *(*SHOWN, "reason", "status", "status_reason", "effective_start", "start_precision", "effective_end"),
            *("dose_quantity", "dose_unit", "route", "frequency", "as_needed", "dosage_text"),
            *people("prescriber"),
        )
        .select_related("prescriber")
        .order_by("-current", "-effective_start", "display")
    )
    return by_state(medication_row(row) for row in of_errors(rows, standing)[:LIMIT])


def going_on(patient: Patient) -> list[MedicationStatement]:
    """What is taken, or will be again, as it is gone through with the patient: one query."""
    return list(patient.medications.filter(status__in=GOING_ON, entered_in_error_at=None).order_by("display", "pk"))


def medication_row(row: MedicationStatement) -> ListRow:
    """A medication in words. Asks for the row's prescriber."""
    active = row.entered_in_error_at is None and row.status in {MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD}
    return ListRow(
        key=str(row.pk),
        cells=(
            row.display,
            directions(row),
            row.reason,
            formats.partial(row.effective_start, row.start_precision),
            formats.day(row.effective_end),
            str(row.prescriber or ""),
        ),
        state=state_of(row, row.get_status_display()),
        tone="accent" if row.status == MedicationStatus.ACTIVE and active else "neutral",
        active=active,
        errored=row.entered_in_error_at is not None,
        remark=error_of(row) or row.status_reason,
    )


#: Abbreviations of frequencies that are misread (ISMP, Joint Commission), and what they mean.
_FREQUENCIES = {
    "qd": "once a day",
    "qod": "every other day",
    "bid": "twice a day",
    "tid": "3 times a day",
    "qid": "4 times a day",
    "qhs": "at bedtime",
    "hs": "at bedtime",
    "qam": "every morning",
    "qpm": "every evening",
    "q4h": "every 4 hours",
    "q6h": "every 6 hours",
    "q8h": "every 8 hours",
    "q12h": "every 12 hours",
    "qwk": "once a week",
}


def in_words(frequency: str) -> str:
    """A frequency in words: ``BID`` and ``q.d.`` are written out, because they are misread; all else stays."""
    return _FREQUENCIES.get(frequency.replace(".", "").replace(" ", "").lower(), frequency)


def directions(row: MedicationStatement) -> str:
    """Dose, route and frequency in words: ``500 mg · by mouth · twice a day``."""
    dose = formats.dose(row.dose_quantity)
    if dose:
        unit = _SAFE_UNITS.get(row.dose_unit, row.dose_unit)
        dose = f"{dose} {unit}" if unit else f"dose {dose}"
    parts = [dose, row.route, in_words(row.frequency), "as needed" if row.as_needed else "", row.dosage_text]
    return " · ".join(part for part in parts if part)
