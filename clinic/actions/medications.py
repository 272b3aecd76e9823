"""The medication list: one store, whoever prescribed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db.models import Q

from clinic.actions.lists import add_row, change_row, coded
from clinic.actions.safety import NONE_GIVEN, Reasons, record_overrides, weigh
from clinic.choices import MedicationStatus
from clinic.models import Encounter, MedicationStatement, Patient
from clinic.queries.medications import GOING_ON
from clinic.queries.safety import unanswered
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.partial_dates import last_day

#: What is on the list, be it paused.
_TAKEN = (MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD)


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
    # Who writes down what a patient takes has not prescribed it, unless it is somebody who prescribes.
    prescriber = Practitioner.objects.filter(user=by).first() if by.has_perm(Permission.SIGN_ORDERS) else None
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
    *,
    by: User,
    medication: MedicationStatement,
    reason: str = "",
    on: date | None = None,
    completed: bool = False,
    seen: str = "",
) -> MedicationStatement:
    """End a drug on a day: ``completed`` as planned, else stopped for a reason. It stays on file."""
    if not completed and not reason.strip():
        raise DomainError("Say why the drug is stopped.", field="reason")
    medication.refresh_from_db(fields=["status", "entered_in_error_at"])
    if medication.entered_in_error_at is None and medication.status not in GOING_ON:
        raise DomainError(f"The drug is {medication.get_status_display().lower()} already.")
    values = {
        "status": MedicationStatus.COMPLETED if completed else MedicationStatus.STOPPED,
        "status_reason": reason.strip(),
        "effective_end": on or clinic_today(),
    }
    return change_row(row=medication, values=values, seen=seen, check=_check_end)


def check_again(row: MedicationStatement) -> None:
    """As :func:`check`; and a drug that was ended and comes back is checked for safety like one that is added."""
    check(row)
    now = MedicationStatement.objects.get(pk=row.pk)
    ended = now.status not in GOING_ON or now.entered_in_error_at is not None
    if ended and row.status in GOING_ON and row.entered_in_error_at is None and (left := unanswered(now)):
        raise DomainError(f"{left[0].message} Put the drug on the list anew, and say why.")


def check(row: MedicationStatement) -> None:
    """Raise DomainError for a drug that can't be so, or that is on the list already, be it paused.

    The same drug is the same code, or the same words whatever their code. One that a prescription only intends stands
    beside the one that it will replace.
    """
    if row.dose_quantity is not None and row.dose_quantity <= 0:
        raise DomainError("A dose is more than nothing.", field="dose_quantity")
    begun = row.effective_start
    if begun is not None and last_day(begun, row.start_precision) < row.patient.birth_date:
        raise DomainError("The drug can't have been started before the patient was born.", field="effective_start")
    _check_end(row)
    if row.status in _TAKEN and row.entered_in_error_at is None:
        alike = Q(display__iexact=row.display) | (Q(system=row.system, code=row.code) & ~Q(code=""))
        same = row.patient.medications.filter(alike, status__in=_TAKEN, entered_in_error_at=None)
        found = same.exclude(pk=row.pk).first()
        if found is not None:
            state = found.get_status_display().lower()
            raise DomainError(
                f"{row.display} is on the list already ({state}). Change or stop that one.", field="coding"
            )


def _check_end(row: MedicationStatement) -> None:
    """What an end is asked for: a drug that was imported with a wrong dose or beginning can be stopped all the same."""
    end = row.effective_end
    if end is not None and end > clinic_today():
        raise DomainError("The drug can't have been stopped in the future.", field="on")
    if end is not None and row.effective_start is not None and end < row.effective_start:
        raise DomainError("The drug can't be stopped before it was started.", field="on")
