"""The problem list."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.actions.errors import refuse_errored
from clinic.actions.lists import add_row, change_row, coded
from clinic.choices import ConditionClinicalStatus
from clinic.models import Condition, Encounter, Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError

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
def resolve_problem(*, by: User, condition: Condition, abatement_date: date | None = None) -> Condition:
    """Say that a problem is over. It stays on file as resolved."""
    row = Condition.objects.select_for_update().get(pk=condition.pk)
    refuse_errored(row)
    if row.clinical_status == ConditionClinicalStatus.RESOLVED:
        raise DomainError("The problem is resolved already.")
    row.clinical_status, row.abatement_date = ConditionClinicalStatus.RESOLVED, abatement_date or clinic_today()
    check(row)
    row.save(update_fields=["clinical_status", "abatement_date", "updated_at"])
    return row


@action
def reactivate_problem(*, by: User, condition: Condition) -> Condition:
    """Say that a problem has come back. Raises DomainError when it stands on the list as active already."""
    values = {"clinical_status": ConditionClinicalStatus.RECURRENCE, "abatement_date": None}
    return change_row(row=condition, values=values, seen="", check=check)


def check(row: Condition) -> None:
    """Raise DomainError for a problem that can't be so, or that stands on the list in the same words without a code."""
    active = row.clinical_status in ACTIVE
    if row.onset_date is not None and row.onset_date < row.patient.birth_date:
        raise DomainError("The problem can't have begun before the patient was born.", field="onset_date")
    if row.abatement_date is not None and active:
        raise DomainError(
            "An active problem has no end. Clear the day, or choose another state.", field="abatement_date"
        )
    if row.abatement_date and row.onset_date and row.abatement_date < row.onset_date:
        raise DomainError("The problem can't end before it began.", field="abatement_date")
    if active and not row.code and row.entered_in_error_at is None:
        same = row.patient.conditions.filter(code="", display__iexact=row.display, entered_in_error_at=None)
        if same.filter(clinical_status__in=ACTIVE).exclude(pk=row.pk).exists():
            raise DomainError(f"{row.display} is on the list already.", field="coding")
