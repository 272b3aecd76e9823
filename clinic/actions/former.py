"""Names and addresses beside the present ones: previous, maiden, alias; where the patient lived or lives for a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django.db.models import Q

from clinic.choices import AddressUse, NameUse
from clinic.models import Patient, PatientAddress, PatientName
from clinic.models.patients import ADDRESS_PARTS
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError


@action
def add_name(
    *,
    by: User,
    patient: Patient,
    use: str,
    family_name: str = "",
    given_name: str = "",
    middle_name: str = "",
    suffix: str = "",
    period_start: date | None = None,
    period_end: date | None = None,
) -> PatientName:
    """Add a name that the patient had or goes by; the same one twice is one.

    Raises DomainError for one without a word, or a period backwards.
    """
    if not (family_name.strip() or given_name.strip()):
        raise DomainError("Enter the family name or the given name.", field="family_name")
    _check_period(period_start, period_end)
    Patient.objects.select_for_update().only("pk").get(pk=patient.pk)
    row, _created = PatientName.objects.get_or_create(
        defaults={"created_by": by},
        entered_in_error_at=None,
        patient=patient,
        use=NameUse(use),
        family_name=family_name.strip(),
        given_name=given_name.strip(),
        middle_name=middle_name.strip(),
        suffix=suffix.strip(),
        period_start=period_start,
        period_end=period_end,
    )
    return row


@action
def add_address(
    *,
    by: User,
    patient: Patient,
    use: str,
    address: Mapping[str, str],
    period_start: date | None = None,
    period_end: date | None = None,
) -> PatientAddress:
    """Add an address beside the present home: a former one, or one that holds for a time, which may still begin or end.

    The same one twice is one. Raises DomainError for a former home without an end or with one to come, for a second one
    of a use on the same days from today on, and for a period backwards.
    """
    kind = AddressUse(use)
    _check_period(period_start, period_end)
    today = clinic_today()
    Patient.objects.select_for_update().only("pk").get(pk=patient.pk)
    said: dict[str, Any] = {"use": kind, "period_start": period_start, "period_end": period_end}
    said |= {name: address.get(name, "").strip() for name in ADDRESS_PARTS}
    known = patient.addresses.filter(**said, entered_in_error_at=None).first()
    if known is not None:
        return known
    if kind in _LEFT:
        if period_end is None or period_end > today:
            raise DomainError("Enter until when the patient lived there.", field="period_end")
    elif period_end is None or period_end >= today:
        _refuse_second(patient, kind, period_start, period_end, today)
    return PatientAddress.objects.create(created_by=by, patient=patient, **said)


#: Where the patient lives no more. The present home is a matter of its own.
_LEFT = frozenset({AddressUse.OLD, AddressUse.HOME})


def _refuse_second(patient: Patient, kind: AddressUse, start: date | None, end: date | None, today: date) -> None:
    """One address of a use at a time, from today on; of the past two may be told."""
    same = patient.addresses.filter(use=kind, entered_in_error_at=None)
    others = same.filter(Q(period_end=None) | Q(period_end__gte=max(start or today, today)))
    if end is not None:
        others = others.filter(Q(period_start=None) | Q(period_start__lte=end))
    other = others.first()
    if other is not None:
        raise DomainError(
            f"There is a present {kind.label.lower()} address already, {other}. Mark it as wrong, or enter other days.",
            field="use",
        )


def _check_period(start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end < start:
        raise DomainError("The end lies before the beginning.", field="period_end")
