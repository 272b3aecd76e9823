"""The medication list: one store, whoever prescribed."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.actions.errors import refuse_errored
from clinic.actions.lists import add_row, change_row, coded
from clinic.actions.safety import NONE_GIVEN, Reasons, record_overrides, weigh
from clinic.choices import MedicationStatus
from clinic.models import Encounter, MedicationStatement, Patient
from clinic.queries.medications import GOING_ON
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError


@action
def add_medication(
    *,
    by: User,
    patient: Patient,
    coding: Coding,
    encounter: Encounter | None = None,
    reasons: Reasons = NONE_GIVEN,
    **fields: Any,
) -> MedicationStatement:
    """Put a drug on the list; ``fields`` are those of MedicationStatement (dose_quantity, route, frequency …).

    Raises DomainError when the same drug is on the list as active (a stopped one is no hindrance), and Unsafe where a
    safety check stops it and ``reasons`` don't say why it is taken all the same.
    """
    fields.setdefault("effective_start", clinic_today())
    prescriber = Practitioner.objects.filter(user=by).first()
    row = MedicationStatement(patient=patient, encounter=encounter, prescriber=prescriber, **coded(coding), **fields)
    safety = weigh(patient, coding, reasons)
    row = add_row(by=by, row=row, check=check)
    record_overrides(by=by, medication=row, check=safety, reasons=reasons, encounter=encounter)
    return row


@action
def change_medication(
    *, by: User, medication: MedicationStatement, seen: str = "", **fields: Any
) -> MedicationStatement:
    """Change how a drug is taken. Another drug is another row: its identity is never changed."""
    if medication.status not in GOING_ON:
        raise DomainError(f"The drug is {medication.get_status_display().lower()}: put it on the list anew.")
    return change_row(row=medication, values=fields, seen=seen, check=check)


@action
def stop_medication(
    *, by: User, medication: MedicationStatement, reason: str, on: date | None = None
) -> MedicationStatement:
    """Stop a drug, on a day, for a reason. It stays on file as stopped."""
    if not reason.strip():
        raise DomainError("Say why the drug is stopped.", field="reason")
    row = MedicationStatement.objects.select_for_update().get(pk=medication.pk)
    refuse_errored(row)
    if row.status not in GOING_ON:
        raise DomainError(f"The drug is {row.get_status_display().lower()} already.")
    day = on or clinic_today()
    if row.effective_start is not None and day < row.effective_start:
        raise DomainError("The drug can't be stopped before it was started.", field="on")
    row.status, row.status_reason, row.effective_end = MedicationStatus.STOPPED, reason.strip(), day
    row.save(update_fields=["status", "status_reason", "effective_end", "updated_at"])
    return row


def check(row: MedicationStatement) -> None:
    """Raise DomainError for a drug that can't be so, or that is on the list in the same words without a code."""
    if row.dose_quantity is not None and row.dose_quantity <= 0:
        raise DomainError("A dose is more than nothing.", field="dose_quantity")
    if row.effective_start is not None and row.effective_start < row.patient.birth_date:
        raise DomainError("The drug can't have been started before the patient was born.", field="effective_start")
    if row.status == MedicationStatus.ACTIVE and not row.code and row.entered_in_error_at is None:
        same = row.patient.medications.filter(code="", display__iexact=row.display, entered_in_error_at=None)
        if same.filter(status=MedicationStatus.ACTIVE).exclude(pk=row.pk).exists():
            raise DomainError(f"{row.display} is on the list already. Change or stop that one.", field="coding")
