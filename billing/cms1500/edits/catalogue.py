"""The rules that every claim is held to, as data (rules.toml): what each checks, in which boxes, why, and where a
claim that breaks it is mended.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from pathlib import Path
from types import MappingProxyType


class Severity(StrEnum):
    """What becomes of a claim that breaks a rule: it waits, or it may go out and the biller is told.

    ``NOTE`` is no fault of a claim: what nobody checks in this clinic, told where that is mended, and quietly here.
    """

    HOLD = "hold"
    WARNING = "warning"
    NOTE = "note"


class Where(StrEnum):
    """The page on which a fault is mended."""

    PATIENT = "patient"
    COVERAGE = "coverage"
    PAYER = "payer"
    CLINIC = "clinic"
    PRACTITIONER = "practitioner"
    VISIT = "visit"
    CHARGES = "charges"
    PARTICULARS = "particulars"
    AUTHORIZATION = "authorized"
    CLAIM = "claim"
    CODES = "codes"
    HOUSE = "house"

    @property
    def words(self) -> str:
        """The place as it stands at the end of a sentence."""
        return _PLACES[self]


_PLACES = {
    Where.PATIENT: "on the patient's page",
    Where.COVERAGE: "on the patient's insurance page",
    Where.PAYER: "on the payer's page",
    Where.CLINIC: "in the clinic's settings",
    Where.PRACTITIONER: "on the practitioner's page",
    Where.VISIT: "on the visit's page",
    Where.CHARGES: "in the visit's charges",
    Where.PARTICULARS: "in the visit's particulars for the claim",
    Where.AUTHORIZATION: "among the patient's authorizations",
    Where.CLAIM: "on the other claim's page",
    Where.CODES: "by loading the code list",
    Where.HOUSE: "by whoever looks after the program",
}


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule. ``id`` never changes; ``says`` is what must hold of a claim, ``source`` who demands it."""

    id: str
    boxes: tuple[str, ...]
    severity: Severity
    says: str
    source: str
    where: Where


@cache
def catalogue() -> Mapping[str, Rule]:
    """All rules by their id, in the order of the form."""
    text = (Path(__file__).parent / "rules.toml").read_text("utf-8")
    rules = (
        Rule(
            id=key,
            boxes=tuple(row["boxes"]),
            severity=Severity(row["severity"]),
            says=row["says"],
            source=row["source"],
            where=Where(row["where"]),
        )
        for key, row in tomllib.loads(text).items()
    )
    return MappingProxyType({rule.id: rule for rule in rules})
