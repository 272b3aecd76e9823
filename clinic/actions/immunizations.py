"""Vaccines given or refused."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from clinic.actions.lists import add_row, change_row, coded
from clinic.choices import ImmunizationStatus
from clinic.models import Encounter, Immunization, Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.partial_dates import Precision, last_day

_NDC = re.compile(r"(\d{4,5})-(\d{3,4})-(\d{1,2})|(\d{5})(\d{4})(\d{2})")


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
    performer: Practitioner | None = None,
    ndc: str = "",
    **fields: Any,
) -> Immunization:
    """Record a dose; ``fields`` are those of Immunization. Who gave it is who records it, unless ``performer`` says
    otherwise. Raises DomainError for a day in the future, an expired lot,
    a refusal without its reason, and the same vaccine once more on one day: that is a form sent twice.
    """
    given_here = primary_source and status == ImmunizationStatus.COMPLETED
    row = Immunization(
        patient=patient,
        encounter=encounter,
        occurrence_date=occurrence_date,
        status=status,
        primary_source=primary_source,
        ndc=normal_ndc(ndc),
        performer=(performer or Practitioner.objects.filter(user=by).first()) if given_here else None,
        **coded(coding),
        **fields,
    )
    return add_row(by=by, row=row, check=check)


@action
def change_immunization(
    *, by: User, immunization: Immunization, seen: str = "", ndc: str = "", **fields: Any
) -> Immunization:
    """Mend what was written of a dose. The vaccine stays what it is. Raises DomainError as the recording does."""
    return change_row(row=immunization, values={**fields, "ndc": normal_ndc(ndc)}, seen=seen, check=check)


def normal_ndc(text: str) -> str:
    """A National Drug Code in its eleven digits, 5-4-2. A label's ten digits (4-4-2, 5-3-2, 5-4-1) get their zero;
    without hyphens they can't be told apart. Raises DomainError for what is none; empty stays empty.
    """
    if not text.strip():
        return ""
    found = _NDC.fullmatch(text.strip())
    parts = [part for part in found.groups() if part] if found else []
    if sum(map(len, parts)) not in {10, 11}:
        raise DomainError("An NDC has ten digits with hyphens, or eleven.", field="ndc")
    return f"{parts[0]:0>5}-{parts[1]:0>4}-{parts[2]:0>2}"


def check(row: Immunization) -> None:
    """Raise DomainError, with the field to mend, for a dose that can't be so."""
    _check_days(row)
    not_given = row.status == ImmunizationStatus.NOT_DONE
    row.status_reason = row.status_reason.strip()
    if not_given and not (row.status_reason or row.refusal_reason):
        raise DomainError("Say why the vaccine was not given.", field="refusal_reason")
    if row.refusal_reason and not not_given:
        raise DomainError("A vaccine that was given was not refused.", field="refusal_reason")
    if row.information_source and row.primary_source:
        raise DomainError("A dose given here is known from giving it.", field="information_source")
    if row.entered_in_error_at is None:
        _refuse_second(row)


def _check_days(row: Immunization) -> None:
    day = row.occurrence_date
    if day > clinic_today():
        raise DomainError("A vaccine can't have been given in the future.", field="occurrence_date")
    if row.primary_source and row.occurrence_precision != Precision.DAY:
        raise DomainError("A dose given here has its day.", field="occurrence_date")
    if last_day(day, row.occurrence_precision) < row.patient.birth_date:
        raise DomainError("A vaccine can't have been given before the patient was born.", field="occurrence_date")
    given_here = row.primary_source and row.status == ImmunizationStatus.COMPLETED
    if given_here and row.expiration_date is not None and row.expiration_date < day:
        raise DomainError(
            f"Lot {row.lot_number or 'number missing'} expired on {row.expiration_date:%d-%b-%Y}. Take another one.",
            field="expiration_date",
        )
    if row.vis_given_on is not None and row.vis_edition is None:
        raise DomainError("Say which edition was given: its day stands at the foot of the sheet.", field="vis_edition")
    if row.vis_edition is not None and row.vis_edition > (row.vis_given_on or day):
        raise DomainError("The edition is younger than the day on which it was given.", field="vis_edition")


def _refuse_second(row: Immunization) -> None:
    same = row.patient.immunizations.filter(
        system=row.system,
        code=row.code,
        display=row.display,
        occurrence_date=row.occurrence_date,
        status=row.status,
        entered_in_error_at=None,
    )
    if same.exclude(pk=row.pk).exists():
        raise DomainError(f"{row.display} is recorded for that day already.", field="coding")
