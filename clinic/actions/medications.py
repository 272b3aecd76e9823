"""The medication list: one store, whoever prescribed."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.db import IntegrityError, transaction

from clinic.actions.errors import is_duplicate, refuse_errored
from clinic.choices import MedicationStatus
from clinic.models import Encounter, MedicationStatement, Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError


@action
def add_medication(
    *, by: User, patient: Patient, coding: Coding, encounter: Encounter | None = None, **fields: Any
) -> MedicationStatement:
    """Put a drug on the list; ``fields`` are those of MedicationStatement (dose_quantity, route, frequency …).

    Raises DomainError when the same drug is on the list as active. A stopped one is no hindrance.
    """
    fields.setdefault("effective_start", clinic_today())
    if not coding.code:
        _refuse_same_words(patient, coding)
    try:
        with transaction.atomic():
            return MedicationStatement.objects.create(
                created_by=by,
                patient=patient,
                encounter=encounter,
                system=coding.system,
                code=coding.code,
                display=coding.display,
                prescriber=Practitioner.objects.filter(user=by).first(),
                **fields,
            )
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise DomainError(
            f"{coding.display} is on the list already. Change or stop that one.", field="coding"
        ) from error


@action
def stop_medication(
    *, by: User, medication: MedicationStatement, reason: str, on: date | None = None
) -> MedicationStatement:
    """Stop a drug, on a day, for a reason. It stays on file as stopped."""
    if not reason.strip():
        raise DomainError("Say why the drug is stopped.", field="reason")
    row = MedicationStatement.objects.select_for_update().get(pk=medication.pk)
    refuse_errored(row)
    if row.status not in {MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD, MedicationStatus.INTENDED}:
        raise DomainError(f"The drug is {row.get_status_display().lower()} already.")
    day = on or clinic_today()
    if row.effective_start is not None and day < row.effective_start:
        raise DomainError("The drug can't be stopped before it was started.", field="on")
    row.status, row.status_reason, row.effective_end = MedicationStatus.STOPPED, reason.strip(), day
    row.save(update_fields=["status", "status_reason", "effective_end", "updated_at"])
    return row


def _refuse_same_words(patient: Patient, coding: Coding) -> None:
    """Without a code the words are the drug; the lock lets one writer at a time compare them."""
    Patient.objects.select_for_update().get(pk=patient.pk)
    same = patient.medications.filter(code="", display__iexact=coding.display, entered_in_error_at=None)
    if same.filter(status=MedicationStatus.ACTIVE).exists():
        raise DomainError(f"{coding.display} is on the list already. Change or stop that one.", field="coding")
