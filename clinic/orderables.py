"""What is ordered most: a list of the house, by which words that somebody types get their code.

``data/orderables.csv`` has our own words; the codes are LOINC's (its licence: emr/codes/README.md). What isn't there is
ordered in plain words.
"""

from __future__ import annotations

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from emr.codes.coding import Coding
from emr.codes.systems import LOINC

_FILE = Path(__file__).parent / "data" / "orderables.csv"


@dataclass(frozen=True)
class Orderable:
    """One line of the list. ``instructions`` are what the patient is told to do before."""

    category: str
    code: str
    display: str
    instructions: str

    @property
    def coding(self) -> Coding:
        """As an order keeps it."""
        return Coding(LOINC if self.code else "", self.code, self.display)


@cache
def orderables() -> dict[str, Orderable]:
    """The list by its words in lower case, in its own order."""
    with _FILE.open(encoding="utf-8", newline="") as file:
        rows = [Orderable(**row) for row in csv.DictReader(file)]
    return {row.display.casefold(): row for row in rows}


def orderable(text: str) -> Orderable | None:
    """The line whose words or code were typed."""
    known = orderables()
    return known.get(text.casefold()) or next((row for row in known.values() if row.code and row.code == text), None)
