"""FHIR Patient with its names, addresses and telecom."""

from __future__ import annotations

import csv
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from django.db.models import TextChoices
from django.utils import timezone

from clinic.actions.patients import next_mrn
from clinic.actions.telecom import normal_phone
from clinic.choices import AddressUse, AdministrativeGender, ContactSystem, ContactUse, NameUse
from clinic.models import ContactPoint, Patient, PatientAddress, PatientName
from emr.accounts.models import User
from emr.shared.errors import DomainError
from interop.fhir.elements import Refused, Resource, an_object, codes, day, instant, objects, shown, text, texts
from interop.fhir.links import Links
from interop.fhir.mapped import Mapped

#: What a rank's column holds at most.
_LAST_RANK = 32767

#: An instant in UTC may lie on the day before or after the one on the wall.
_ZONES = timedelta(days=1)

_US_CORE = "http://hl7.org/fhir/us/core/StructureDefinition/us-core-"
_BIRTH_SEX = {"M": AdministrativeGender.MALE, "F": AdministrativeGender.FEMALE, "UNK": AdministrativeGender.UNKNOWN}


def map_patient(resource: Resource, links: Links, by: User) -> Mapped:
    """A person with all names, addresses and numbers. Refused without a name or a date of birth."""
    names = resource.objects("name")
    official = next((name for name in names if name.get("use") == "official"), names[0] if names else {})
    family, given = text(official.get("family"), "name.family"), texts(official.get("given"), "name.given")
    if not family or not given or not given[0]:
        raise Refused("it has no official name with a family and a given part")
    extensions = {text(item.get("url"), "extension.url"): item for item in resource.objects("extension")}
    _note_extensions(resource, extensions)
    patient = Patient(
        created_by=by,
        mrn=next_mrn(),
        family_name=family,
        given_name=given[0],
        middle_name=" ".join(given[1:]),
        prefix=" ".join(texts(official.get("prefix"), "name.prefix")),
        suffix=" ".join(texts(official.get("suffix"), "name.suffix")),
        birth_date=_birth_date(resource),
        gender=_gender(resource),
        birth_sex=_BIRTH_SEX.get(
            text(extensions.get(f"{_US_CORE}birthsex", {}).get("valueCode"), "us-core-birthsex"), ""
        ),
        race=_categories(extensions.get(f"{_US_CORE}race", {})),
        ethnicity=_categories(extensions.get(f"{_US_CORE}ethnicity", {})),
        marital_status=text(resource.object("maritalStatus").get("text"), "maritalStatus.text"),
        language=_language(resource),
        multiple_birth=_multiple_birth(resource),
        active=resource.flag("active") is not False,
        deceased_at=_deceased(resource),
    )
    if patient.deceased_at is not None and patient.deceased_at.date() < patient.birth_date - _ZONES:
        raise Refused("it says that the patient died before being born")
    resource.get("identifier")  # stands in the kept original: the clinic gives its own MRN
    parts = [
        *_other_names(resource, by, patient, [name for name in names if name is not official]),
        *_addresses(resource, by, patient),
        *_telecom(resource, by, patient),
    ]
    return Mapped(patient, patient.pk, parts, "patient", parts_are_ours=True)


def _birth_date(resource: Resource) -> date:
    born = day(resource.get("birthDate"), "birthDate")
    if born > timezone.localdate():
        raise Refused(f"birthDate “{born}” lies in the future")
    return born


def _gender(resource: Resource) -> str:
    sent = resource.text("gender")
    if sent in AdministrativeGender.values:
        return sent
    if sent:
        resource.remark(f"gender “{shown(sent)}” became “unknown”")
    return AdministrativeGender.UNKNOWN


def _multiple_birth(resource: Resource) -> int | None:
    """The place among the siblings of one birth."""
    sent = resource.get("multipleBirthInteger")
    if sent is not None and (isinstance(sent, bool) or not isinstance(sent, int) or not 1 <= sent <= 20):
        raise Refused(f"multipleBirthInteger “{shown(sent)}” is no place in a multiple birth")
    return sent


def _deceased(resource: Resource) -> datetime | None:
    if resource.get("deceasedDateTime"):
        return instant(resource.get("deceasedDateTime"), "deceasedDateTime")
    if resource.flag("deceasedBoolean"):
        resource.remark("said to have died without a date: the day of the import stands for it")
        return timezone.now()
    return None


def _categories(extension: dict[str, Any]) -> list[dict[str, str]]:
    """US Core race or ethnicity: the OMB categories and detailed codes as they were said."""
    codings = [
        an_object(item["valueCoding"], "extension.valueCoding")
        for item in objects(extension.get("extension"), "extension.extension")
        if item.get("valueCoding") is not None
    ]
    parts = ("system", "code", "display")
    return [{part: text(said.get(part), f"extension.valueCoding.{part}") for part in parts} for said in codings]


def _note_extensions(resource: Resource, extensions: dict[str, Any]) -> None:
    known = {f"{_US_CORE}{name}" for name in ("race", "ethnicity", "birthsex")}
    resource.read.discard("extension")
    if set(extensions) <= known:
        resource.read.add("extension")


def _language(resource: Resource) -> str:
    concepts = [an_object(item.get("language"), "language") for item in resource.objects("communication")]
    return next(iter(codes(concepts, "communication.language")), "")


def _other_names(resource: Resource, by: User, patient: Patient, names: list[dict[str, Any]]) -> list[PatientName]:
    return [
        PatientName(
            created_by=by,
            patient=patient,
            use=_of(NameUse, name.get("use"), NameUse.OLD),
            family_name=text(name.get("family"), "name.family"),
            given_name=" ".join(texts(name.get("given"), "name.given")),
            period_start=_period(resource, name, "name", "start"),
            period_end=_period(resource, name, "name", "end"),
        )
        for name in names
    ]


def _period(resource: Resource, item: dict[str, Any], what: str, side: str) -> date | None:
    return resource.whole_day(an_object(item.get("period"), f"{what}.period").get(side), f"{what}.period.{side}")


def _addresses(resource: Resource, by: User, patient: Patient) -> list[PatientAddress]:
    """Addresses; of two present ones of the same use the later counts as previous."""
    made: list[PatientAddress] = []
    present: set[str] = set()
    for item in resource.objects("address"):
        use = _of(AddressUse, item.get("use"), AddressUse.HOME)
        end = _period(resource, item, "address", "end")
        if end is None and use in present:
            use, end = AddressUse.OLD, timezone.localdate()
            resource.remark("a second present address of the same use became a previous one")
        if end is None:
            present.add(use)
        lines = texts(item.get("line"), "address.line")
        start = _period(resource, item, "address", "start")
        made.append(
            PatientAddress(
                created_by=by,
                patient=patient,
                use=use,
                line1=lines[0] if lines else "",
                line2=", ".join(lines[1:]),
                city=text(item.get("city"), "address.city"),
                state=_state(resource, text(item.get("state"), "address.state")),
                postal_code=_zip(resource, text(item.get("postalCode"), "address.postalCode")),
                country=_country(resource, text(item.get("country"), "address.country")),
                period_start=start if start is None or end is None or start <= end else None,
                period_end=end,
            )
        )
    return made


def _of(choices: type[TextChoices], sent: Any, default: str) -> str:
    """The code that was sent if it is one of the choices, else the default."""
    return sent if isinstance(sent, str) and sent in choices.values else default


def _country(resource: Resource, said: str) -> str:
    if not said or said.upper() in {"US", "USA", "UNITED STATES", "UNITED STATES OF AMERICA"}:
        return "US"
    if len(said) != 2:
        resource.remark(f"country “{shown(said)}” is no code of two letters and was left empty")
        return ""
    return said.upper()


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
        resource.remark(f"state “{shown(said)}” is no state of the United States and was left empty")
    return code or ""


def _zip(resource: Resource, said: str) -> str:
    digits = said.replace("-", "").strip()
    if digits.isdigit() and len(digits) in {5, 9}:
        return digits if len(digits) == 5 else f"{digits[:5]}-{digits[5:]}"
    resource.remark("an address without a whole ZIP code was kept without one")
    return ""


def _telecom(resource: Resource, by: User, patient: Patient) -> list[ContactPoint]:
    made = []
    for rank, item in enumerate(resource.objects("telecom"), 1):
        system = text(item.get("system"), "telecom.system")
        value = text(item.get("value"), "telecom.value")
        if system not in ContactSystem.values or not value:
            resource.remark("a contact of a kind that has no place here stands in the original only")
            continue
        made.append(
            ContactPoint(
                created_by=by,
                patient=patient,
                system=system,
                use=_of(ContactUse, item.get("use"), ContactUse.HOME),
                value=_phone(value) if system == ContactSystem.PHONE else value,
                rank=min(rank, _LAST_RANK),
            )
        )
    return made


def _phone(value: str) -> str:
    """The number as the clinic writes numbers; one that is none here is kept as it was sent."""
    try:
        return normal_phone(value)
    except DomainError:
        return value
