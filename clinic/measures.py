"""What is typed for a measurement: digits, perhaps with the unit, perhaps in feet and inches or pounds and ounces.

The value stays exactly what was said: 5 ft 11 in is 71 inches and 12 lb 3 oz is 12.1875 pounds, not centimetres or
kilograms that look like it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from emr.codes.units import convert, unit
from emr.ui import formats

#: How units are written by hand, and their UCUM codes.
_WRITTEN = {
    "cm": "cm",
    "in": "[in_i]",
    "inch": "[in_i]",
    "inches": "[in_i]",
    '"': "[in_i]",
    "kg": "kg",
    "g": "g",
    "lb": "[lb_av]",
    "lbs": "[lb_av]",
    "pound": "[lb_av]",
    "pounds": "[lb_av]",
    "#": "[lb_av]",
    "c": "Cel",
    "°c": "Cel",
    "f": "[degF]",
    "°f": "[degF]",
    "%": "%",
}
_DIGITS = r"\d+(?:\.\d+)?"
_FEET = re.compile(rf"(\d+)\s*(?:'|ft|foot|feet)\s*(?:({_DIGITS})\s*(?:\"|in|inch|inches|'')?)?")
_POUNDS = re.compile(rf"(\d+)\s*(?:#|lbs?|pounds?)\s*({_DIGITS})\s*(?:oz|ounces?)")
_PLAIN = re.compile(rf"({_DIGITS})\s*(\D*)")
#: Typographic marks that a tablet's keyboard writes for feet and inches, and a decimal comma.
_SAME = str.maketrans(
    {"\u2032": "'", "\u2019": "'", "\u2018": "'", "\u2033": '"', "\u201d": '"', "\u201c": '"', ",": "."}
)


class UnreadableMeasure(ValueError):
    """The text is no measurement of this kind; the message says what is expected."""


@dataclass(frozen=True)
class Measure:
    """A value with its UCUM unit, exactly as said."""

    value: Decimal
    unit: str


def read_measure(text: str, *, units: tuple[str, ...], usual: str) -> Measure:
    """The measurement in one of ``units``; without a unit in the text it is ``usual``.

    Raises UnreadableMeasure for text, for a unit that isn't among them, and for twelve inches or sixteen ounces beside
    feet or pounds.
    """
    typed = text.strip().lower().translate(_SAME)
    if match := _FEET.fullmatch(typed):
        return _within(_compound(match, 12, "inches"), "[in_i]", units, text)
    if match := _POUNDS.fullmatch(typed):
        return _within(Decimal(match[1]) + _compound_part(match, 16, "ounces") / 16, "[lb_av]", units, text)
    match = _PLAIN.fullmatch(typed)
    if match is None:
        raise UnreadableMeasure(f"{text.strip()} is no number.")
    written = match[2].strip().rstrip(".")
    if written and written not in _WRITTEN:
        raise UnreadableMeasure(f"The unit {match[2].strip()} is not known here.")
    return _within(Decimal(match[1]), _WRITTEN[written] if written else usual, units, text)


def pounds_and_ounces(value: Decimal, code: str) -> str:
    """``12 lb 3 oz`` for 12.1875 pounds: what two decimals can't say. Empty for all else."""
    ounces = value % 1 * 16
    if code != "[lb_av]" or value == round(value, 2) or ounces * 10 % 1:
        return ""
    return f"{value // 1:f} lb {formats.number(ounces.normalize() + 0)} oz"


#: What a value is also shown in: by its unit the other one.
_OTHER = {
    "kg": "[lb_av]",
    "g": "[lb_av]",
    "[lb_av]": "kg",
    "cm": "[in_i]",
    "[in_i]": "cm",
    "Cel": "[degF]",
    "[degF]": "Cel",
}


def in_other_words(value: Decimal | None, code: str) -> str:
    """``154.3 lb`` for 70 kg, ``5 ft 9.7 in`` for 177 cm: for display alone. Empty for other units."""
    if value is None or code not in _OTHER:
        return ""
    other = round(convert(value, code, _OTHER[code]), 1)
    if _OTHER[code] == "[in_i]" and other >= 36:
        return f"{other // 12:f} ft {formats.number((other % 12).normalize() + 0)} in"
    return f"{formats.number(other.normalize() + 0)} {unit(_OTHER[code]).display}"


def _compound(match: re.Match[str], base: int, name: str) -> Decimal:
    return int(match[1]) * base + (_compound_part(match, base, name) if match[2] else Decimal(0))


def _compound_part(match: re.Match[str], base: int, name: str) -> Decimal:
    part = Decimal(match[2])
    if part >= base:
        raise UnreadableMeasure(f"{match[2]} {name} is more than fits: there are {base} to the next unit.")
    return part


def _within(value: Decimal, unit: str, units: tuple[str, ...], text: str) -> Measure:
    if unit not in units:
        raise UnreadableMeasure(f"{text.strip()} is not in a unit that is measured here.")
    return Measure(value, unit)
