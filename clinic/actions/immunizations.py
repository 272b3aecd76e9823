"""Vaccines given or refused."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.choices import ImmunizationStatus
from clinic.models import Encounter, Immunization, Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError


@action
def record_immunization(
    *,
    by: User,
    patient: Patient,
    coding: Coding,
    occurrence_date: date,
    encounter: Encounter | None = None,
    status: str = ImmunizationStatus.COMPLETED,
    primary_source: bool = True,
    lot_number: str = "",
    expiration_date: date | None = None,
    status_reason: str = "",
    **fields: Any,
) -> Immunization:
    """Record a dose. Raises DomainError for a day in the future, an expired lot, or a refusal without its reason,
    and the same vaccine once more on one day: that is a form sent twice.
    """
    if occurrence_date > clinic_today():
        raise DomainError("A vaccine can't have been given in the future.", field="occurrence_date")
    if status == ImmunizationStatus.NOT_DONE and not status_reason.strip():
        raise DomainError("Say why the vaccine was not given.", field="status_reason")
    given_here = primary_source and status == ImmunizationStatus.COMPLETED
    if given_here and expiration_date is not None and expiration_date < occurrence_date:
        raise DomainError(
            f"Lot {lot_number or 'number missing'} expired on {expiration_date:%d-%b-%Y}. Take another one.",
            field="expiration_date",
        )
    _refuse_second(patient, coding, occurrence_date, status)
    return Immunization.objects.create(
        created_by=by,
        patient=patient,
        encounter=encounter,
        system=coding.system,
        code=coding.code,
        display=coding.display,
        status=status,
        status_reason=status_reason.strip(),
        occurrence_date=occurrence_date,
        primary_source=primary_source,
        lot_number=lot_number,
        expiration_date=expiration_date,
        performer=Practitioner.objects.filter(user=by).first() if given_here else None,
        **fields,
    )


def _refuse_second(patient: Patient, coding: Coding, day: date, status: str) -> None:
    """The lock lets one writer at a time look whether the dose is there."""
    Patient.objects.select_for_update().get(pk=patient.pk)
    same = patient.immunizations.filter(
        system=coding.system, code=coding.code, display=coding.display, occurrence_date=day, status=status
    )
    if same.filter(entered_in_error_at=None).exists():
        raise DomainError(f"{coding.display} is recorded for that day already.", field="coding")
