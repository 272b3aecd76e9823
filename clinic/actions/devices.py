"""Implanted devices: their identifier read into its parts when it is entered."""

from __future__ import annotations

from datetime import date
from typing import Any

from clinic.actions.lists import add_row, change_row
from clinic.models import Device, Encounter, Patient
from clinic.models.devices import DeviceStatus
from clinic.udi import UDI, UnreadableUDI, parse_udi
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.partial_dates import last_day

#: What is read out of the identifier, and never typed.
PARTS = ("issuer", "device_identifier", "lot_number", "serial_number", "distinct_identifier")
_DAYS = ("manufacture_date", "expiration_date")


@action
def add_device(
    *, by: User, patient: Patient, display: str, udi: str = "", encounter: Encounter | None = None, **fields: Any
) -> Device:
    """Record an implant; ``fields`` are those of Device. Raises DomainError for an identifier that can't be read, and
    for the very device (its serial number says so) that is on the list already.
    """
    row = Device(patient=patient, encounter=encounter, display=display, **{**fields, **_parts(udi)})
    return add_row(by=by, row=row, check=check, field="udi")


@action
def change_device(*, by: User, device: Device, udi: str = "", seen: str = "", **fields: Any) -> Device:
    """Mend what was written of a device; another identifier is read anew."""
    parts = _parts(udi) if udi.strip() != device.udi else {}
    return change_row(row=device, values={**fields, **parts}, seen=seen, check=check, field="udi")


@action
def remove_device(*, by: User, device: Device, reason: str, on: date | None = None, seen: str = "") -> Device:
    """Say that a device was taken out, on a day, and why. It stays on file."""
    if not reason.strip():
        raise DomainError("Say why it was taken out.", field="reason")
    if device.status == DeviceStatus.INACTIVE:
        raise DomainError("The device was taken out already.")
    values = {"status": DeviceStatus.INACTIVE, "status_reason": reason.strip(), "removed_on": on or clinic_today()}
    return change_row(row=device, values=values, seen=seen, check=check, field="udi")


def read_udi(text: str) -> UDI:
    """The parts of an identifier. Raises DomainError with what is wrong with it."""
    try:
        return parse_udi(text)
    except UnreadableUDI as error:
        raise DomainError(str(error), field="udi") from error


def check(row: Device) -> None:
    """Raise DomainError, with the field to mend, for days that can't be, and for what stands there word for word."""
    today, implanted = clinic_today(), row.implanted_on
    if implanted is not None and (
        last_day(implanted, row.implanted_precision) < row.patient.birth_date or implanted > today
    ):
        raise DomainError("It was implanted between the patient's birth and today.", field="implanted_on")
    if row.removed_on is not None and row.removed_on > today:
        raise DomainError("It can't have been taken out in the future.", field="on")
    if row.removed_on is not None and implanted is not None and row.removed_on < implanted:
        raise DomainError("It can't have been taken out before it was implanted.", field="on")
    if implanted and row.expiration_date and row.expiration_date < implanted and row.entered_in_error_at is None:
        raise DomainError(
            f"It had expired on {row.expiration_date:%d-%b-%Y}. Check the day and the label.", field="implanted_on"
        )
    if row.entered_in_error_at is None and not row.serial_number:
        _refuse_same(row)


def _refuse_same(row: Device) -> None:
    """Two stents of one lot may be there: then something tells them apart. Word for word it is a form sent twice."""
    told = ("udi", "body_site", "implanted_on", "removed_on", "manufacturer", "model_number", "note")
    same = row.patient.devices.filter(
        entered_in_error_at=None, display__iexact=row.display, **{name: getattr(row, name) for name in told}
    )
    if same.exclude(pk=row.pk).exists():
        raise DomainError(
            f"{row.display} is on the list already. If it is another one, say where it is, or what tells them apart.",
            field="body_site",
        )


def _parts(udi: str) -> dict[str, Any]:
    """The columns that an identifier fills; without one they are empty."""
    if not udi.strip():
        return {"udi": "", **dict.fromkeys(PARTS, ""), **dict.fromkeys(_DAYS)}
    found = read_udi(udi)
    return {"udi": udi.strip(), **{name: getattr(found, name) for name in (*PARTS, *_DAYS)}}
