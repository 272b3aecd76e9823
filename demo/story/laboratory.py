"""Results: drawn around what is usual, moved by what ails the person, flagged as a laboratory flags them."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from random import Random
from typing import Any

from clinic.actions.results import Result
from clinic.choices import Interpretation
from demo.data import tables
from demo.story.people import Person
from emr.codes.coding import Coding
from emr.codes.systems import LOINC

_POTASSIUM = "2823-3"
#: Critical: somebody has to be called today.
_CRITICAL_POTASSIUM = Decimal("6.1")


def panel_coding(key: str) -> Coding:
    """What a panel's report is called."""
    panel = tables("panels")[key]
    return Coding(LOINC, panel["code"], panel["display"])


def panel_results(key: str, person: Person, day: date, today: date, *, alarming: bool = False) -> list[Result]:
    """The results of a panel on a day. ``alarming`` makes the potassium one that can't wait."""
    results = []
    for item in tables("panels")[key]["results"]:
        chance = Random(f"{item['code']} {person.key} {day}")  # noqa: S311  invented, not secret
        coding = Coding(LOINC, item["code"], item["display"])
        if "words" in item:
            results.append(_worded(item, coding, chance))
        else:
            value = _value(item, person, (today - day).days / 365, chance)
            if alarming and item["code"] == _POTASSIUM:
                value = _CRITICAL_POTASSIUM
            results.append(_measured(item, coding, value))
    return results


def a1c_words(person: Person, day: date, today: date) -> str:
    """The hemoglobin A1c of that day, for the text of a note."""
    return str(panel_results("a1c", person, day, today)[0].value)


def _value(item: dict[str, Any], person: Person, ago: float, chance: Random) -> Decimal:
    """Problems move a value; over the year treatment takes a fifth of that back."""
    shift = sum(item.get("shift", {}).get(problem, 0) for problem in person.problems)
    value = item["usual"] + shift * (0.8 + 0.2 * ago) + chance.gauss(0, item["spread"] / 2)
    return Decimal(str(max(value, 0.1))).quantize(Decimal(1).scaleb(-item["decimals"]))


def _measured(item: dict[str, Any], coding: Coding, value: Decimal) -> Result:
    bounds = {name: Decimal(item[name]) if name in item else None for name in ("low", "high")}
    return Result(
        coding=coding,
        value=value,
        unit=item["unit"],
        interpretation=_flag(item, value),
        low=bounds["low"],
        high=bounds["high"],
    )


def _flag(item: dict[str, Any], value: Decimal) -> str:
    for name, over, flag in (
        ("critical_low", False, Interpretation.CRITICAL_LOW),
        ("critical_high", True, Interpretation.CRITICAL_HIGH),
        ("low", False, Interpretation.LOW),
        ("high", True, Interpretation.HIGH),
    ):
        if name in item and (value > Decimal(item[name]) if over else value < Decimal(item[name])):
            return flag
    return Interpretation.NORMAL


def _worded(item: dict[str, Any], coding: Coding, chance: Random) -> Result:
    words = chance.choice(item["words"])
    normal = words == item["normal"]
    flag = Interpretation.NORMAL if normal else Interpretation.ABNORMAL
    return Result(coding=coding, words=words, interpretation=flag, range_text=item["normal"])
