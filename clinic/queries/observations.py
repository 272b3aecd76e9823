"""Vital signs and results: the flowsheet, the latest values, trends. Units are shown as recorded and never mixed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal

from clinic import vitals
from clinic.choices import ObservationCategory
from clinic.models import Observation, ObservationComponent, Patient
from clinic.models.observations import ValueMixin
from emr.codes.units import convert, unit, units
from emr.shared.errors import DomainError
from emr.ui import formats

#: Moments shown in the flowsheet, and results on a page.
COLUMNS, RESULTS = 8, 100


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
    before: str
    trend: tuple[float, ...]


@dataclass(frozen=True)
class FlowRow:
    """One vital sign across the moments of the flowsheet."""

    label: str
    cells: tuple[Value | None, ...]


def value_of(row: ValueMixin, code: str) -> Value:
    """The value of an observation or a component in words."""
    if row.value_quantity is not None:
        number = formats.number(_shown(row.value_quantity))
        words = units().get(row.value_unit)
        return Value(
            f"{row.value_comparator}{number}",
            words.display if words else row.value_unit,
            row.interpretation or _interpretation(code, row.value_quantity, row.value_unit),
            reference_range(row),
        )
    text = row.value_display or row.value_text or (f"Not available: {row.absent_reason}" if row.absent_reason else "")
    return Value(text or "No value", "", row.interpretation, reference_range(row))


def _shown(value: Decimal) -> Decimal:
    """A measured value as a page shows it: at most two decimals; the record keeps every digit."""
    return value if -value.as_tuple().exponent <= 2 else round(value, 2)  # type: ignore[operator]


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
    if vital is None or vital.units[0] not in units():
        return ""
    try:
        return vitals.interpretation(code, convert(value, said_unit, vital.units[0]))
    except DomainError:
        return ""


def vital_signs(patient: Patient, *, limit: int = 400) -> list[Observation]:
    """The latest vital signs with their components, newest first: two queries."""
    rows = (
        patient.observations.filter(category=ObservationCategory.VITAL_SIGNS, entered_in_error_at=None)
        .select_related("performer")
        .prefetch_related("components")
        .order_by("-effective_at", "display")
    )
    return list(rows[:limit])


def flowsheet(rows: list[Observation]) -> tuple[list[str], list[FlowRow]]:
    """Moments as columns, oldest at the left and the newest at the right; vital signs as rows."""
    moments = sorted({row.effective_at for row in rows}, reverse=True)[:COLUMNS][::-1]
    table: dict[str, dict[object, Value]] = defaultdict(dict)
    for row in rows:
        if row.effective_at in moments:
            label, value = _vital_cell(row)
            table[label].setdefault(row.effective_at, value)
    head = [formats.instant(moment) for moment in moments]
    return head, [
        FlowRow(label, tuple(cells.get(moment) for moment in moments))
        for label, cells in sorted(table.items(), key=lambda item: _rank(item[0]))
    ]


def latest_vitals(rows: list[Observation]) -> list[LatestVital]:
    """For each vital sign its latest value, the one before, and its trend in one unit."""
    groups: dict[str, list[Observation]] = defaultdict(list)
    for row in rows:
        groups[_vital_cell(row)[0]].append(row)
    return [
        LatestVital(
            label=label,
            value=_vital_cell(found[0])[1],
            when=formats.day(found[0].effective_at),
            before=_vital_cell(found[1])[1].text if len(found) > 1 else "",
            trend=_trend(found),
        )
        for label, found in sorted(groups.items(), key=lambda item: _rank(item[0]))
    ]


def _vital_cell(row: Observation) -> tuple[str, Value]:
    """Label and value; a blood pressure is one value of two numbers."""
    parts = {component.code: component for component in row.components.all()}
    systolic, diastolic = parts.get(vitals.SYSTOLIC), parts.get(vitals.DIASTOLIC)
    if systolic is None or diastolic is None:
        vital = vitals.VITALS.get(row.code)
        return (vital.label if vital else row.display), value_of(row, row.code)
    upper, lower = value_of(systolic, vitals.SYSTOLIC), value_of(diastolic, vitals.DIASTOLIC)
    text = f"{_whole(systolic)}/{_whole(diastolic)}"
    return "Blood pressure", Value(text, upper.unit, upper.interpretation or lower.interpretation)


def _whole(component: ObservationComponent) -> str:
    return formats.number(round(component.value_quantity)) if component.value_quantity is not None else "?"


def _trend(found: list[Observation]) -> tuple[float, ...]:
    """The numbers of the latest values that share the newest one's unit, oldest first."""
    newest = found[0].value_unit
    same = [row for row in found if row.value_quantity is not None and row.value_unit == newest]
    return tuple(float(row.value_quantity) for row in reversed(same[:12]) if row.value_quantity is not None)


_ORDER = ("Blood pressure", "Heart rate", "Respiratory rate", "Temperature", "Oxygen saturation", "Weight", "Height")


def _rank(label: str) -> tuple[int, str]:
    return (_ORDER.index(label) if label in _ORDER else len(_ORDER), label)


@dataclass(frozen=True)
class Result:
    """One result: what, its value, when, the report it came in, its status if not final, its key."""

    key: str
    label: str
    value: Value
    when: str
    report: str
    status: str


def results(patient: Patient, *, limit: int = RESULTS) -> list[Result]:
    """Results that are no vital signs, newest first: two queries."""
    rows = (
        patient.observations.exclude(category=ObservationCategory.VITAL_SIGNS)
        .filter(entered_in_error_at=None)
        .select_related("report")
        .prefetch_related("components")
        .order_by("-effective_at", "display")
    )
    return [
        Result(
            key=str(row.pk),
            label=row.display,
            value=_result_value(row),
            when=formats.day(row.effective_at),
            report=row.report.display if row.report else "",
            status="" if row.status == "final" else row.get_status_display(),
        )
        for row in rows[:limit]
    ]


def _result_value(row: Observation) -> Value:
    parts: Iterable[ObservationComponent] = row.components.all()
    said = [
        f"{part.display}: {value_of(part, part.code).text} {value_of(part, part.code).unit}".strip() for part in parts
    ]
    return Value("; ".join(said)) if said else value_of(row, row.code)


def body_mass_index(rows: list[Observation]) -> Value | None:
    """The BMI of the latest weight and height, derived for display; None when one of them is missing."""
    weight = next((row for row in rows if row.code == vitals.WEIGHT and row.value_quantity is not None), None)
    height = next((row for row in rows if row.code == vitals.HEIGHT and row.value_quantity is not None), None)
    if weight is None or height is None or weight.value_quantity is None or height.value_quantity is None:
        return None
    try:
        kilograms = convert(weight.value_quantity, weight.value_unit, "kg")
        centimetres = convert(height.value_quantity, height.value_unit, "cm")
    except DomainError:
        return None
    return Value(formats.number(vitals.bmi(kilograms, centimetres)), unit("kg/m2").display)
