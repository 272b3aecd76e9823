"""Allergies, and the explicit word that there are none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.db.models import QuerySet

from clinic.actions.errors import enter_in_error
from clinic.actions.lists import CHANGED, add_row, change_row, coded, stamp
from clinic.choices import AllergyClinicalStatus
from clinic.models import AllergyIntolerance, AllergyReaction, Encounter, Patient
from clinic.reactions import reaction
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.shared.partial_dates import last_day

NONE_KNOWN = "No known allergies"


@action
def add_allergy(
    *,
    by: User,
    patient: Patient,
    coding: Coding,
    encounter: Encounter | None = None,
    reactions: Sequence[str] = (),
    severity: str = "",
    **fields: Any,
) -> AllergyIntolerance:
    """Record an allergy with its past reactions; ``fields`` are those of AllergyIntolerance. "None known" ends with it.

    Raises DomainError when the substance stands among the active allergies already.
    """
    _lock(patient)
    _end_none_known(patient)
    row = AllergyIntolerance(
        patient=patient, encounter=encounter, recorded_date=clinic_today(), **coded(coding), **fields
    )
    allergy = add_row(by=by, row=row, check=check)
    _react(by, allergy, reactions, severity, occurrence=1)
    return allergy


@action
def change_allergy(
    *,
    by: User,
    allergy: AllergyIntolerance,
    seen: str = "",
    reactions: Sequence[str] = (),
    severity: str = "",
    **fields: Any,
) -> AllergyIntolerance:
    """Change what is known of an allergy, and add reactions of one more event. The substance stays what it is.

    Reactions count as a change of the allergy: the form sent twice is a conflict, not one more event.
    """
    if allergy.none_known:
        raise DomainError("There is nothing to change. Record the allergy instead.")
    row = change_row(row=allergy, values=fields, seen=seen, check=check)
    if reactions:
        last = row.reactions.order_by("-occurrence").first()
        _react(by, row, reactions, severity, occurrence=last.occurrence + 1 if last else 1)
        row.save(update_fields=["updated_at"])
    return row


@action
def strike_reaction(
    *, by: User, allergy: AllergyIntolerance, reaction: AllergyReaction, reason: str, seen: str = ""
) -> AllergyReaction:
    """Enter one reaction of an allergy in error, for a reason; the allergy and its other reactions stay.

    Raises DomainError without a reason and for a reaction of another allergy, Conflict where the allergy changed since
    ``seen``. Asked twice, the first answer stays.
    """
    _lock(allergy.patient)
    row = AllergyIntolerance.objects.select_for_update().get(pk=allergy.pk)
    if reaction.allergy_id != row.pk:
        raise DomainError("Choose a reaction of this allergy.", field="reaction")
    if seen and seen != stamp(row):
        raise Conflict(CHANGED)
    struck = enter_in_error(by=by, row=reaction, reason=reason)
    row.save(update_fields=["updated_at"])
    return struck


@action
def record_none_known(*, by: User, patient: Patient) -> AllergyIntolerance:
    """Record that somebody asked and the patient has no known allergy. Raises DomainError while one is on file."""
    _lock(patient)
    if _current(patient).filter(none_known=False).exists():
        raise DomainError("An allergy is on file. Mark it resolved or entered in error first.")
    _end_none_known(patient)
    return AllergyIntolerance.objects.create(
        created_by=by, patient=patient, display=NONE_KNOWN, none_known=True, recorded_date=clinic_today()
    )


@action
def resolve_allergy(*, by: User, allergy: AllergyIntolerance, seen: str = "") -> AllergyIntolerance:
    """Say that an allergy is no longer one. It stays on file as resolved."""
    values = {"clinical_status": AllergyClinicalStatus.RESOLVED}
    # Whatever else is wrong with it, what is no allergy any more stands against nothing.
    return change_row(row=allergy, values=values, seen=seen, check=lambda row: None)


def check(row: AllergyIntolerance) -> None:
    """Raise DomainError for an allergy that can't be so, or stands already, or beside the word that there is none."""
    known = row.onset_date
    if known is not None and (last_day(known, row.onset_precision) < row.patient.birth_date or known > clinic_today()):
        raise DomainError("It has been known since a day between the patient's birth and today.", field="onset_date")
    if row.entered_in_error_at is not None or row.clinical_status != AllergyClinicalStatus.ACTIVE:
        return
    others = _current(row.patient).exclude(pk=row.pk)
    if others.exclude(none_known=row.none_known).exists():
        raise DomainError("It contradicts what was recorded since. Record what is true now instead.")
    if row.code and others.filter(system=row.system, code=row.code).exists():
        raise DomainError(f"{row.display} is on the list already.", field="coding")


def _react(by: User, allergy: AllergyIntolerance, reactions: Sequence[str], severity: str, *, occurrence: int) -> None:
    for words in reactions:
        AllergyReaction.objects.create(
            created_by=by,
            patient=allergy.patient,
            allergy=allergy,
            occurrence=occurrence,
            severity=severity,
            **coded(reaction(words)),
        )


def _end_none_known(patient: Patient) -> None:
    for statement in _current(patient).filter(none_known=True):
        statement.clinical_status = AllergyClinicalStatus.INACTIVE
        statement.save(update_fields=["clinical_status", "updated_at"])


def _lock(patient: Patient) -> None:
    """One writer at a time for a patient's allergies, so that "none known" never stands beside one."""
    Patient.objects.select_for_update().get(pk=patient.pk)


def _current(patient: Patient) -> QuerySet[AllergyIntolerance]:
    return patient.allergies.filter(clinical_status=AllergyClinicalStatus.ACTIVE, entered_in_error_at=None)
