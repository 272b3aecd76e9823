"""What a review of systems asks and a physical exam looks at: ``data/exam.toml``, read once."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from clinic.choices import SectionKind

_FILE = Path(__file__).parent / "data" / "exam.toml"
_TABLES = {SectionKind.REVIEW_OF_SYSTEMS: "review_of_systems", SectionKind.EXAM: "exam"}


@dataclass(frozen=True)
class System:
    """One body system: the sentence that one click writes, words that are often needed, at which ages it is looked at.

    ``ages`` are completed years, from the first to below the second.
    """

    item: str
    label: str
    normal: str
    picks: tuple[str, ...] = ()
    ages: tuple[int, int] | None = None

    def suits(self, age: int) -> bool:
        """Whether it is looked at in somebody of that age."""
        return self.ages is None or self.ages[0] <= age < self.ages[1]


@functools.cache
def systems(kind: str) -> Mapping[str, System]:
    """The body systems of a section by their names, in their order; none for a section that is plain text."""
    name = _TABLES.get(SectionKind(kind))
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))[name] if name else []
    found = [System(row["item"], row["label"], row["normal"], tuple(row["picks"]), _ages(row)) for row in rows]
    return {one.item: one for one in found}


def place_of(kind: str, item: str) -> int:
    """The place of a body system, from 1; one that is no longer in the file comes last."""
    order = list(systems(kind))
    return order.index(item) + 1 if item in order else len(order) + 1


def label_of(kind: str, item: str) -> str:
    """A body system in words."""
    found = systems(kind).get(item)
    return found.label if found else item.replace("-", " ").capitalize()


def normal_of(kind: str, item: str) -> str:
    """The sentence that says of a body system that nothing was found; empty for one that is not in the file."""
    found = systems(kind).get(item)
    return found.normal if found else ""


def _ages(row: dict[str, list[int]]) -> tuple[int, int] | None:
    return (row["ages"][0], row["ages"][1]) if "ages" in row else None
