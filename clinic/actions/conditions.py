"""The problem list."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.actions.lists import add_row, change_row, coded
from clinic.choices import ConditionCategory, ConditionClinicalStatus
from clinic.models import Condition, Encounter, Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.partial_dates import Precision, last_day

ACTIVE = ("active", "recurrence", "relapse")


@action
def add_problem(
    *, by: User, patient: Patient, coding: Coding, encounter: Encounter | None = None, **fields: Any
) -> Condition:
    """Put a problem on the list; ``fields`` are those of Condition (onset_date, verification_status, note).

    Raises DomainError when it stands there as active already.
    """
    row = Condition(
        patient=patient,
        encounter=encounter,
        recorded_date=clinic_today(),
        recorder=Practitioner.objects.filter(user=by).first(),
        **coded(coding),
        **fields,
    )
    return add_row(by=by, row=row, check=check)


@action
def change_problem(*, by: User, condition: Condition, coding: Coding, seen: str = "", **fields: Any) -> Condition:
    """Change a problem: what it is, since when, its state. Raises DomainError where that can't be."""
    return change_row(row=condition, values={**coded(coding), **fields}, seen=seen, check=check)


@action
def resolve_problem(
    *,
    by: User,
    condition: Condition,
    abatement_date: date | None = None,
    abatement_precision: str = Precision.DAY,
    seen: str = "",
) -> Condition:
    """Say that a problem is over. It stays on file as resolved."""
    condition.refresh_from_db(fields=["clinical_status"])
    if condition.clinical_status == ConditionClinicalStatus.RESOLVED:
        raise DomainError("The problem is resolved already.")
    values = {
        "clinical_status": ConditionClinicalStatus.RESOLVED,
        "abatement_date": abatement_date or clinic_today(),
        "abatement_precision": abatement_precision,
    }
    return change_row(row=condition, values=values, seen=seen, check=_check_end)


@action
def reactivate_problem(*, by: User, condition: Condition, seen: str = "") -> Condition:
    """Say that a problem has come back. Raises DomainError when it stands on the list as active already."""
    values = {
        "clinical_status": ConditionClinicalStatus.RECURRENCE,
        "abatement_date": None,
        "abatement_precision": Precision.DAY,
    }
    return change_row(row=condition, values=values, seen=seen, check=check)


def check(row: Condition) -> None:
    """Raise DomainError for a problem that can't be so, or that stands on the list in the same words."""
    active = row.clinical_status in ACTIVE
    if row.onset_date is not None and row.onset_date > clinic_today():
        raise DomainError("The problem can't begin in the future.", field="onset_date")
    if row.onset_date is not None and last_day(row.onset_date, row.onset_precision) < row.patient.birth_date:
        raise DomainError("The problem can't have begun before the patient was born.", field="onset_date")
    if row.abatement_date is not None and active:
        raise DomainError(
            "An active problem has no end. Clear the day, or choose another state.", field="abatement_date"
        )
    _check_end(row)
    if active and row.category == ConditionCategory.PROBLEM_LIST_ITEM and row.entered_in_error_at is None:
        same = row.patient.conditions.filter(
            category=row.category, clinical_status__in=ACTIVE, display__iexact=row.display, entered_in_error_at=None
        )
        if same.exclude(pk=row.pk).exists():
            raise DomainError(f"{row.display} is on the list already.", field="coding")


def _check_end(row: Condition) -> None:
    """What an end is asked for: a problem that was imported with a wrong beginning can be resolved all the same."""
    if row.abatement_date is not None and row.abatement_date > clinic_today():
        raise DomainError("The problem can't have ended in the future.", field="abatement_date")
    if row.abatement_date and row.onset_date and row.abatement_date < row.onset_date:
        raise DomainError("The problem can't end before it began.", field="abatement_date")
