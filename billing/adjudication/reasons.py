"""What an adjustment's group and reason mean for who owes the amount (reasons.toml)."""

from __future__ import annotations

import tomllib
from enum import StrEnum
from functools import cache
from pathlib import Path


class Meaning(StrEnum):
    """What becomes of an amount that the payer doesn't pay."""

    PATIENT = "patient"
    CONTRACTUAL = "contractual"
    #: Told again from a payer before, or no money of anybody's.
    NOTE = "note"
    #: Refused: it stays owed by the payer until a person decides.
    REFUSED = "refused"


#: CAS01. CR is the group of corrections in the guide before 5010.
GROUPS = frozenset({"CO", "PR", "OA", "PI", "CR"})


@cache
def _contractual() -> frozenset[str]:
    data = tomllib.loads((Path(__file__).parent / "reasons.toml").read_text("utf-8"))
    return frozenset(data["contractual"]["codes"])


def meaning(group: str, reason: str, *, order: int) -> Meaning:
    """What an amount under a group (CAS01) and a reason (CARC) means, from the patient's first, second or third payer.

    What isn't known to be agreed with the payer is refused, and so never written off by a machine.
    """
    if group == "PR":
        return Meaning.PATIENT
    if reason == "23" or (group == "OA" and order > 1):
        return Meaning.NOTE
    if group in ("CO", "CR") and reason in _contractual():
        return Meaning.CONTRACTUAL
    return Meaning.REFUSED
