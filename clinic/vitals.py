"""The vital signs that are recorded here: LOINC codes, UCUM units, hard limits, and what counts as out of range.

Hard limits are those beyond which a value is a slip of the hand; the ranges are an adult's. Codes and units: US Core
vital signs. A BMI is derived for display and never stored twice.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal

BLOOD_PRESSURE = "85354-9"
SYSTOLIC = "8480-6"
DIASTOLIC = "8462-4"
HEART_RATE = "8867-4"
RESPIRATORY_RATE = "9279-1"
TEMPERATURE = "8310-5"
OXYGEN_SATURATION = "59408-5"
HEIGHT = "8302-2"
WEIGHT = "29463-7"
BMI = "39156-5"
PAIN = "72514-3"


@dataclass(frozen=True)
class Vital:
    """One vital sign. ``units`` are UCUM codes, the first the usual one, in which the limits are given."""

    name: str
    code: str
    label: str
    units: tuple[str, ...]
    lowest: Decimal
    highest: Decimal
    low: Decimal | None = None
    high: Decimal | None = None


def _vital(
    name: str,
    code: str,
    label: str,
    units: str,
    limits: tuple[str, str],
    normal: tuple[str | None, str | None] = (None, None),
) -> Vital:
    low, high = (Decimal(bound) if bound is not None else None for bound in normal)
    return Vital(name, code, label, tuple(units.split()), Decimal(limits[0]), Decimal(limits[1]), low, high)


_ALL = (
    _vital("systolic", SYSTOLIC, "Systolic blood pressure", "mm[Hg]", ("50", "300"), ("90", "139")),
    _vital("diastolic", DIASTOLIC, "Diastolic blood pressure", "mm[Hg]", ("20", "200"), (None, "89")),
    _vital("heart_rate", HEART_RATE, "Heart rate", "/min", ("20", "300"), ("60", "100")),
    _vital("respiratory_rate", RESPIRATORY_RATE, "Respiratory rate", "/min", ("4", "80"), ("12", "20")),
    _vital("temperature", TEMPERATURE, "Temperature", "Cel [degF]", ("30", "43"), (None, "37.9")),
    _vital("oxygen_saturation", OXYGEN_SATURATION, "Oxygen saturation", "%", ("40", "100"), ("92", None)),
    _vital("height", HEIGHT, "Height", "cm [in_i]", ("20", "272")),
    _vital("weight", WEIGHT, "Weight", "kg [lb_av] g", ("0.2", "450")),
    _vital("pain", PAIN, "Pain score", "{score}", ("0", "10")),
)

VITALS: dict[str, Vital] = {vital.code: vital for vital in _ALL}


def interpretation(code: str, value: Decimal) -> str:
    """FHIR's ``L`` or ``H`` for an adult's value in the usual unit that is out of range, else an empty text."""
    vital = VITALS.get(code)
    if vital is None:
        return ""
    if vital.low is not None and value < vital.low:
        return "L"
    if vital.high is not None and value > vital.high:
        return "H"
    return ""


def bmi(weight_kg: Decimal, height_cm: Decimal) -> Decimal:
    """Body mass index in kg/m², to one decimal."""
    metres = height_cm / 100
    return (weight_kg / (metres * metres)).quantize(Decimal("0.1"))
