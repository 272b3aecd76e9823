"""What was done to or for a patient."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.utils import timezone

from clinic.actions.lists import add_row, change_row, coded
from clinic.models import Encounter, Patient, Procedure
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_day
from emr.shared.errors import DomainError
from emr.shared.partial_dates import last_day


@action
def record_procedure(
    *,
    by: User,
    patient: Patient,
    coding: Coding,
    performed_start: datetime | None,
    encounter: Encounter | None = None,
    **fields: Any,
) -> Procedure:
    """Record a procedure that was done, here or elsewhere; ``fields`` are those of Procedure.

    Raises DomainError for one in the future, one that ends before it begins, and the same once more on one day.
    """
    row = Procedure(patient=patient, encounter=encounter, performed_start=performed_start, **coded(coding), **fields)
    return add_row(by=by, row=row, check=check, field="coding")


@action
def change_procedure(*, by: User, procedure: Procedure, coding: Coding, seen: str = "", **fields: Any) -> Procedure:
    """Mend what was written of a procedure."""
    return change_row(row=procedure, values={**coded(coding), **fields}, seen=seen, check=check)


def check(row: Procedure) -> None:
    """Raise DomainError, with the field to mend, for a procedure that can't be so."""
    start, end = row.performed_start, row.performed_end
    if start is not None and start > timezone.now():
        raise DomainError("A procedure can't have been done in the future.", field="performed_start")
    if start is not None and last_day(clinic_day(start), row.performed_precision) < row.patient.birth_date:
        raise DomainError("A procedure can't have been done before the patient was born.", field="performed_start")
    if end is not None and start is not None and end < start:
        raise DomainError("The procedure can't end before it begins.", field="performed_end")
    if row.entered_in_error_at is None:
        same = row.patient.procedures.filter(
            display__iexact=row.display, code=row.code, performed_start=start, entered_in_error_at=None
        )
        if same.exclude(pk=row.pk).exists():
            raise DomainError(f"{row.display} is recorded for that time already.", field="coding")
