"""The problem list."""

from __future__ import annotations

from datetime import date

from django.db import IntegrityError, transaction

from clinic.actions.errors import is_duplicate, refuse_errored
from clinic.choices import ConditionClinicalStatus
from clinic.models import Condition, Encounter, Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError


@action
def add_problem(
    *,
    by: User,
    patient: Patient,
    coding: Coding,
    onset_date: date | None = None,
    encounter: Encounter | None = None,
    note: str = "",
) -> Condition:
    """Put a problem on the list. Raises DomainError when it stands there as active already."""
    if onset_date is not None and onset_date < patient.birth_date:
        raise DomainError("The problem can't have begun before the patient was born.", field="onset_date")
    if not coding.code:
        _refuse_same_words(patient, coding)
    try:
        with transaction.atomic():
            return Condition.objects.create(
                created_by=by,
                patient=patient,
                encounter=encounter,
                system=coding.system,
                code=coding.code,
                display=coding.display,
                onset_date=onset_date,
                recorded_date=clinic_today(),
                recorder=Practitioner.objects.filter(user=by).first(),
                note=note,
            )
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise DomainError(f"{coding.display} is on the problem list already.", field="coding") from error


@action
def resolve_problem(*, by: User, condition: Condition, abatement_date: date | None = None) -> Condition:
    """Say that a problem is over. It stays on file as resolved."""
    row = Condition.objects.select_for_update().get(pk=condition.pk)
    refuse_errored(row)
    if row.clinical_status == ConditionClinicalStatus.RESOLVED:
        raise DomainError("The problem is resolved already.")
    day = abatement_date or clinic_today()
    if row.onset_date is not None and day < row.onset_date:
        raise DomainError("The problem can't end before it began.", field="abatement_date")
    row.clinical_status, row.abatement_date = ConditionClinicalStatus.RESOLVED, day
    row.save(update_fields=["clinical_status", "abatement_date", "updated_at"])
    return row


def _refuse_same_words(patient: Patient, coding: Coding) -> None:
    """Without a code the words are the problem; the lock lets one writer at a time compare them."""
    Patient.objects.select_for_update().get(pk=patient.pk)
    same = patient.conditions.filter(code="", display__iexact=coding.display, entered_in_error_at=None)
    if same.filter(clinical_status__in=["active", "recurrence", "relapse"]).exists():
        raise DomainError(f"{coding.display} is on the problem list already.", field="coding")
