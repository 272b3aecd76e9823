"""Words in double braces that a letter's template has for the chart to fill: ``{{ patient.name }}``."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_FILE = Path(__file__).parent / "data" / "letters.toml"
_FIELD = re.compile(r"\{\{\s*(.*?)\s*\}\}")
#: What stands for something that the chart doesn't know, or that only the writer knows. No letter and no note is signed
#: with it.
BLANK = "____"

#: Each word with what it becomes, as the page of templates tells it.
FIELDS: dict[str, str] = {
    "today": "Today's date",
    "patient.name": "The patient's name",
    "patient.birth_date": "Date of birth",
    "patient.age": "Age, with its unit",
    "patient.sex": "Sex",
    "patient.mrn": "Medical record number",
    "patient.address": "Address, in lines",
    "patient.phone": "Telephone",
    "visit.date": "Day of the last visit; a telephone call is none",
    "visit.reason": "Reason of the last visit",
    "visit.diagnoses": "Its diagnoses",
    "problems": "Active problems, a line each",
    "medications": "Medications taken, a line each",
    "allergies": "Allergies, or that none are known",
    "order.name": "What is ordered, where the letter is about an order",
    "order.reason": "Why it is ordered",
    "author.name": "Who writes the letter",
    "clinic.name": "The clinic",
    "clinic.address": "Its address",
    "clinic.phone": "Its telephone",
}


@dataclass(frozen=True)
class UsualLetter:
    """A letter that a clinic may begin with."""

    name: str
    kind: str
    subject: str
    body: str
    language: str = "en"


@cache
def usual_letters() -> tuple[UsualLetter, ...]:
    """Those that come with the program."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["letter"]
    return tuple(UsualLetter(**{**row, "body": row["body"].strip()}) for row in rows)


def unknown_fields(text: str) -> list[str]:
    """The words in braces that nothing fills."""
    return [name for name in _FIELD.findall(text) if name not in FIELDS]


def fill(text: str, values: Mapping[str, str]) -> str:
    """The text with its words filled; what is not known becomes a blank."""
    return _FIELD.sub(lambda found: values.get(found[1]) or BLANK, text)


def has_blanks(*texts: str) -> bool:
    """Whether something is still to be filled."""
    return any(BLANK in text or _FIELD.search(text) for text in texts)
