"""Vital signs as pages show them: values in words, the latest of each, small trends. Units are those recorded."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from django.db.models import F, Prefetch, QuerySet, Window
from django.db.models.functions import RowNumber

from clinic import vitals
from clinic.choices import ObservationCategory
from clinic.growth import LAST_MONTH, age_in_months
from clinic.measures import in_other_words, pounds_and_ounces
from clinic.models import Encounter, Observation, ObservationComponent, Patient
from clinic.models.observations import ValueMixin
from emr.codes.units import convert, unit, units
from emr.shared.dates import clinic_day
from emr.shared.errors import DomainError
from emr.ui import formats

#: The most digits of a value that is shown as it was said.
_MEASURED = 5
#: Values of one kind that a small trend is drawn from.
TREND = 12
_VALUE = tuple(field.name for field in ValueMixin._meta.get_fields())
_SHOWN = ("patient", "category", "system", "code", "display", "status", "effective_at")
_LABELS = {vitals.BMI: "BMI", "8331-1": "Temperature by mouth", "2708-6": "Oxygen saturation (blood)"}
_ORDER = (
    "Blood pressure",
    "Heart rate",
    "Respiratory rate",
    "Temperature",
    "Temperature by mouth",
    "Oxygen saturation",
    "Oxygen given",
    "Inhaled oxygen",
    "Weight",
    "Weight percentile",
    "Height",
    "Height percentile",
    "BMI",
    "BMI percentile",
    "Head circumference",
    "Head circumference percentile",
    "Pain score",
)


@dataclass(frozen=True)
class Value:
    """A value in words, its unit, and how it stands to its range (``L``, ``H``, ``LL`` …; empty for normal)."""

    text: str
    unit: str = ""
    interpretation: str = ""
    range: str = ""


@dataclass(frozen=True)
class LatestVital:
    """The latest value of a vital sign, the one before, and the numbers of its trend, oldest first."""

    label: str
    value: Value
    when: str
    before: str = ""
    before_when: str = ""
    trend: tuple[float, ...] = ()
    #: The newest row, from which its trend is opened; empty for what is derived.
    key: str = ""
    #: The same in the other usual unit, for display alone.
    also: str = ""


def value_of(row: ValueMixin, code: str, *, months: float = vitals.ADULT) -> Value:
    """The value of an observation or a component in words; a vital sign is low or high for the age in months."""
    if row.value_quantity is not None:
        if said := pounds_and_ounces(row.value_quantity, row.value_unit):
            return Value(said)
        return Value(
            f"{row.get_value_comparator_display()}{shown(row.value_quantity)}",
            unit_words(row.value_unit),
            row.interpretation or _interpretation(code, row.value_quantity, row.value_unit, months),
            reference_range(row) or _usual_range(code, row.value_unit, months),
        )
    text = row.value_display or row.value_text or (f"Not available: {row.absent_reason}" if row.absent_reason else "")
    in_units = unit_words(row.value_unit) if row.value_text and not row.value_display else ""
    return Value(text or "No value", in_units, row.interpretation, reference_range(row))


def shown(value: Decimal) -> str:
    """A measured value as a page shows it: as it was said, but for more digits than anybody measures, of which two
    decimals are shown, or three digits of what is smaller: a troponin of 0.014 is not 0.01. The record keeps all."""
    digits, exponent = value.as_tuple().digits, value.as_tuple().exponent
    if not isinstance(exponent, int) or exponent >= -2 or len(digits) <= _MEASURED:
        return formats.number(value)
    return formats.number(round(value, max(2, 2 - value.adjusted())).normalize() + 0)


def unit_words(code: str) -> str:
    """A unit as a page writes it. One without words of ours is shown as sent: an annotation in braces as its words."""
    if code in units():
        return units()[code].display
    return code[1:-1].replace("_", " ") if code.startswith("{") and code.endswith("}") else code


def reference_range(row: ValueMixin) -> str:
    """The reference range that came with a value."""
    if row.reference_text:
        return row.reference_text
    return _between(row.reference_low, row.reference_high)


def _between(low: Decimal | None, high: Decimal | None) -> str:
    if low is not None and high is not None:
        return f"{formats.number(low)}–{formats.number(high)}"
    if high is not None:
        return f"≤ {formats.number(high)}"
    return f"≥ {formats.number(low)}" if low is not None else ""


def _interpretation(code: str, value: Decimal, said_unit: str, months: float) -> str:
    vital = vitals.VITALS.get(code)
    if vital is None:
        return ""
    try:
        return vitals.range_at(code, months).interpretation(convert(value, said_unit, vital.units[0]))
    except DomainError:
        return ""


def _usual_range(code: str, said_unit: str, months: float) -> str:
    """The range of a vital sign at an age, in the unit of its value; whose it is, is said where it isn't an adult's."""
    vital = vitals.VITALS.get(code)
    if vital is None or said_unit not in vital.units:
        return ""
    usual = vitals.range_at(code, months)
    low, high = (
        bound if bound is None else convert(bound, vital.units[0], said_unit) for bound in (usual.low, usual.high)
    )
    words = _between(*(bound if bound is None else round(bound, 1).normalize() + 0 for bound in (low, high)))
    return f"{words} at this age" if words and months < vitals.ADULT else words


def newest_of_each(rows: QuerySet[Observation], most: int) -> QuerySet[Observation]:
    """Of each kind of observation the newest ``most`` with their components, newest first: two queries."""
    place = Window(
        RowNumber(),
        partition_by=[F("category"), F("system"), F("code"), F("display")],
        order_by=[F("effective_at").desc(), F("id")],
    )
    newest = rows.annotate(place=place).filter(place__lte=most).order_by("-effective_at", "display")
    components = ObservationComponent.objects.only("observation", "code", "display", *_VALUE)
    return newest.only(*_SHOWN, *_VALUE).prefetch_related(Prefetch("components", components))


def vital_signs(patient: Patient, *, each: int = TREND) -> list[Observation]:
    """The newest vital signs of each kind with their components, newest first: two queries."""
    return list(newest_of_each(patient.observations.standing().filter(category=ObservationCategory.VITAL_SIGNS), each))


def visit_vitals(encounter: Encounter) -> list[LatestVital]:
    """The vital signs that were taken at a visit: two queries."""
    rows = Observation.objects.standing().filter(encounter=encounter, category=ObservationCategory.VITAL_SIGNS)
    found = list(rows.prefetch_related("components").order_by("-effective_at", "display"))
    return latest_vitals(found, encounter.patient.birth_date)


def latest_vitals(rows: list[Observation], birth_date: date) -> list[LatestVital]:
    """For each vital sign its latest value, the one before, and its trend in one unit; the BMI of weight and height."""
    groups: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        groups[vital_label(row)].append(row)
    found = {label: _latest(label, group, birth_date) for label, group in groups.items()}
    derived = body_mass_index(rows, birth_date)
    if derived is not None and "Weight" in found:
        found["BMI"] = LatestVital("BMI", derived, found["Weight"].when)
    return [found[label] for label in sorted(found, key=rank_of)]


def _latest(label: str, group: list[Observation], birth_date: date) -> LatestVital:
    earlier = [row for row in group if row.effective_at < group[0].effective_at]
    before = vital_value(earlier[0], birth_date) if earlier else None
    return LatestVital(
        label=label,
        value=vital_value(group[0], birth_date),
        when=formats.instant(group[0].effective_at),
        before=f"{before.text} {before.unit}".strip() if before else "",
        before_when=formats.day(earlier[0].effective_at) if earlier else "",
        trend=trend(group),
        key=str(group[0].pk),
        also=in_other_words(group[0].value_quantity, group[0].value_unit),
    )


def vital_label(row: Observation) -> str:
    """What a vital sign is called here."""
    if pressures_of(row) is not None:
        return "Blood pressure"
    vital = vitals.VITALS.get(row.code)
    return vital.label if vital else _LABELS.get(row.code, row.display)


def vital_value(row: Observation, birth_date: date) -> Value:
    """The value of a vital sign; a blood pressure, however its panel is coded, is one value of two numbers."""
    months = age_in_months(birth_date, clinic_day(row.effective_at))
    pressures = pressures_of(row)
    if pressures is None:
        return value_of(row, row.code, months=months)
    upper = value_of(pressures[0], vitals.SYSTOLIC, months=months)
    lower = value_of(pressures[1], vitals.DIASTOLIC, months=months)
    text = "/".join(_whole(component) for component in pressures)
    both = " / ".join(filter(None, (upper.range, lower.range)))
    return Value(text, upper.unit, upper.interpretation or lower.interpretation, both)


def pressures_of(row: Observation) -> tuple[ObservationComponent, ObservationComponent] | None:
    """The two numbers of a blood pressure, however its panel is coded; None for all else."""
    parts = {component.code: component for component in row.components.all()}
    if vitals.SYSTOLIC in parts and vitals.DIASTOLIC in parts:
        return parts[vitals.SYSTOLIC], parts[vitals.DIASTOLIC]
    return None


def _whole(component: ObservationComponent) -> str:
    return formats.number(round(component.value_quantity)) if component.value_quantity is not None else "?"


def trend(group: list[Observation]) -> tuple[float, ...]:
    """The numbers of the values that share the newest one's unit, oldest first; the systolic ones of a pressure."""
    values: list[ValueMixin] = []
    for row in group[:TREND]:
        pressures = pressures_of(row)
        values.append(pressures[0] if pressures else row)
    same = [row for row in values if row.value_quantity is not None and row.value_unit == values[0].value_unit]
    return tuple(float(row.value_quantity) for row in reversed(same) if row.value_quantity is not None)


def rank_of(label: str) -> tuple[int, str]:
    """The place of a vital sign among the others, by what it is called."""
    return (_ORDER.index(label) if label in _ORDER else len(_ORDER), label)


def body_mass_index(rows: Iterable[Observation], born: date) -> Value | None:
    """The BMI of the latest weight and height in words, as ``mass_of`` finds it."""
    mass = mass_of(rows, born)
    return mass_words(mass) if mass is not None else None


def mass_words(mass: Decimal) -> Value:
    """A BMI as pages show it, to one decimal."""
    return Value(formats.number(mass.quantize(Decimal("0.1"))), unit("kg/m2").display)


def mass_of(rows: Iterable[Observation], born: date) -> Decimal | None:
    """The BMI of the latest weight and height, of rows that come newest first, derived and never stored.

    None when one of them is missing, or when one who still grows was weighed and measured on different days.
    """
    last = last_of_each(rows)
    if vitals.WEIGHT not in last or vitals.HEIGHT not in last:
        return None
    weight, height = last[vitals.WEIGHT], last[vitals.HEIGHT]
    grows = age_in_months(born, clinic_day(weight.effective_at)) < LAST_MONTH
    if grows and clinic_day(weight.effective_at) != clinic_day(height.effective_at):
        return None
    kilograms, centimetres = in_unit(weight, "kg"), in_unit(height, "cm")
    if kilograms is None or centimetres is None or centimetres <= 0:
        return None
    return vitals.bmi(kilograms, centimetres)


def in_unit(row: ValueMixin, code: str) -> Decimal | None:
    """The value in another unit of the same quantity; None if it has none."""
    if row.value_quantity is None:
        return None
    try:
        return convert(row.value_quantity, row.value_unit, code)
    except DomainError:
        return None


def gestation(patient: Patient) -> float | None:
    """The weeks of gestation at birth, as recorded last; None if they aren't. One query."""
    rows = patient.observations.standing().filter(code=vitals.GESTATION, value_quantity__isnull=False)
    found = rows.order_by("-effective_at", "-created_at").values_list("value_quantity", flat=True).first()
    return float(found) if found is not None else None


def last_of_each(rows: Iterable[Observation]) -> Mapping[str, Observation]:
    """The latest observation with a number of each code, of rows that come newest first."""
    found: dict[str, Observation] = {}
    for row in rows:
        if row.value_quantity is not None:
            found.setdefault(row.code, row)
    return found
