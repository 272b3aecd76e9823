"""People and places on a claim, as both drawings of it need them."""

from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum


class Gender(StrEnum):
    """FHIR administrative gender; the form prints male and female, and stays empty for the others."""

    MALE = "male"
    FEMALE = "female"
    OTHER = "other"
    UNKNOWN = "unknown"


class Relationship(StrEnum):
    """Box 6: what the patient is to the insured."""

    SELF = "self"
    SPOUSE = "spouse"
    CHILD = "child"
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonName:
    """A person's name in parts; credentials only for practitioners."""

    family: str = ""
    given: str = ""
    middle: str = ""
    suffix: str = ""
    credentials: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Address:
    """A postal address within the United States; ``line`` is the street."""

    line: str = ""
    city: str = ""
    state: str = ""
    postal_code: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """The patient (2, 3, 5) or the insured (4, 7, 11a)."""

    name: PersonName = field(default_factory=PersonName)
    birth_date: date | None = None
    gender: Gender = Gender.UNKNOWN
    address: Address = field(default_factory=Address)
    phone: str = ""
