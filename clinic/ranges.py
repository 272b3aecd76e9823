"""Values and reference ranges as laboratories write them: ``<5``, ``3.5-5.1``, ``≤ 200``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal

from clinic.choices import Interpretation

_NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)"
_VALUE = re.compile(rf"(<=|>=|<|>|≤|≥)?\s*({_NUMBER})")
_BETWEEN = re.compile(rf"({_NUMBER})\s*(?:-|–|to|\.\.)\s*({_NUMBER})(\s.*)?")
_BOUND = re.compile(rf"(<=|>=|<|>|≤|≥|up to)\s*({_NUMBER})(\s.*)?", re.I)
#: After a range: another one, for whom or what the first isn't meant.
_ANOTHER = re.compile(
    rf"[,;:/<>≤≥]\s*{_NUMBER}|{_NUMBER}\s*(?:-|–|to)\s*{_NUMBER}|\b(?:fe)?males?\b|\b(?:wo)?men\b", re.I
)
#: More digits than anything measured has: what is longer is words.
_LONGEST = 20
_SIGNS = {"≤": "<=", "≥": ">="}


@dataclass(frozen=True)
class Typed:
    """A value: a number, with the sign of one that is only a bound; or words."""

    number: Decimal | None = None
    comparator: str = ""
    words: str = ""


@dataclass(frozen=True)
class Range:
    """A range by its bounds, both of which are still in it, and as it was written."""

    low: Decimal | None = None
    high: Decimal | None = None
    text: str = ""


def read_value(text: str) -> Typed:
    """A value as it was typed. What is no number, or more than one, is words."""
    text = text.strip()
    match = _VALUE.fullmatch(text)
    if match is None or len(match[2]) > _LONGEST:
        return Typed(words=text)
    return Typed(number=Decimal(match[2]), comparator=_SIGNS.get(match[1] or "", match[1] or ""))


def read_range(text: str) -> Range:
    """A range as it was written. What can't be read as numbers, or is one for each of several kinds of people, stays
    words alone."""
    text = text.strip()
    if any(len(number) > _LONGEST for number in re.findall(_NUMBER, text)):
        return Range(text=text)
    if (match := _BETWEEN.fullmatch(text)) and not _ANOTHER.search(match[3] or ""):
        low, high = Decimal(match[1]), Decimal(match[2])
        return Range(low, high, text) if low <= high else Range(text=text)
    if (match := _BOUND.fullmatch(text)) and not _ANOTHER.search(match[3] or ""):
        bound = Decimal(match[2])
        return Range(low=bound, text=text) if match[1] in {">", ">=", "≥"} else Range(high=bound, text=text)
    return Range(text=text)


def flag_of(value: Typed, within: Range) -> str:
    """High or low by the range, where value and range tell; empty where they don't.

    A bound tells only what it excludes: ``<5`` is below a range that begins at 5, and says nothing of one up to 10.
    """
    if value.number is None or (within.low is None and within.high is None):
        return ""
    at_most = value.comparator in {"<", "<="}
    at_least = value.comparator in {">", ">="}
    if within.low is not None and not at_least and _under(value, within.low):
        return Interpretation.LOW
    if within.high is not None and not at_most and _over(value, within.high):
        return Interpretation.HIGH
    if at_most or at_least:
        return ""
    return Interpretation.NORMAL if _exclusive(within, value.number) else ""


def _under(value: Typed, low: Decimal) -> bool:
    assert value.number is not None  # noqa: S101  asked by flag_of alone
    return value.number <= low if value.comparator == "<" else value.number < low


def _over(value: Typed, high: Decimal) -> bool:
    assert value.number is not None  # noqa: S101  asked by flag_of alone
    return value.number >= high if value.comparator == ">" else value.number > high


def _exclusive(within: Range, number: Decimal) -> bool:
    """Whether a number that lies on a bound is inside: ``<5`` as a range leaves 5 open, so that nothing is claimed."""
    opened = within.text[:1] in {"<", ">"} and within.text[1:2] != "="
    return not (opened and number in {within.low, within.high})
