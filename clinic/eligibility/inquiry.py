"""The 270: does this policy cover this person on this day, and what does an office visit cost them?"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from clinic.eligibility.x12 import COMPONENT, REPETITION, clean, identifier, write

VERSION = "005010X279A1"
#: Service types asked for: the plan as a whole, and an office visit.
SERVICE_TYPES = ("30", "98")
#: Administrative sex as DMG03 has it; others leave it out, as a payer can not match them.
_GENDERS = {"female": "F", "male": "M"}
#: INS02 of a dependent.
_RELATIONSHIPS = {"spouse": "01", "child": "19", "other": "34"}


@dataclass(frozen=True)
class Person:
    """A name, a birth date and a sex as the payer knows them."""

    family_name: str
    given_name: str
    middle_name: str = ""
    birth_date: date | None = None
    gender: str = ""


@dataclass(frozen=True)
class Inquiry:
    """One question. ``patient`` is None where the patient is the subscriber."""

    trace_number: str
    control_number: int
    asked_at: datetime
    sender_id: str
    payer_name: str
    payer_id: str
    provider_name: str
    provider_npi: str
    provider_tax_id: str
    member_id: str
    subscriber: Person
    service_date: date
    patient: Person | None = None
    relationship: str = ""


def write_270(asked: Inquiry) -> str:
    """The question as an interchange with one transaction."""
    body = [
        ["ST", "270", "0001", VERSION],
        ["BHT", "0022", "13", asked.trace_number, *_moment(asked.asked_at)],
        ["HL", "1", "", "20", "1"],
        ["NM1", "PR", "2", clean(asked.payer_name, 60), "", "", "", "", "PI", identifier(asked.payer_id, 80)],
        ["HL", "2", "1", "21", "1"],
        ["NM1", "1P", "2", clean(asked.provider_name, 60), "", "", "", "", "XX", asked.provider_npi],
        *_people(asked),
        ["DTP", "291", "D8", f"{asked.service_date:%Y%m%d}"],
        ["EQ", REPETITION.join(SERVICE_TYPES)],
    ]
    return write([*_opening(asked), *body, ["SE", str(len(body) + 1), "0001"], *_closing(asked)])


def _people(asked: Inquiry) -> list[list[str]]:
    """The subscriber, and below the subscriber the patient, where that is another person."""
    own = asked.patient is None
    trace = ["TRN", "1", asked.trace_number, f"9{identifier(asked.provider_tax_id, 9):0>9}"]
    subscriber = [
        ["HL", "3", "2", "22", "0" if own else "1"],
        *([trace] if own else []),
        [*_name("IL", asked.subscriber), "", "", "MI", identifier(asked.member_id, 80)],
        *_demographics(asked.subscriber),
    ]
    if asked.patient is None:
        return subscriber
    return [
        *subscriber,
        ["HL", "4", "3", "23", "0"],
        trace,
        _name("03", asked.patient),
        *_demographics(asked.patient),
        ["INS", "N", _RELATIONSHIPS.get(asked.relationship, "34")],
    ]


def _name(kind: str, person: Person) -> list[str]:
    parts = (clean(person.family_name, 60), clean(person.given_name, 35), clean(person.middle_name, 25))
    return ["NM1", kind, "1", *parts]


def _demographics(person: Person) -> list[list[str]]:
    if person.birth_date is None:
        return []
    return [["DMG", "D8", f"{person.birth_date:%Y%m%d}", _GENDERS.get(person.gender, "")]]


def _moment(moment: datetime) -> tuple[str, str]:
    return f"{moment:%Y%m%d}", f"{moment:%H%M}"


def _opening(asked: Inquiry) -> list[list[str]]:
    sender, receiver = identifier(asked.sender_id, 15), identifier(asked.payer_id, 15)
    control = f"{asked.control_number:09d}"
    day, hour = _moment(asked.asked_at)
    parties = ("ZZ", f"{sender:<15}", "ZZ", f"{receiver:<15}")
    return [
        [
            "ISA",
            "00",
            " " * 10,
            "00",
            " " * 10,
            *parties,
            day[2:],
            hour,
            REPETITION,
            "00501",
            control,
            "0",
            "P",
            COMPONENT,
        ],
        ["GS", "HS", sender, receiver, day, hour, "1", "X", VERSION],
    ]


def _closing(asked: Inquiry) -> list[list[str]]:
    return [["GE", "1", "1"], ["IEA", "1", f"{asked.control_number:09d}"]]
