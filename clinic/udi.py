"""The unique device identifier on an implant's label, read into its parts (21 CFR 801.40, 830.20).

Three agencies issue them: GS1 (General Specifications, application identifiers), HIBCC (ANSI/HIBC 2.6) and ICCBBA
(ISBT 128 for devices that contain human cells or tissue). A label shows the code with brackets; a scanner sends it
without, GS1's variable parts ended by the group separator (ASCII 29).
"""

from __future__ import annotations

import calendar
import re
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

GS = "\x1d"


class UnreadableUDI(ValueError):
    """The text is no identifier of the three agencies, or is cut off or mistyped; the message says where."""


@dataclass(frozen=True)
class UDI:
    """The parts of an identifier (FHIR Device.udiCarrier and the production identifiers). Absent ones are empty."""

    issuer: str
    device_identifier: str
    lot_number: str = ""
    serial_number: str = ""
    distinct_identifier: str = ""
    manufacture_date: date | None = None
    expiration_date: date | None = None


def parse_udi(text: str) -> UDI:
    """The parts of the identifier. Spaces around it don't matter. Raises UnreadableUDI with a sentence for the user."""
    code = text.strip()
    if code.startswith("+"):
        return _hibcc(code)
    if code.startswith(("=/", "&/")):
        return _iccbba(code)
    if code.startswith(("(01)", "01", GS, "]d2", "]C1")):
        return _gs1(code)
    raise UnreadableUDI("This does not begin like a device identifier: (01), + or =/ is expected.")


def _with(found: UDI, part: str, value: Any) -> UDI:
    return replace(found, **{part: value})


# GS1: pairs of an application identifier and its value. The lengths of those with a fixed length.
_FIXED = {"01": 14, "11": 6, "12": 6, "13": 6, "15": 6, "16": 6, "17": 6, "20": 2}
_VARIABLE = {"10": "lot_number", "21": "serial_number"}
#: Others that stand on labels and say nothing about the very device: counts, the maker's own numbers.
_PASSED_OVER = ("22", "30", "37", *(str(one) for one in range(90, 100)), *("240", "241", "250", "251"))
_DATES = {"11": "manufacture_date", "17": "expiration_date"}
_LONGEST = 20


def _gs1(code: str) -> UDI:
    found = UDI("GS1", "")
    for identifier, value in _bracketed(code) if code.startswith("(") else _scanned(code):
        if identifier == "01":
            found = replace(found, device_identifier=_gtin(value))
        elif identifier in _DATES:
            found = _with(found, _DATES[identifier], _six_digits(value))
        elif identifier in _VARIABLE:
            found = _with(found, _VARIABLE[identifier], value)
    if not found.device_identifier:
        raise UnreadableUDI("The device identifier (01) is missing.")
    return found


def _bracketed(code: str) -> list[tuple[str, str]]:
    pairs = re.findall(r"\((\d{2,4})\)([^()]*)", code)
    if "".join(f"({identifier}){value}" for identifier, value in pairs) != code:
        raise UnreadableUDI("The brackets of this identifier don't fit. Copy it once more, from (01) on.")
    return [(identifier, value.strip()) for identifier, value in pairs]


def _scanned(code: str) -> list[tuple[str, str]]:
    rest = re.sub(r"^\][A-Za-z]\d", "", code).lstrip(GS)
    pairs = []
    while rest:
        identifier = next((one for one in _PASSED_OVER if rest.startswith(one)), rest[:2])
        rest = rest[len(identifier) :]
        if identifier in _FIXED:
            value, rest = rest[: _FIXED[identifier]], rest[_FIXED[identifier] :].removeprefix(GS)
        elif identifier in _VARIABLE:
            value, _, rest = rest.partition(GS)
            if len(value) > _LONGEST:
                raise UnreadableUDI("Parts of this identifier run together. Type it with its brackets.")
        elif identifier in _PASSED_OVER:
            value, _, rest = rest.partition(GS)
        else:
            raise UnreadableUDI(f"({identifier}) is no part of a device identifier that is known here.")
        pairs.append((identifier, value))
    return pairs


def _gtin(value: str) -> str:
    """The fourteen digits, if their check digit is right (GS1 General Specifications, 7.9)."""
    if not re.fullmatch(r"\d{14}", value):
        raise UnreadableUDI("After (01) there are fourteen digits.")
    total = sum(int(digit) * (3 if place % 2 == 0 else 1) for place, digit in enumerate(value[:13]))
    if (10 - total % 10) % 10 != int(value[13]):
        raise UnreadableUDI("The digits after (01) don't fit their check digit: one of them is mistyped.")
    return value


def _six_digits(value: str) -> date:
    """YYMMDD. Day 00 is the last of the month; the century is the one nearer to today's (GS1 7.12), 2000 to 2099."""
    if not re.fullmatch(r"\d{6}", value):
        raise UnreadableUDI("A date of this identifier is not six digits: year, month, day.")
    year, month, day = 2000 + int(value[:2]), int(value[2:4]), int(value[4:])
    if not 1 <= month <= 12:
        raise UnreadableUDI("A date of this identifier has no such month.")
    return _day(year, month, day or calendar.monthrange(year, month)[1])


def _day(year: int, month: int, day: int) -> date:
    try:
        return date(year, month, day)
    except ValueError:
        raise UnreadableUDI("A date of this identifier is not in the calendar.") from None


def _day_of_year(year: int, day: int) -> date:
    if not 1 <= day <= 366:
        raise UnreadableUDI("A date of this identifier is not in the calendar.")
    return date(year, 1, 1) + timedelta(days=day - 1)


# HIBCC: a primary part, then secondary parts after slashes. The last character checks the others; it is not held
# against a label, because the FDA's own published example fails it.
_PRIMARY = re.compile(r"\+([A-Z][A-Z0-9]{3}[A-Z0-9]{1,18}[0-9])")
#: The date that a digit announces after $$, and how many characters it has.
_ANNOUNCED = {"2": 6, "3": 6, "4": 8, "5": 5, "6": 7, "7": 0}


def _hibcc(code: str) -> UDI:
    primary, *parts = code[:-1].split("/")
    match = _PRIMARY.fullmatch(primary)
    if match is None:
        raise UnreadableUDI("The first part of this identifier is not a labeler and a product.")
    found = UDI("HIBCC", match[1])
    for part in parts:
        found = replace(found, **_secondary(part))
    return found


def _secondary(part: str) -> dict[str, Any]:
    if part.startswith("$$"):
        return _dated(part[2:])
    if part.startswith("$"):
        return _lot_or_serial(part[1:])
    if part.startswith("S"):
        return {"serial_number": part[1:]}
    if part.startswith(("16D", "14D")):
        named = "manufacture_date" if part.startswith("16D") else "expiration_date"
        digits = part[3:]
        if not re.fullmatch(r"\d{8}", digits):
            raise UnreadableUDI("A date of this identifier is not eight digits.")
        return {named: _day(int(digits[:4]), int(digits[4:6]), int(digits[6:]))}
    if re.match(r"\d{5}", part):
        return {"expiration_date": _day_of_year(2000 + int(part[:2]), int(part[2:5])), "lot_number": part[5:]}
    return {}


def _lot_or_serial(text: str) -> dict[str, Any]:
    return {"serial_number": text[1:]} if text.startswith("+") else {"lot_number": text}


def _dated(text: str) -> dict[str, Any]:
    """What follows $$: perhaps + (a serial number) and a quantity, a date after its digit, then lot or serial no."""
    serial, text = text.startswith("+"), text.removeprefix("+")
    if text[:1] in {"8", "9"}:
        text = text[3:] if text[0] == "8" else text[6:]
    day: date | None
    if text[:1] in _ANNOUNCED:
        length = _ANNOUNCED[text[0]]
        day, rest = _announced(text[0], text[1 : 1 + length]), text[1 + length :]
    else:
        day, rest = _month(text[:4]), text[4:]
    return {"expiration_date": day, "serial_number" if serial else "lot_number": rest}


def _announced(kind: str, digits: str) -> date | None:
    if not re.fullmatch(r"\d*", digits) or len(digits) != _ANNOUNCED[kind]:
        raise UnreadableUDI("A date of this identifier is cut off.")
    if kind == "2":
        return _day(2000 + int(digits[4:6]), int(digits[:2]), int(digits[2:4]))
    if kind in {"3", "4"}:
        return _day(2000 + int(digits[:2]), int(digits[2:4]), int(digits[4:6]))
    if kind in {"5", "6"}:
        return _day_of_year(2000 + int(digits[:2]), int(digits[2:5]))
    return None


def _month(digits: str) -> date:
    """MMYY: the last day of the month."""
    if not re.fullmatch(r"(0[1-9]|1[0-2])\d\d", digits):
        raise UnreadableUDI("A date of this identifier is not a month and a year.")
    year, month = 2000 + int(digits[2:]), int(digits[:2])
    return date(year, month, calendar.monthrange(year, month)[1])


# ICCBBA: structures that begin with a flag of one to three characters, and the part that each of them is.
_STRUCTURES = re.compile(
    r"[=&]/(?P<device_identifier>[A-Z0-9]{16})|=,(?P<serial_number>[A-Z0-9]{6})|=>(?P<expiration_date>\d{6})"
    r"|=\}(?P<manufacture_date>\d{6})|&,1(?P<lot_number>[A-Z0-9]{18})|=(?P<distinct_identifier>[A-NP-Z1-9][A-Z0-9]{14})"
)


def _iccbba(code: str) -> UDI:
    found, place = UDI("ICCBBA", ""), 0
    while match := _STRUCTURES.match(code, place):
        name, text = str(match.lastgroup), match[match.lastgroup or 0]
        found = _with(found, name, _century_day(text) if name.endswith("date") else text)
        place = match.end()
    if place != len(code) or not found.device_identifier:
        raise UnreadableUDI("This identifier of a tissue product breaks off or has a part that is not known.")
    return found


def _century_day(digits: str) -> date:
    """Century (0 for 2000), year, day of the year (ISBT 128, data structure 004)."""
    return _day_of_year(2000 + int(digits[0]) * 100 + int(digits[1:3]), int(digits[3:]))
