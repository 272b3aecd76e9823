"""Conversion of UCUM units for display. What was recorded keeps its own unit; see ``data/ucum_units.csv``."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from decimal import Decimal
from functools import cache

from emr.codes.systems.ucum import UNITS
from emr.shared.errors import DomainError


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit: one of it, less ``offset``, is ``factor / divisor`` of the quantity's base unit.

    The three are exact decimals; ``divisor`` is there because 5/9 has none.
    """

    code: str
    display: str
    quantity: str
    factor: Decimal
    divisor: Decimal
    offset: Decimal


@cache
def units() -> dict[str, Unit]:
    """The units by UCUM code."""
    with UNITS.open(encoding="utf-8", newline="") as file:
        return {row["code"]: _unit(row) for row in csv.DictReader(file)}


def _unit(row: dict[str, str]) -> Unit:
    numbers = (Decimal(row[column]) for column in ("factor", "divisor", "offset"))
    return Unit(row["code"], row["display"], row["quantity"], *numbers)


def unit(code: str) -> Unit:
    """The unit of a UCUM code (case matters). Raises :class:`DomainError` for one that the product doesn't use."""
    try:
        return units()[code]
    except KeyError:
        raise DomainError(f"“{code}” is not a unit that is used here.") from None


def convert(value: Decimal, code: str, to: str) -> Decimal:
    """``value`` of the unit ``code`` in the unit ``to``, unrounded (28 digits).

    Raises :class:`DomainError` for an unknown unit or for units of different quantities.
    """
    source, target = unit(code), unit(to)
    if source.quantity != target.quantity:
        raise DomainError(f"{source.display} can't be given in {target.display}.")
    if source == target:
        return value
    base_by = (value - source.offset) * source.factor * target.divisor
    return base_by / (source.divisor * target.factor) + target.offset
