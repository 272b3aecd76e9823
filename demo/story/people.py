"""The patients: invented people, their families and their insurance."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from random import Random
from typing import Any

from clinic.actions.coverages import add_coverage, replace_coverage
from clinic.actions.grants import grant_chart
from clinic.actions.patients import register_patient, update_patient
from clinic.actions.related_persons import add_related_person
from clinic.choices import CDC_RACE_ETHNICITY, EthnicityCategory, RaceCategory
from clinic.models import Patient
from demo.data import rows
from demo.story.calendar import Calendar
from demo.story.cast import DOCTORS, Cast
from emr.shared.dates import add_months

_ADULT = 18
_PAYERS = {row["key"]: row for row in rows("payers")}


@dataclass
class Person:
    """An invented person, and the patient that they become."""

    row: dict[str, str]
    birth_date: date
    doctor: str
    address: dict[str, str]
    phone: str
    registered_at: datetime
    problems: list[str] = field(default_factory=list)
    flags: frozenset[str] = frozenset()
    patient: Patient | None = None

    @property
    def key(self) -> str:
        """What chance is drawn by, so that one person's year doesn't depend on another's."""
        return f"{self.row['family_name']} {self.row['given_name']}"

    @property
    def chart(self) -> Patient:
        """The patient, once registered."""
        if self.patient is None:
            raise LookupError(f"{self.key} is not registered yet.")
        return self.patient

    def age(self, on: date) -> int:
        """Years of age."""
        return on.year - self.birth_date.year - ((on.month, on.day) < (self.birth_date.month, self.birth_date.day))


def invent(calendar: Calendar, seed: int, since: date, households: frozenset[str] | None) -> list[Person]:
    """The people of the sample clinic; of all households or of some."""
    chosen = [row for row in rows("people") if households is None or row["household"] in households]
    return [_invent(row, calendar, seed, since, number) for number, row in enumerate(chosen)]


def _invent(row: dict[str, str], calendar: Calendar, seed: int, since: date, number: int) -> Person:
    own = Random(f"{seed} {row['family_name']} {row['given_name']}")  # noqa: S311  invented, not secret
    home = Random(f"{seed} home {row['household']}")  # noqa: S311
    flags = frozenset(row["flags"].split())
    birth = _birth_date(row, calendar, Random(f"{seed} twins") if "twin" in flags else own)  # noqa: S311
    street = home.choice(rows("streets"))
    first_day = calendar.today - timedelta(days=2) if "new" in flags else since + timedelta(days=number % 20)
    first_day = max(first_day, birth + timedelta(days=9))
    return Person(
        row=row,
        birth_date=birth,
        doctor="okafor" if {"restricted", "showcase"} & flags else home.choice(DOCTORS),
        address={**street, "line1": f"{home.randint(2, 980)} {street['street']}"} if "no_address" not in flags else {},
        phone=f"217-555-01{number % 40 + 50:02d}",
        registered_at=calendar.instant(first_day, time(9, number % 50)),
        problems=[problem for problem in row["problems"].split(";") if problem],
        flags=flags,
    )


def _birth_date(row: dict[str, str], calendar: Calendar, chance: Random) -> date:
    """Somebody of the age that the data say, today."""
    age = row["age"]
    months = int(age[:-1]) if age.endswith("m") else 12 * int(age)
    slack = chance.randint(1, 25) if age.endswith("m") else chance.randint(8, 330)
    return add_months(calendar.today, -months) - timedelta(days=slack)


def register(cast: Cast, person: Person, people: Iterable[Person], since: date) -> None:
    """Register a person and whatever they are insured by."""
    row = person.row
    copied = ("middle_name", "preferred_name", "pronouns", "language")
    fields: dict[str, Any] = {name: row[name] for name in copied}
    person.patient = register_patient(
        by=cast.users["desk"],
        given_name=row["given_name"],
        family_name=row["family_name"],
        birth_date=person.birth_date,
        gender=row["sex"],
        interpreter_needed=row["interpreter"] == "yes",
        race=_codings(RaceCategory(row["race"])),
        ethnicity=_codings(EthnicityCategory(row["ethnicity"])),
        primary_care=cast.practitioners[person.doctor],
        restricted="restricted" in person.flags,
        address=person.address,
        mobile=person.phone,
        email=f"{row['given_name'].lower()}@home.example" if person.age(since) >= _ADULT else "",
        duplicate_reason="twins" if "twin" in person.flags else "",
        **fields,
    )
    family = [other for other in people if other.row["household"] == row["household"] and other is not person]
    _relate(cast, person, family, since)
    _insure(cast, person, family, since)
    if "restricted" in person.flags:
        reason = "Treats this member of staff."
        grant_chart(by=cast.users["privacy"], patient=person.chart, user=cast.users["okafor"], reason=reason)


def _codings(said: RaceCategory | EthnicityCategory) -> list[dict[str, str]]:
    return [{"system": CDC_RACE_ETHNICITY, "code": said.value, "display": str(said.label)}]


def _relate(cast: Cast, person: Person, family: list[Person], since: date) -> None:
    adult = next((other for other in family if other.age(since) >= _ADULT), None)
    if adult is None:
        return
    child = person.age(since) < _ADULT
    add_related_person(
        by=cast.users["desk"],
        patient=person.chart,
        family_name=adult.row["family_name"],
        given_name=adult.row["given_name"],
        relationship="Parent" if child else "Family",
        phone=adult.phone,
        emergency_contact=True,
        guarantor=child,
    )


def _insure(cast: Cast, person: Person, family: list[Person], since: date) -> None:
    # A family on one policy has one member number.
    holder = _holder(person, family) or person
    chance = Random(f"member {holder.key}")  # noqa: S311
    start = max(since.replace(month=1, day=1), person.birth_date)
    if person.row["payer"]:
        first = _policy(cast, person, person.row["payer"], chance, family)
        if person.row["family_name"] == "Kim":
            # Changed insurance in the middle of the year: the old policy stays on file with its end.
            old = _policy(cast, person, "rivervalley", chance, family)
            before = add_coverage(by=cast.users["desk"], patient=person.chart, period_start=start, **old)
            replace_coverage(by=cast.users["desk"], coverage=before, period_start=since + timedelta(days=120), **first)
        else:
            add_coverage(by=cast.users["desk"], patient=person.chart, period_start=start, **first)
    if person.row["second"]:
        other = _policy(cast, person, person.row["second"], chance, family)
        add_coverage(by=cast.users["desk"], patient=person.chart, order=2, period_start=start, **other)


def _policy(cast: Cast, person: Person, key: str, chance: Random, family: list[Person]) -> dict[str, Any]:
    """The arguments of a policy, without its period."""
    payer = _PAYERS[key]
    number = "".join(
        str(chance.randint(1, 9)) if mark == "#" else chance.choice("ACDEFGHJK") if mark == "@" else mark
        for mark in payer["id_pattern"]
    )
    group = payer["type"] == "group" and bool(payer["copay"])
    return {
        "payer": cast.payers[key],
        "subscriber_id": number,
        "plan_name": payer["plan_name"],
        "group_number": f"{chance.randint(10000, 99999)}" if group else "",
        "copay": Decimal(payer["copay"]) if payer["copay"] else None,
        "signature_on_file": "unsigned" not in person.flags,
        **_subscriber(person, family),
    }


def _subscriber(person: Person, family: list[Person]) -> dict[str, Any]:
    """Whose policy it is, if not the patient's own."""
    role = person.row["role"]
    if not role:
        return {}
    holder = _holder(person, family)
    if holder is None:
        # A parent who is no patient here, and of whom the front desk forgot to ask the rest.
        name = person.row["family_name"]
        return {"relationship": role, "subscriber_family_name": name, "subscriber_given_name": "Morgan"}
    return {
        "relationship": role,
        "subscriber_family_name": holder.row["family_name"],
        "subscriber_given_name": holder.row["given_name"],
        "subscriber_birth_date": holder.birth_date,
        "subscriber_gender": holder.row["sex"],
        "subscriber_line1": holder.address.get("line1", ""),
        "subscriber_city": holder.address.get("city", ""),
        "subscriber_state": holder.address.get("state", ""),
        "subscriber_postal_code": holder.address.get("postal_code", ""),
    }


def _holder(person: Person, family: list[Person]) -> Person | None:
    """The one of the family whose policy covers this person too."""
    if not person.row["role"]:
        return None
    return next((other for other in family if not other.row["role"] and other.row["payer"]), None)


def record_death(cast: Cast, person: Person, at: datetime) -> None:
    """The front desk learns of a death."""
    patient = Patient.objects.get(pk=person.chart.pk)
    person.patient = update_patient(
        by=cast.users["desk"], patient=patient, version_seen=patient.updated_at, deceased_at=at
    )
