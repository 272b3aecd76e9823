"""What allergies do, by name: ``data/reactions.csv``, SNOMED CT codes beside the words that people say."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from emr.codes.coding import Coding
from emr.codes.systems import SNOMED

_FILE = Path(__file__).parent / "data" / "reactions.csv"


def reaction(said: str) -> Coding:
    """A reaction as it was said, with its code where the words are known."""
    words = " ".join(said.split())
    code = _codes().get(words.casefold(), "")
    return Coding(SNOMED if code else "", code, words)


@cache
def _codes() -> Mapping[str, str]:
    with _FILE.open(encoding="utf-8", newline="") as lines:
        return {word: row["code"] for row in csv.DictReader(lines) for word in row["words"].split(";")}
