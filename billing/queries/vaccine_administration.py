"""How giving vaccines is counted: one first of a visit, each other as a further one, and each part of a combined one
where a child's family is counselled. Codes alone, without their licensed words.
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

_DATA = Path(__file__).resolve().parent.parent / "data"
#: Routes of HL7 table 0162 for which giving a vaccine has codes of its own, by the beginning of their words.
_BY_MOUTH_OR_NOSE = ("oral", "po", "by mouth", "nasal", "intranasal", "ns", "nose")


@dataclass(frozen=True)
class Administration:
    """A code for giving the first vaccine of a visit.

    ``further`` is for each one after it; without one each is charged as the first. ``component`` is for each disease
    beyond the first that a vaccine is against. From the birthday after ``until_age`` on, ``older`` is charged instead.
    """

    first: str
    further: str
    component: str
    until_age: int | None
    older: str
    older_by_mouth: str

    def at(self, age: int, route: str) -> str:
        """The code for somebody of this age."""
        if self.until_age is None or age <= self.until_age:
            return self.first
        return self.older_by_mouth if route.strip().lower().startswith(_BY_MOUTH_OR_NOSE) else self.older


@cache
def administrations() -> Mapping[str, Administration]:
    """The codes whose rules are known, by the code of the first (CPT, immunization administration)."""
    return {
        row["first"]: Administration(
            first=row["first"],
            further=row["further"],
            component=row["component"],
            until_age=int(row["until_age"]) if row["until_age"] else None,
            older=row["older"],
            older_by_mouth=row["older_by_mouth"],
        )
        for row in _rows("vaccine_administration.csv")
    }


@cache
def further_codes() -> frozenset[str]:
    """The codes that are counted in units, one for each vaccine after the first."""
    return frozenset(one.further for one in administrations().values() if one.further)


@cache
def component_codes() -> frozenset[str]:
    """The codes that are counted in units, one for each part of a vaccine after its first."""
    return frozenset(one.component for one in administrations().values() if one.component)


@cache
def components() -> Mapping[str, int]:
    """Against how many diseases a combined vaccine is, by its code (CVX)."""
    return {row["cvx"]: int(row["components"]) for row in _rows("vaccine_components.csv")}


def _rows(name: str) -> Iterable[dict[str, str]]:
    with (_DATA / name).open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))
