"""Race and ethnicity as US Core says them: the categories of the OMB, and the more detailed words under each.

``data/race_ethnicity.csv`` holds those that clinics are asked for most, of the CDC's code system (CDCREC 1.2, a work of
the United States government, in the public domain). Codes that another system sent stay on the patient as they are.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path

from clinic.choices import CDC_RACE_ETHNICITY, EthnicityCategory, RaceCategory

_FILE = Path(__file__).parent / "data" / "race_ethnicity.csv"
Category = type[RaceCategory] | type[EthnicityCategory]
Groups = list[tuple[str, list[tuple[str, str]]]]


@cache
def _detailed() -> list[dict[str, str]]:
    with _FILE.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def groups(category: Category) -> Groups:
    """The detailed words as choices, by the category under which they stand."""
    return [
        (str(kind.label), [(row["code"], row["display"]) for row in _detailed() if row["parent"] == kind.value])
        for kind in category
        if any(row["parent"] == kind.value for row in _detailed())
    ]


def codings(codes: Iterable[str], category: Category) -> list[dict[str, str]]:
    """The codes, of either kind, as FHIR codings. Raises KeyError for an unknown one."""
    words = {str(code): str(label) for code, label in category.choices}
    words |= {code: display for _, members in groups(category) for code, display in members}
    return [{"system": CDC_RACE_ETHNICITY, "code": code, "display": words[code]} for code in codes]


def split(said: Sequence[dict[str, str]], category: Category) -> tuple[list[str], list[str], list[dict[str, str]]]:
    """The codes of the categories, those in more detail, and the codings that no form knows."""
    detailed = {code for _, members in groups(category) for code, _ in members}
    top = [one["code"] for one in said if one.get("code") in category.values]
    more = [one["code"] for one in said if one.get("code") in detailed]
    return top, more, [one for one in said if one.get("code") not in {*top, *more}]
