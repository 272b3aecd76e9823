"""FHIR Patient with its names, addresses and telecom."""

from __future__ import annotations

import csv
from functools import cache
from pathlib import Path
from typing import Any

from django.utils import timezone

from clinic.actions.patients import next_mrn
from clinic.actions.telecom import normal_phone
from clinic.choices import AddressUse, AdministrativeGender, ContactSystem, ContactUse, NameUse
from clinic.models import ContactPoint, Patient, PatientAddress, PatientName
from emr.accounts.models import User
from emr.shared.errors import DomainError
from interop.fhir.elements import Refused, Resource, day, instant, optional_day
from interop.fhir.links import Links
from interop.fhir.mapped import Mapped

_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
_BIRTH_SEX = {"M": AdministrativeGender.MALE, "F": AdministrativeGender.FEMALE, "UNK": AdministrativeGender.UNKNOWN}


def map_patient(resource: Resource, links: Links, by: User) -> Mapped:
    """A person with all names, addresses and numbers. Refused without a name or a date of birth."""
    names = [name for name in resource.list("name") if isinstance(name, dict)]
    official = next((name for name in names if name.get("use") == "official"), names[0] if names else {})
    if not official.get("family") or not official.get("given"):
        raise Refused("it has no official name with a family and a given part")
    extensions = {item.get("url"): item for item in resource.list("extension") if isinstance(item, dict)}
    _note_extensions(resource, extensions)
    patient = Patient(
        created_by=by,
        mrn=next_mrn(),
        family_name=str(official["family"])[:80],
        given_name=str(official["given"][0])[:80],
        middle_name=" ".join(official["given"][1:])[:80],
        prefix=" ".join(official.get("prefix", []))[:20],
        suffix=" ".join(official.get("suffix", []))[:20],
        birth_date=_birth_date(resource),
        gender=_gender(resource),
        birth_sex=_BIRTH_SEX.get(extensions.get(f"{_US_CORE}birthsex", {}).get("valueCode", ""), ""),
        race=_categories(extensions.get(f"{_US_CORE}race", {})),
        ethnicity=_categories(extensions.get(f"{_US_CORE}ethnicity", {})),
        marital_status=str(resource.object("maritalStatus").get("text", ""))[:40],
        language=_language(resource),
        multiple_birth=resource.get("multipleBirthInteger"),
        active=resource.get("active") is not False,
        deceased_at=_deceased(resource),
    )
    resource.get("identifier")  # stands in the kept original: the clinic gives its own MRN
    parts = [
        *_other_names(by, patient, [name for name in names if name is not official]),
        *_addresses(resource, by, patient),
        *_telecom(resource, by, patient),
    ]
    return Mapped(patient, patient.pk, parts, "patient", parts_are_ours=True)


def _birth_date(resource: Resource) -> Any:
    born = day(resource.get("birthDate"), "birthDate")
    if born > timezone.localdate():
        raise Refused(f"birthDate “{born}” lies in the future")
    return born


def _gender(resource: Resource) -> str:
    sent = resource.get("gender")
    if sent in AdministrativeGender.values:
        return str(sent)
    if sent is not None:
        resource.remark(f"gender “{sent}” became “unknown”")
    return AdministrativeGender.UNKNOWN


def _deceased(resource: Resource) -> Any:
    if resource.get("deceasedDateTime"):
        return instant(resource.get("deceasedDateTime"), "deceasedDateTime")
    if resource.get("deceasedBoolean") is True:
        resource.remark("said to have died without a date: the day of the import stands for it")
        return timezone.now()
    return None


def _categories(extension: dict[str, Any]) -> list[dict[str, str]]:
    """US Core race or ethnicity: the OMB categories and detailed codes as they were said."""
    return [
        {key: str(item["valueCoding"].get(key, "")) for key in ("system", "code", "display")}
        for item in extension.get("extension", [])
        if isinstance(item.get("valueCoding"), dict)
    ]


def _note_extensions(resource: Resource, extensions: dict[Any, Any]) -> None:
    known = {f"{_US_CORE}{name}" for name in ("race", "ethnicity", "birthsex")}
    resource.read.discard("extension")
    if set(extensions) <= known:
        resource.read.add("extension")


def _language(resource: Resource) -> str:
    for item in resource.list("communication"):
        for said in item.get("language", {}).get("coding", []):
            if said.get("code"):
                return str(said["code"])[:20]
    return ""


def _other_names(by: User, patient: Patient, names: list[dict[str, Any]]) -> list[PatientName]:
    return [
        PatientName(
            created_by=by,
            patient=patient,
            use=name["use"] if name.get("use") in NameUse.values else NameUse.OLD,
            family_name=str(name.get("family", ""))[:80],
            given_name=" ".join(name.get("given", []))[:80],
            period_start=optional_day(name.get("period", {}).get("start"), "name.period.start"),
            period_end=optional_day(name.get("period", {}).get("end"), "name.period.end"),
        )
        for name in names
    ]


def _addresses(resource: Resource, by: User, patient: Patient) -> list[PatientAddress]:
    """Addresses; of two present ones of the same use the later counts as previous."""
    made, present = [], set()
    for item in resource.list("address"):
        use = item.get("use") if item.get("use") in AddressUse.values else AddressUse.HOME
        end = optional_day(item.get("period", {}).get("end"), "address.period.end")
        if end is None and use in present:
            use, end = AddressUse.OLD, timezone.localdate()
            resource.remark("a second present address of the same use became a previous one")
        if end is None:
            present.add(use)
        lines = [str(line) for line in item.get("line", [])]
        made.append(
            PatientAddress(
                created_by=by,
                patient=patient,
                use=use,
                line1=(lines[0] if lines else "")[:55],
                line2=", ".join(lines[1:])[:55],
                city=str(item.get("city", ""))[:30],
                state=_state(resource, str(item.get("state", ""))),
                postal_code=_zip(resource, str(item.get("postalCode") or "")),
                country=str(item.get("country", "US"))[:2],
                period_start=optional_day(item.get("period", {}).get("start"), "address.period.start"),
                period_end=end,
            )
        )
    return made


@cache
def _state_codes() -> dict[str, str]:
    path = Path(__file__).resolve().parent.parent.parent / "data" / "us_states.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return {row["name"].lower(): row["code"] for row in csv.DictReader(file)}


def _state(resource: Resource, said: str) -> str:
    if said.upper() in _state_codes().values() or not said:
        return said.upper()
    code = _state_codes().get(said.lower())
    if code is None:
        resource.remark(f"state “{said}” is no state of the United States and was left empty")
    return code or ""


def _zip(resource: Resource, said: str) -> str:
    digits = said.replace("-", "").strip()
    if digits.isdigit() and len(digits) in {5, 9}:
        return digits if len(digits) == 5 else f"{digits[:5]}-{digits[5:]}"
    resource.remark("an address without a whole ZIP code was kept without one")
    return ""


def _telecom(resource: Resource, by: User, patient: Patient) -> list[ContactPoint]:
    made = []
    for rank, item in enumerate(resource.list("telecom"), 1):
        system, value = item.get("system"), str(item.get("value", "")).strip()
        if system not in ContactSystem.values or not value:
            resource.remark("a contact of a kind that has no place here stands in the original only")
            continue
        made.append(
            ContactPoint(
                created_by=by,
                patient=patient,
                system=system,
                use=item["use"] if item.get("use") in ContactUse.values else ContactUse.HOME,
                value=_phone(value) if system == ContactSystem.PHONE else value[:254],
                rank=rank,
            )
        )
    return made


def _phone(value: str) -> str:
    """The number as the clinic writes numbers; one that is none here is kept as it was sent."""
    try:
        return normal_phone(value)
    except DomainError:
        return value[:254]
