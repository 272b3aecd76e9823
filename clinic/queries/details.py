"""The person behind the chart: everything the front desk keeps, in words, in four queries."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from clinic.choices import AddressUse, AdministrativeGender, ContactSystem, ContactUse, NameUse, language_name
from clinic.models import ContactPoint, Patient, PatientAddress, PatientName, RelatedPerson
from clinic.models.patients import ADDRESS_PARTS
from clinic.queries.addresses import holds, home_of
from clinic.queries.related_persons import Guarantor, guarantor_of
from emr.shared.dates import clinic_today
from emr.ui import formats

Pairs = tuple[tuple[str, str], ...]
_FIELDS = {"Home phone": "phone", "Mobile phone": "mobile", "Work phone": "work", "E-mail": "email"}


@dataclass(frozen=True)
class OtherRow:
    """A name or an address beside the present one, or someone of the patient's, in words."""

    id: UUID
    label: str
    text: str
    period: str = ""
    marks: tuple[str, ...] = ()


@dataclass(frozen=True)
class Details:
    """The details page: label and value by section, and what was before."""

    identity: Pairs
    background: Pairs
    contact: Pairs
    care: Pairs
    names: tuple[OtherRow, ...]
    addresses: tuple[OtherRow, ...]
    numbers: Pairs
    people: tuple[OtherRow, ...]
    former_people: tuple[OtherRow, ...]
    guarantor: Guarantor
    verified: str


def patient_details(patient: Patient) -> Details:
    """All demographics of a patient, present and previous.

    Four queries, three for PCP, pharmacy and verifier, and one or two for where the bills go.
    """
    addresses = list(patient.addresses.filter(entered_in_error_at=None).order_by("-period_start", "-created_at"))
    contacts = list(patient.telecom.filter(entered_in_error_at=None))
    names = list(patient.names.filter(entered_in_error_at=None).order_by("-period_end", "-created_at"))
    related = patient.related_persons.filter(entered_in_error_at=None)
    people = list(related.order_by("-emergency_contact", "created_at", "pk"))
    present = [row for row in people if row.period_end is None]
    homes = [row for row in addresses if _lives_there(row)]
    others = [row for row in addresses if row not in homes]
    former = [(f"Previous {_kind(row).lower()}", f"{_contact(row)}{_until(row)}") for row in contacts if row.period_end]
    return Details(
        identity=_identity(patient),
        background=_background(patient),
        contact=_reached(patient, homes, contacts),
        care=_care(patient),
        names=tuple(OtherRow(row.pk, _name_kind(row), str(row), period(row)) for row in names),
        addresses=tuple(_other_address(row) for row in others),
        numbers=tuple(former),
        people=tuple(_person(row) for row in present),
        former_people=tuple(_person(row) for row in people if row.period_end is not None),
        guarantor=guarantor_of(patient, present),
        verified=_verified(patient),
    )


def present_contacts(patient: Patient) -> tuple[dict[str, str], dict[str, str]]:
    """The present address by its parts, and home, mobile and e-mail by their field: what the form begins with."""
    address = home_of(patient)
    found: dict[str, str] = {}
    for row in patient.telecom.filter(period_end=None, entered_in_error_at=None):
        name = _FIELDS.get(_kind(row))
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
        ("Occupation", patient.occupation),
        ("Industry", patient.industry),
    )


def _care(patient: Patient) -> Pairs:
    pharmacy = patient.primary_pharmacy
    return (
        ("Primary care", str(patient.primary_care or "")),
        ("Pharmacy", ", ".join(filter(None, [pharmacy.name, pharmacy.line1, pharmacy.city])) if pharmacy else ""),
        *((("Pharmacy's telephone", formats.phone(pharmacy.phone)),) if pharmacy and pharmacy.phone else ()),
    )


def _verified(patient: Patient) -> str:
    if patient.demographics_verified_at is None:
        return ""
    return f"{formats.day(patient.demographics_verified_at)} by {patient.demographics_verified_by}"


def _reached(patient: Patient, homes: Sequence[PatientAddress], contacts: Sequence[ContactPoint]) -> Pairs:
    present = [(_kind(row), _contact(row)) for row in contacts if row.period_end is None]
    agreed = [
        word for word, is_so in (("e-mail", patient.email_reminders), ("text message", patient.sms_reminders)) if is_so
    ]
    return (
        *([("Home address", f"{_line(row)}{_until(row)}") for row in homes] or [("Home address", "")]),
        *(present or [("Telephone", "")]),
        ("Likes to be reached by", patient.get_contact_preference_display()),
        ("Reminders", f"Agreed to by {' and '.join(agreed)}" if agreed else "Not agreed to"),
    )


def _name_kind(row: PatientName) -> str:
    return str(row.get_use_display()) + ("" if row.use in {NameUse.ANONYMOUS, NameUse.NICKNAME} else " name")


def _other_address(row: PatientAddress) -> OtherRow:
    marks = ("In force today",) if row.period_end and holds(row, clinic_today()) else ()
    return OtherRow(row.pk, _address_kind(row), _line(row), period(row), marks)


def _lives_there(row: PatientAddress) -> bool:
    return row.use == AddressUse.HOME and (row.period_end is None or holds(row, clinic_today()))


def _address_kind(row: PatientAddress) -> str:
    """A home that stands among the others is a previous one."""
    kind = AddressUse.OLD if row.use == AddressUse.HOME else AddressUse(row.use)
    return f"{kind.label} address"


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


def period(row: Any) -> str:
    """``01-Jan-2020 to 31-Dec-2025``; an open side is left out in words, empty where neither is known."""
    start, end = formats.day(row.period_start), formats.day(row.period_end)
    return f"{start} to {end}" if start and end else f"since {start}" if start else f"until {end}" if end else ""


def _gender(code: str) -> str:
    return str(AdministrativeGender(code).label) if code else ""


def _displays(codings: Sequence[dict[str, str]]) -> str:
    return ", ".join(coding["display"] for coding in codings)


def _person(row: RelatedPerson) -> OtherRow:
    born = f"born {formats.day(row.birth_date)}" if row.birth_date else ""
    street = ", ".join(filter(None, [row.line1, row.line2]))
    place = f"{street}, {row.city}, {row.state} {row.postal_code}" if row.line1 else ""
    marks = (("Emergency contact", row.emergency_contact), ("Guarantor", row.guarantor))
    return OtherRow(
        row.pk,
        row.relationship,
        " · ".join(filter(None, [str(row), formats.phone(row.phone), row.email, place, born])),
        f"until {formats.day(row.period_end)}" if row.period_end else "",
        tuple(word for word, is_so in marks if is_so),
    )
