"""The person behind the chart: everything the front desk keeps, in words, in four queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from clinic.choices import AddressUse, AdministrativeGender, ContactSystem, ContactUse, language_name
from clinic.models import ContactPoint, Patient, PatientAddress, RelatedPerson
from clinic.models.patients import ADDRESS_PARTS
from emr.ui import formats

Pairs = tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Details:
    """The details page: label and value by section, and what was before."""

    identity: Pairs
    background: Pairs
    contact: Pairs
    former: Pairs
    people: Pairs


def patient_details(patient: Patient) -> Details:
    """All demographics of a patient, present and previous."""
    addresses = list(patient.addresses.filter(entered_in_error_at=None).order_by("-period_start", "-created_at"))
    contacts = list(patient.telecom.filter(entered_in_error_at=None))
    names = list(patient.names.filter(entered_in_error_at=None).order_by("-created_at"))
    people = patient.related_persons.filter(entered_in_error_at=None).order_by("-emergency_contact", "created_at")
    previous = [
        *((f"{row.get_use_display()} name", f"{row}{_until(row)}") for row in names),
        *(("Previous address", f"{_line(row)}{_until(row)}") for row in addresses if row.period_end),
        *((f"Previous {_kind(row)}", f"{_contact(row)}{_until(row)}") for row in contacts if row.period_end),
    ]
    return Details(
        identity=_identity(patient),
        background=_background(patient),
        contact=_reached(addresses, contacts),
        former=tuple(previous),
        people=tuple((row.relationship, _person(row)) for row in people),
    )


def present_contacts(patient: Patient) -> tuple[dict[str, str], dict[str, str]]:
    """The present address by its parts, and home, mobile and e-mail by their field: what the form begins with."""
    address = patient.addresses.filter(use=AddressUse.HOME, period_end=None, entered_in_error_at=None).first()
    found: dict[str, str] = {}
    for row in patient.telecom.filter(period_end=None, entered_in_error_at=None):
        name = {"Home phone": "phone", "Mobile phone": "mobile", "E-mail": "email"}.get(_kind(row))
        if name:
            found.setdefault(name, _contact(row))
    return ({name: getattr(address, name) for name in ADDRESS_PARTS} if address else {}), found


def _identity(patient: Patient) -> Pairs:
    return (
        ("Legal name", patient.full_name),
        ("Goes by", patient.preferred_name),
        ("Pronouns", patient.pronouns),
        ("Date of birth", formats.day(patient.birth_date)),
        ("Sex", patient.get_gender_display()),
        ("Sex at birth", _gender(patient.birth_sex)),
        ("Gender identity", patient.gender_identity),
        ("Sexual orientation", patient.sexual_orientation),
        ("Medical record number", formats.mrn(patient.mrn)),
        *((("Died", formats.day(patient.deceased_at)),) if patient.deceased_at else ()),
    )


def _background(patient: Patient) -> Pairs:
    return (
        ("Preferred language", language_name(patient.language) if patient.language else ""),
        ("Interpreter", "Needed" if patient.interpreter_needed else "Not needed"),
        ("Race", _displays(patient.race)),
        ("Ethnicity", _displays(patient.ethnicity)),
        ("Tribal affiliation", patient.tribal_affiliation),
        ("Marital status", patient.marital_status),
    )


def _reached(addresses: Sequence[PatientAddress], contacts: Sequence[ContactPoint]) -> Pairs:
    present = [(_kind(row), _contact(row)) for row in contacts if row.period_end is None]
    homes = [(f"{row.get_use_display()} address", _line(row)) for row in addresses if row.period_end is None]
    return (*(homes or [("Home address", "")]), *(present or [("Telephone", "")]))


def _line(row: PatientAddress) -> str:
    street = ", ".join(filter(None, [row.line1, row.line2]))
    return f"{street}, {row.city}, {row.state} {row.postal_code}"


def _kind(row: ContactPoint) -> str:
    if row.system == ContactSystem.EMAIL:
        return "E-mail"
    if row.system == ContactSystem.PHONE:
        return {ContactUse.MOBILE: "Mobile phone", ContactUse.WORK: "Work phone"}.get(ContactUse(row.use), "Home phone")
    return row.get_system_display()


def _contact(row: ContactPoint) -> str:
    return row.value if row.system == ContactSystem.EMAIL else formats.phone(row.value)


def _until(row: Any) -> str:
    return f", until {formats.day(row.period_end)}" if row.period_end else ""


def _gender(code: str) -> str:
    return str(AdministrativeGender(code).label) if code else ""


def _displays(codings: Sequence[dict[str, str]]) -> str:
    return ", ".join(coding["display"] for coding in codings)


def _person(row: RelatedPerson) -> str:
    roles = (("emergency contact", row.emergency_contact), ("guarantor", row.guarantor))
    return ", ".join(filter(None, [str(row), formats.phone(row.phone), *(word for word, is_so in roles if is_so)]))
