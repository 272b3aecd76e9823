"""Names and addresses beside the present ones: previous, maiden, alias; where the patient lived or lives for a time."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from clinic.choices import AddressUse, NameUse
from clinic.models import Patient, PatientAddress, PatientName
from clinic.models.patients import ADDRESS_PARTS
from emr.accounts.models import User
from emr.audit.action import action
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
    """Add a name that the patient had or goes by. Raises DomainError for one without a word, or a period backwards."""
    if not (family_name.strip() or given_name.strip()):
        raise DomainError("Enter the family name or the given name.", field="family_name")
    _check_period(period_start, period_end)
    return PatientName.objects.create(
        created_by=by,
        patient=patient,
        use=NameUse(use),
        family_name=family_name.strip(),
        given_name=given_name.strip(),
        middle_name=middle_name.strip(),
        suffix=suffix.strip(),
        period_start=period_start,
        period_end=period_end,
    )


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
    """Add an address beside the present home. Raises DomainError for a previous one without an end, for a second
    present one of a use, and for a period backwards.
    """
    kind = AddressUse(use)
    _check_period(period_start, period_end)
    if period_end is None:
        if kind in {AddressUse.OLD, AddressUse.HOME}:
            raise DomainError("Enter until when the patient lived there.", field="period_end")
        if patient.addresses.filter(use=kind, period_end=None, entered_in_error_at=None).exists():
            raise DomainError(f"There is a present {kind.label.lower()} address already.", field="use")
    parts = {name: address.get(name, "").strip() for name in ADDRESS_PARTS}
    return PatientAddress.objects.create(
        created_by=by, patient=patient, use=kind, period_start=period_start, period_end=period_end, **parts
    )


def _check_period(start: date | None, end: date | None) -> None:
    if start is not None and end is not None and end < start:
        raise DomainError("The end lies before the beginning.", field="period_end")
