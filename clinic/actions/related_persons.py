"""Next of kin, guardians, emergency contacts, guarantors: added, corrected, and ended when they are none any more."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from uuid import UUID

from clinic.actions.errors import refuse_changed, refuse_errored
from clinic.actions.telecom import normal_phone
from clinic.models import Patient, RelatedPerson
from clinic.models.patients import ADDRESS_PARTS
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError

_FIELDS = frozenset(
    {
        *("family_name", "given_name", "relationship", "birth_date", "gender", "phone", "email"),
        *("emergency_contact", "guarantor"),
    }
)


@action
def add_related_person(
    *,
    by: User,
    patient: Patient,
    family_name: str,
    relationship: str = "",
    address: Mapping[str, str] | None = None,
    **fields: Any,
) -> RelatedPerson:
    """Add someone of the patient's. ``address`` has the keys of ``ADDRESS_PARTS`` and is whole or empty.

    A guarantor takes the place of the one before. Added twice with the same particulars, a present one stands once.
    Raises DomainError for a telephone number that is none, and without a relationship.
    """
    values = _checked({**fields, "family_name": family_name, "relationship": relationship}, address)
    _lock_chart(patient.pk)
    present = RelatedPerson.objects.filter(patient=patient, period_end=None, entered_in_error_at=None)
    known = present.filter(**values).first()
    if known is not None:
        return known
    person = RelatedPerson(created_by=by, patient=patient, period_start=clinic_today(), **values)
    _take_place(person)
    person.save(force_insert=True)
    return person


@action
def update_related_person(
    *,
    by: User,
    person: RelatedPerson,
    version_seen: datetime,
    address: Mapping[str, str] | None = None,
    **fields: Any,
) -> RelatedPerson:
    """Correct someone's particulars; what is not given stays. Raises Conflict when somebody has saved in between."""
    values = _checked(fields, address)
    _lock_chart(person.patient_id)
    row = _locked(person)
    refuse_changed(row, version_seen)
    for name, value in values.items():
        setattr(row, name, value)
    _take_place(row)
    row.save(update_fields=[*values, "updated_at"])
    return row


@action
def end_related_person(*, by: User, person: RelatedPerson, on: date) -> RelatedPerson:
    """Say that somebody is no contact or guarantor of the patient after a day. Ended twice, the first day stays.

    Raises DomainError for a day in the future or before the beginning.
    """
    row = _locked(person)
    if row.period_end is not None:
        return row
    if on > clinic_today():
        raise DomainError("The last day can't lie in the future.", field="period_end")
    if row.period_start is not None and on < row.period_start:
        row.period_start = None  # Who was there before that was written down.
    row.period_end = on
    row.save(update_fields=["period_start", "period_end", "updated_at"])
    return row


def _lock_chart(patient_id: UUID) -> None:
    """Two guarantors named at the same moment: the second waits for the first and takes its place."""
    Patient.objects.select_for_update().only("pk").get(pk=patient_id)


def _locked(person: RelatedPerson) -> RelatedPerson:
    row = RelatedPerson.objects.select_for_update().get(pk=person.pk)
    refuse_errored(row)
    return row


def _checked(fields: Mapping[str, Any], address: Mapping[str, str] | None) -> dict[str, Any]:
    unknown = sorted(set(fields) - _FIELDS)
    if unknown:
        raise TypeError(f"A related person has no changeable field {', '.join(unknown)}.")
    values = dict(fields)
    if "relationship" in values and not values["relationship"].strip():
        raise DomainError("Say how this person is related to the patient.", field="relationship")
    if "phone" in values:
        values["phone"] = normal_phone(values["phone"])
    if address is not None:
        values |= {name: address.get(name, "").strip() for name in ADDRESS_PARTS}
    return values


def _take_place(person: RelatedPerson) -> None:
    """Bills go to one guarantor: before a new one is written down, whoever was it is it no more."""
    if not person.guarantor or person.period_end is not None:
        return
    others = RelatedPerson.objects.filter(patient_id=person.patient_id, guarantor=True, period_end=None)
    for other in others.filter(entered_in_error_at=None).exclude(pk=person.pk).select_for_update():
        other.guarantor = False
        other.save(update_fields=["guarantor", "updated_at"])
