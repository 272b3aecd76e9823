"""Which line of a claim a payer's decision is about."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from uuid import UUID

from billing.x12.remittance_records import RemittanceLine


@dataclass(frozen=True, slots=True)
class OpenLine:
    """A service line of a claim that went out: what it said, and what its payer still owes of it, in cents.

    ``charge_item`` is the key of its charge, ``control_number`` what went out in REF*6R. ``paid``, ``contractual`` and
    ``patient`` are what its payer's decisions moved of it so far: only that can be reversed.
    """

    charge_item: UUID
    control_number: str
    code: str
    modifiers: tuple[str, ...]
    first_day: date
    charge: Decimal
    open: int
    paid: int = 0
    contractual: int = 0
    patient: int = 0

    @property
    def key(self) -> str:
        """The charge's key as text."""
        return str(self.charge_item)


Matches = list[tuple[RemittanceLine, OpenLine | None]]


def match_lines(said: Sequence[RemittanceLine], lines: Sequence[OpenLine]) -> Matches:
    """Each line of a decision with the claim's line, or None; no line of the claim answers two.

    By the line's control number first, since nothing else is certain; then by code, modifiers, day and charge; then
    without the modifiers, which some payers drop; then by the code that the payer says it was sent before it chose
    another. What several lines would fit is nobody's, unless those lines are alike in everything.
    """
    found: dict[int, OpenLine] = {}
    free = list(lines)
    for fits in (_by_control_number, _by_all, _without_modifiers, _by_submitted_code):
        for number, line in enumerate(said):
            if number not in found and (chosen := _only(fits, line, free)) is not None:
                found[number] = chosen
                free.remove(chosen)
    return [(line, found.get(number)) for number, line in enumerate(said)]


Fits = Callable[[RemittanceLine, OpenLine], bool]


def _only(fits: Fits, said: RemittanceLine, free: Sequence[OpenLine]) -> OpenLine | None:
    candidates = [line for line in free if fits(said, line)]
    alike = {(line.code, line.modifiers, line.first_day, line.charge) for line in candidates}
    return candidates[0] if len(alike) == 1 else None


def _by_control_number(said: RemittanceLine, line: OpenLine) -> bool:
    return bool(said.control_number) and said.control_number == line.control_number


def _by_all(said: RemittanceLine, line: OpenLine) -> bool:
    return _without_modifiers(said, line) and said.procedure.modifiers == line.modifiers


def _without_modifiers(said: RemittanceLine, line: OpenLine) -> bool:
    return said.procedure.code == line.code and _same_day_and_charge(said, line)


def _by_submitted_code(said: RemittanceLine, line: OpenLine) -> bool:
    return said.submitted is not None and said.submitted.code == line.code and _same_day_and_charge(said, line)


def _same_day_and_charge(said: RemittanceLine, line: OpenLine) -> bool:
    """A payer that tells no day of service is believed; a reversal tells the charge with the sign turned."""
    same_day = said.first_day is None or said.first_day == line.first_day
    return same_day and abs(said.charge) == line.charge
