"""Vital signs as pages show them: flowsheet, latest values, trends. Units are shown as recorded, never mixed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from django.db.models import F, Prefetch, QuerySet, Window
from django.db.models.functions import RowNumber

from clinic import vitals
from clinic.choices import ObservationCategory
from clinic.models import Encounter, Observation, ObservationComponent, Patient
from clinic.models.observations import ValueMixin
from clinic.queries.lists import error_of
from emr.codes.units import convert, unit, units
from emr.shared.errors import DomainError
from emr.ui import formats

#: Moments shown in the flowsheet; values of one kind that a trend is drawn from; readings listed one by one.
COLUMNS, TREND, READINGS = 6, 12, 30
#: Below this age an adult's ranges say nothing.
_ADULT = timedelta(days=18 * 365)
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
    "Weight",
    "Height",
    "BMI",
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


@dataclass(frozen=True)
class FlowRow:
    """One vital sign across the moments of the flowsheet."""

    label: str
    cells: tuple[Value | None, ...]


@dataclass(frozen=True)
class VitalReading:
    """One reading with its moment and measurer, so that a wrong one can be marked."""

    key: str
    label: str
    value: Value
    when: str
    by: str
    error: str


def value_of(row: ValueMixin, code: str, *, adult: bool = True) -> Value:
    """The value of an observation or a component in words. An adult's ranges are applied to adults alone."""
    if row.value_quantity is not None:
        words = units().get(row.value_unit)
        return Value(
            f"{row.get_value_comparator_display()}{shown(row.value_quantity)}",
            words.display if words else _plain(row.value_unit),
            row.interpretation or (_interpretation(code, row.value_quantity, row.value_unit) if adult else ""),
            reference_range(row),
        )
    text = row.value_display or row.value_text or (f"Not available: {row.absent_reason}" if row.absent_reason else "")
    return Value(text or "No value", "", row.interpretation, reference_range(row))


def shown(value: Decimal) -> str:
    """A measured value as a page shows it: at most two decimals; the record keeps every digit."""
    exponent = value.as_tuple().exponent
    long = isinstance(exponent, int) and exponent < -2
    return formats.number(round(value, 2).normalize() + 0 if long else value)


def _plain(code: str) -> str:
    """A unit without words of ours: an annotation in braces alone is only its words."""
    return code[1:-1].replace("_", " ") if code.startswith("{") and code.endswith("}") else code


def reference_range(row: ValueMixin) -> str:
    """The reference range that came with a value."""
    if row.reference_text:
        return row.reference_text
    low, high = row.reference_low, row.reference_high
    if low is not None and high is not None:
        return f"{formats.number(low)}–{formats.number(high)}"
    if high is not None:
        return f"≤ {formats.number(high)}"
    return f"≥ {formats.number(low)}" if low is not None else ""


def _interpretation(code: str, value: Decimal, said_unit: str) -> str:
    vital = vitals.VITALS.get(code)
    if vital is None:
        return ""
    try:
        return vitals.interpretation(code, convert(value, said_unit, vital.units[0]))
    except DomainError:
        return ""


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
    rows = patient.observations.filter(category=ObservationCategory.VITAL_SIGNS, entered_in_error_at=None)
    return list(newest_of_each(rows, each))


def visit_vitals(encounter: Encounter) -> list[LatestVital]:
    """The vital signs that were taken at a visit: two queries."""
    rows = Observation.objects.filter(
        encounter=encounter, category=ObservationCategory.VITAL_SIGNS, entered_in_error_at=None
    )
    found = list(rows.prefetch_related("components").order_by("-effective_at", "display"))
    return latest_vitals(found, encounter.patient.birth_date)


def flowsheet(rows: list[Observation], birth_date: date, columns: int = COLUMNS) -> tuple[list[str], list[FlowRow]]:
    """Moments as columns, oldest at the left and the newest at the right; vital signs as rows."""
    moments = sorted({row.effective_at for row in rows}, reverse=True)[:columns][::-1]
    table: dict[str, dict[datetime, Value]] = defaultdict(dict)
    for row in rows:
        if row.effective_at in moments:
            table[_label(row)].setdefault(row.effective_at, vital_value(row, birth_date))
    head = [formats.instant(moment) for moment in moments]
    return head, [
        FlowRow(label, tuple(cells.get(moment) for moment in moments))
        for label, cells in sorted(table.items(), key=lambda item: _rank(item[0]))
    ]


def latest_vitals(rows: list[Observation], birth_date: date) -> list[LatestVital]:
    """For each vital sign its latest value, the one before, and its trend in one unit; the BMI of weight and height."""
    groups: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        groups[_label(row)].append(row)
    found = {label: _latest(label, group, birth_date) for label, group in groups.items()}
    derived = body_mass_index(rows)
    if derived is not None and "Weight" in found:
        found["BMI"] = LatestVital("BMI", derived, found["Weight"].when)
    return [found[label] for label in sorted(found, key=_rank)]


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
    )


def _label(row: Observation) -> str:
    if _pressures(row) is not None:
        return "Blood pressure"
    vital = vitals.VITALS.get(row.code)
    return vital.label if vital else _LABELS.get(row.code, row.display)


def vital_value(row: Observation, birth_date: date) -> Value:
    """The value of a vital sign; a blood pressure, however its panel is coded, is one value of two numbers."""
    adult = row.effective_at.date() - birth_date >= _ADULT
    pressures = _pressures(row)
    if pressures is None:
        return value_of(row, row.code, adult=adult)
    upper = value_of(pressures[0], vitals.SYSTOLIC, adult=adult)
    lower = value_of(pressures[1], vitals.DIASTOLIC, adult=adult)
    text = "/".join(_whole(component) for component in pressures)
    return Value(text, upper.unit, upper.interpretation or lower.interpretation)


def _pressures(row: Observation) -> tuple[ObservationComponent, ObservationComponent] | None:
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
        pressures = _pressures(row)
        values.append(pressures[0] if pressures else row)
    same = [row for row in values if row.value_quantity is not None and row.value_unit == values[0].value_unit]
    return tuple(float(row.value_quantity) for row in reversed(same) if row.value_quantity is not None)


def _rank(label: str) -> tuple[int, str]:
    return (_ORDER.index(label) if label in _ORDER else len(_ORDER), label)


def body_mass_index(rows: list[Observation]) -> Value | None:
    """The BMI of the latest weight and height, derived for display; None when one of them is missing."""
    last = last_quantities(rows)
    if vitals.WEIGHT not in last or vitals.HEIGHT not in last:
        return None
    try:
        kilograms, centimetres = convert(*last[vitals.WEIGHT], "kg"), convert(*last[vitals.HEIGHT], "cm")
    except DomainError:
        return None
    if centimetres <= 0:
        return None
    return Value(formats.number(vitals.bmi(kilograms, centimetres)), unit("kg/m2").display)


def last_quantities(rows: Iterable[Observation]) -> Mapping[str, tuple[Decimal, str]]:
    """The latest number and unit of each code, of rows that come newest first."""
    found: dict[str, tuple[Decimal, str]] = {}
    for row in rows:
        if row.value_quantity is not None:
            found.setdefault(row.code, (row.value_quantity, row.value_unit))
    return found


def readings(patient: Patient, *, limit: int = READINGS) -> list[VitalReading]:
    """The newest readings one by one, those in error too: two queries."""
    rows = (
        patient.observations.filter(category=ObservationCategory.VITAL_SIGNS)
        .select_related("performer", "created_by", "entered_in_error_by")
        .prefetch_related("components")
        .order_by("-effective_at", "display", "id")
    )
    return [
        VitalReading(
            key=str(row.pk),
            label=_label(row),
            value=vital_value(row, patient.birth_date),
            when=formats.instant(row.effective_at),
            by=str(row.performer or row.created_by),
            error=error_of(row),
        )
        for row in rows[:limit]
    ]
