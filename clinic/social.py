"""What is asked of how a patient lives: ``data/social.toml``, read once."""

from __future__ import annotations

import functools
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_FILE = Path(__file__).parent / "data" / "social.toml"


@dataclass(frozen=True)
class Question:
    """One question: its LOINC code, our words, the kind of observation that an answer becomes.

    ``answers`` are codes of ``system`` with our words; without them the answer is a number in ``unit`` (UCUM), or
    words. ``sexes`` limits who is asked, ``from_years`` and ``until_years`` the birthdays between which; empty is
    everybody. ``risk`` are answers that deserve a look.
    """

    name: str
    code: str
    label: str
    category: str
    system: str = ""
    unit: str = ""
    answers: Mapping[str, str] = field(default_factory=dict)
    sexes: tuple[str, ...] = ()
    from_years: int = 0
    until_years: int = 0
    risk: tuple[str, ...] = ()

    def asked_of(self, gender: str, months: float) -> bool:
        """Whether somebody of that sex and age in months is asked."""
        of_age = months >= 12 * self.from_years and (not self.until_years or months < 12 * self.until_years)
        return of_age and (not self.sexes or gender in self.sexes)


@functools.cache
def questions() -> Mapping[str, Question]:
    """All of them by their name, in the order of the form."""
    rows = tomllib.loads(_FILE.read_text(encoding="utf-8"))["question"]
    return {row["name"]: _question(row) for row in rows}


@functools.cache
def by_code() -> Mapping[str, Question]:
    """All of them by their LOINC code."""
    return {question.code: question for question in questions().values()}


def _question(row: dict[str, Any]) -> Question:
    lists = {name: tuple(row.get(name, ())) for name in ("sexes", "risk")}
    return Question(**{**row, **lists, "answers": dict(row.get("answers", ()))})
