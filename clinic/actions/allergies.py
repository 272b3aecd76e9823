"""Allergies, and the explicit word that there are none."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from clinic.actions.errors import is_duplicate, refuse_errored
from clinic.choices import AllergyClinicalStatus, AllergyType
from clinic.models import AllergyIntolerance, AllergyReaction, Patient
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError

NONE_KNOWN = "No known allergies"


@action
def add_allergy(
    *,
    by: User,
    patient: Patient,
    coding: Coding,
    reactions: Sequence[str] = (),
    severity: str = "",
    criticality: str = "",
    category: str = "",
    type: str = AllergyType.ALLERGY,  # noqa: A002  FHIR's element name
    onset_date: date | None = None,
    note: str = "",
) -> AllergyIntolerance:
    """Record an allergy with its past reactions. "None known" ends with it.

    Raises DomainError when the substance stands among the active allergies already.
    """
    _lock(patient)
    for statement in _current(patient).filter(none_known=True):
        statement.clinical_status = AllergyClinicalStatus.INACTIVE
        statement.save(update_fields=["clinical_status", "updated_at"])
    try:
        with transaction.atomic():
            allergy = AllergyIntolerance.objects.create(
                created_by=by,
                patient=patient,
                system=coding.system,
                code=coding.code,
                display=coding.display,
                type=type,
                category=category,
                criticality=criticality,
                onset_date=onset_date,
                recorded_date=clinic_today(),
                note=note,
            )
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise DomainError(f"{coding.display} is recorded as an allergy already.", field="coding") from error
    for words in reactions:
        AllergyReaction.objects.create(
            created_by=by, patient=patient, allergy=allergy, display=words, severity=severity
        )
    return allergy


@action
def record_none_known(*, by: User, patient: Patient) -> AllergyIntolerance:
    """Record that somebody asked and the patient has no known allergy. Raises DomainError while one is on file."""
    _lock(patient)
    current = _current(patient)
    if current.filter(none_known=False).exists():
        raise DomainError("An allergy is on file. Mark it resolved or entered in error first.")
    for statement in current:
        statement.clinical_status = AllergyClinicalStatus.INACTIVE
        statement.save(update_fields=["clinical_status", "updated_at"])
    return AllergyIntolerance.objects.create(
        created_by=by, patient=patient, display=NONE_KNOWN, none_known=True, recorded_date=clinic_today()
    )


@action
def resolve_allergy(*, by: User, allergy: AllergyIntolerance) -> AllergyIntolerance:
    """Say that an allergy is no longer one. It stays on file as resolved."""
    row = AllergyIntolerance.objects.select_for_update().get(pk=allergy.pk)
    refuse_errored(row)
    row.clinical_status = AllergyClinicalStatus.RESOLVED
    row.save(update_fields=["clinical_status", "updated_at"])
    return row


def _lock(patient: Patient) -> None:
    """One writer at a time for a patient's allergies, so that "none known" never stands beside one."""
    Patient.objects.select_for_update().get(pk=patient.pk)


def _current(patient: Patient) -> QuerySet[AllergyIntolerance]:
    return patient.allergies.filter(clinical_status=AllergyClinicalStatus.ACTIVE, entered_in_error_at=None)
