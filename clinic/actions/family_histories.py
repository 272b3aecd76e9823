"""What ran in the family, and the explicit word that nothing did."""

from __future__ import annotations

from typing import Any

from clinic.actions.lists import add_row, change_row, coded
from clinic.models import Encounter, FamilyMemberHistory, Patient
from clinic.models.family_histories import FamilyRelationship
from emr.accounts.models import User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.errors import DomainError

NONE_KNOWN = "Nothing known in the family"


@action
def add_relative(
    *, by: User, patient: Patient, coding: Coding, encounter: Encounter | None = None, **fields: Any
) -> FamilyMemberHistory:
    """Record one condition of one relative; ``fields`` are those of FamilyMemberHistory.

    Raises DomainError for ages that can't be, and for the same of the same relative (one mother, several sisters).
    """
    row = FamilyMemberHistory(patient=patient, encounter=encounter, **coded(coding), **fields)
    return add_row(by=by, row=row, check=check)


@action
def change_relative(
    *, by: User, relative: FamilyMemberHistory, coding: Coding, seen: str = "", **fields: Any
) -> FamilyMemberHistory:
    """Mend what was written of a relative."""
    if relative.none_known:
        raise DomainError("There is nothing to change. Record what ran in the family instead.")
    return change_row(row=relative, values={**coded(coding), **fields}, seen=seen, check=check)


@action
def record_none_in_family(*, by: User, patient: Patient, encounter: Encounter | None = None) -> FamilyMemberHistory:
    """Record that somebody asked and nothing is known. Raises DomainError while a condition of a relative is on file,
    and when it was recorded already.
    """
    row = FamilyMemberHistory(patient=patient, encounter=encounter, none_known=True, display=NONE_KNOWN)
    return add_row(by=by, row=row, check=check)


def check(row: FamilyMemberHistory) -> None:
    """Raise DomainError, with the field to mend, for what can't be so beside what stands."""
    if row.entered_in_error_at is not None:
        return
    if row.death_age is not None and not row.deceased:
        raise DomainError("An age at death is of somebody who died.", field="death_age")
    if row.contributed_to_death and not row.deceased:
        raise DomainError("It was the cause of death of somebody who died.", field="contributed_to_death")
    if row.onset_age is not None and row.death_age is not None and row.onset_age > row.death_age:
        raise DomainError("It can't have begun after the death.", field="onset_age")
    others = row.patient.family_history.filter(entered_in_error_at=None).exclude(pk=row.pk)
    if row.none_known and others.filter(none_known=False).exists():
        raise DomainError("A relative's condition is on file. Mark it as entered in error first.")
    if not row.none_known:
        _refuse_same(row)


def _refuse_same(row: FamilyMemberHistory) -> None:
    """One has one mother; of sisters, aunts and others there may be several with the same."""
    one = {
        FamilyRelationship.MOTHER,
        FamilyRelationship.FATHER,
        FamilyRelationship.MATERNAL_GRANDMOTHER,
        FamilyRelationship.MATERNAL_GRANDFATHER,
        FamilyRelationship.PATERNAL_GRANDMOTHER,
        FamilyRelationship.PATERNAL_GRANDFATHER,
    }
    same = row.patient.family_history.filter(
        entered_in_error_at=None, relationship=row.relationship, display__iexact=row.display
    ).exclude(pk=row.pk)
    if row.relationship not in one:
        same = same.filter(onset_age=row.onset_age, death_age=row.death_age, note=row.note)
    if same.exists():
        raise DomainError(f"{row.display} of the {row.get_relationship_display().lower()} is on the list already.")
