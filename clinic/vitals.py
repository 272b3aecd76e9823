"""The vital signs that are recorded here: codes, units, and what is normal, unlikely or impossible at an age.

Codes and units: US Core vital signs. A BMI is derived for display and never stored twice. The ranges are data, in
``data/vital_ranges.csv``: an adult's (from 18 years) as clinics use them; a child's pulse, breathing and upper
pressure as in the Pediatric Advanced Life Support manual of the American Heart Association, the lower pressure as its
rule for hypotension (70 + 2 × years), from 13 years the upper one of the American Academy of Pediatrics (2017).
"""

from __future__ import annotations

import csv
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path

BLOOD_PRESSURE = "85354-9"
#: The panel, and the one that older systems send.
PRESSURE_PANELS = (BLOOD_PRESSURE, "55284-4")
SYSTOLIC = "8480-6"
DIASTOLIC = "8462-4"
HEART_RATE = "8867-4"
RESPIRATORY_RATE = "9279-1"
TEMPERATURE = "8310-5"
OXYGEN_SATURATION = "59408-5"
#: With how much oxygen the saturation was measured; without either it was room air.
OXYGEN_FLOW = "3151-8"
OXYGEN_CONCENTRATION = "3150-0"
HEIGHT = "8302-2"
WEIGHT = "29463-7"
HEAD = "9843-4"
BMI = "39156-5"
PAIN = "72514-3"
#: No vital sign, but what an infant's growth is compared by (clinic/data/social.toml).
GESTATION = "76516-4"

#: Months of age from which the ranges are an adult's, and until which a head is measured.
ADULT, HEAD_UNTIL = 216.0, 36.0
_RANGES = Path(__file__).parent / "data" / "vital_ranges.csv"


@dataclass(frozen=True)
class Vital:
    """One vital sign. ``units`` are UCUM codes, the first the usual one, in which its ranges are given."""

    name: str
    code: str
    label: str
    units: tuple[str, ...]


@dataclass(frozen=True)
class Range:
    """What is to be expected at an age, in the usual unit.

    Beyond ``lowest`` and ``highest`` a value is a slip of the hand and refused; beyond ``unlikely_below`` and
    ``unlikely_above`` it is asked about; outside ``low`` to ``high`` it is told to be low or high. None for no bound.
    """

    lowest: Decimal
    highest: Decimal
    unlikely_below: Decimal | None = None
    unlikely_above: Decimal | None = None
    low: Decimal | None = None
    high: Decimal | None = None

    def refuses(self, value: Decimal) -> bool:
        """Whether the value can't be."""
        return not self.lowest <= value <= self.highest

    def doubts(self, value: Decimal) -> bool:
        """Whether the value is hardly ever true."""
        too_low = self.unlikely_below is not None and value < self.unlikely_below
        return too_low or (self.unlikely_above is not None and value > self.unlikely_above)

    def interpretation(self, value: Decimal) -> str:
        """FHIR's ``L`` or ``H``, or an empty text. Compared in the digits of the range: 37.94 °C is no fever of 38."""
        if self.low is not None and value.quantize(self.low) < self.low:
            return "L"
        if self.high is not None and value.quantize(self.high) > self.high:
            return "H"
        return ""


_ALL = (
    Vital("systolic", SYSTOLIC, "Systolic blood pressure", ("mm[Hg]",)),
    Vital("diastolic", DIASTOLIC, "Diastolic blood pressure", ("mm[Hg]",)),
    Vital("heart_rate", HEART_RATE, "Heart rate", ("/min",)),
    Vital("respiratory_rate", RESPIRATORY_RATE, "Respiratory rate", ("/min",)),
    Vital("temperature", TEMPERATURE, "Temperature", ("Cel", "[degF]")),
    Vital("oxygen_saturation", OXYGEN_SATURATION, "Oxygen saturation", ("%",)),
    Vital("oxygen_flow", OXYGEN_FLOW, "Oxygen given", ("L/min",)),
    Vital("oxygen_concentration", OXYGEN_CONCENTRATION, "Inhaled oxygen", ("%",)),
    Vital("height", HEIGHT, "Height", ("cm", "[in_i]")),
    Vital("weight", WEIGHT, "Weight", ("kg", "[lb_av]", "g")),
    Vital("head_circumference", HEAD, "Head circumference", ("cm", "[in_i]")),
    Vital("pain", PAIN, "Pain score", ("{score}",)),
)

VITALS: dict[str, Vital] = {vital.code: vital for vital in _ALL}


def range_at(code: str, months: float = ADULT) -> Range:
    """What is to be expected of a vital sign at an age in months; KeyError for a code that is none."""
    bands = _bands()[VITALS[code].name]
    starts = [start for start, _ in bands]
    return bands[max(bisect_right(starts, months) - 1, 0)][1]


@cache
def _bands() -> Mapping[str, list[tuple[float, Range]]]:
    found: dict[str, list[tuple[float, Range]]] = defaultdict(list)
    with _RANGES.open(encoding="utf-8", newline="") as lines:
        for row in csv.DictReader(lines):
            name, start = row.pop("name"), float(row.pop("from_months"))
            bounds = {bound: Decimal(digits) for bound, digits in row.items() if digits}
            found[name].append((start, Range(**bounds)))
    return found


def bmi(weight_kg: Decimal, height_cm: Decimal) -> Decimal:
    """Body mass index in kg/m², not yet rounded."""
    metres = height_cm / 100
    return weight_kg / (metres * metres)
