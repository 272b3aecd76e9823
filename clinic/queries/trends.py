"""Any number that was observed, across time: drawn in one unit, listed as it was recorded.

Values of one unit, or of units that convert exactly (kg and lb), share a drawing in the newest one's unit, and each
that was recorded in another is listed with both. Others (mg/dL and mmol/L) are drawn apart: an axis has one unit.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet

from clinic import vitals
from clinic.choices import ObservationCategory
from clinic.growth import age_in_months
from clinic.models import Observation, ObservationComponent, Patient
from clinic.queries.observations import (
    TREND,
    Value,
    in_unit,
    newest_of_each,
    pressures_of,
    rank_of,
    trend,
    unit_words,
    value_of,
    vital_label,
    vital_value,
)
from clinic.queries.results import result_value
from clinic.queries.trend_panels import Panel, Point, panel_of
from emr.shared.dates import clinic_day
from emr.ui import formats

#: Observations that a trend is drawn from.
MOST = 200
#: How far back to look: name in the URL, label, days.
SPANS: dict[str, tuple[str, int | None]] = {
    "all": ("All", None),
    "5y": ("5 years", 1827),
    "1y": ("1 year", 366),
    "90d": ("90 days", 90),
}
_VITAL = ObservationCategory.VITAL_SIGNS


@dataclass(frozen=True)
class Kind:
    """Something that is measured, with the latest value and a small trend; ``key`` is the newest row's."""

    key: str
    label: str
    value: Value
    when: str
    trend: tuple[float, ...]


@dataclass(frozen=True)
class Entry:
    """One value as it was recorded, and as it is drawn where that is in another unit."""

    key: str
    when: str
    value: Value
    drawn: str
    by: str


@dataclass(frozen=True)
class Trend:
    """A kind of observation across time: its drawings, its values newest first."""

    label: str
    latest: Entry | None
    before: Entry | None
    panels: tuple[Panel, ...]
    entries: tuple[Entry, ...]
    more: bool


def kinds(patient: Patient) -> dict[str, list[Kind]]:
    """What has numbers, vital signs and others apart: two queries."""
    groups: dict[tuple[str, str], list[Observation]] = defaultdict(list)
    for row in newest_of_each(patient.observations.standing(), TREND):
        if list(_numbers(row)):
            groups[row.category, _label(row)].append(row)
    found: dict[str, list[Kind]] = {"Vital signs": [], "Results and questionnaires": []}
    for (category, label), rows in sorted(groups.items(), key=lambda item: rank_of(item[0][1])):
        kind = Kind(str(rows[0].pk), label, _value(rows[0], patient), formats.day(rows[0].effective_at), trend(rows))
        found["Vital signs" if category == _VITAL else "Results and questionnaires"].append(kind)
    return {title: rows for title, rows in found.items() if rows}


def trend_of(row: Observation, patient: Patient, *, since: datetime | None = None) -> Trend:
    """The trend of what ``row`` observed: two queries."""
    newest = _like(row, patient.observations.standing())
    if since is not None:
        newest = newest.filter(effective_at__gte=since)
    rows = list(
        newest.select_related("performer", "created_by")
        .prefetch_related("components")
        .order_by("-effective_at", "-id")[: MOST + 1]
    )
    rows, more = rows[:MOST], len(rows) > MOST
    series = _series(rows, patient)
    drawn = {
        point.part.pk: f"{formats.number(round(point.value, 1).normalize() + 0)} {unit_words(unit)}"
        for (_, unit), points in series.items()
        for point in points
        if point.part.value_unit != unit
    }
    entries = tuple(_entry(one, patient, drawn.get(one.pk, "")) for one in rows)
    return Trend(
        label=_label(row),
        latest=entries[0] if entries else None,
        before=entries[1] if len(entries) > 1 else None,
        panels=tuple(panel_of(name, unit, points, patient) for (name, unit), points in series.items()),
        entries=entries,
        more=more,
    )


def _like(row: Observation, rows: QuerySet[Observation]) -> QuerySet[Observation]:
    if row.code in vitals.PRESSURE_PANELS:
        return rows.filter(code__in=vitals.PRESSURE_PANELS)
    if row.code:
        return rows.filter(system=row.system, code=row.code)
    return rows.filter(code="", display=row.display, category=row.category)


def _label(row: Observation) -> str:
    return vital_label(row) if row.category == _VITAL else row.display


def _value(row: Observation, patient: Patient) -> Value:
    return vital_value(row, patient.birth_date) if row.category == _VITAL else result_value(row)


def _entry(row: Observation, patient: Patient, drawn: str) -> Entry:
    by = str(row.performer or row.created_by)
    return Entry(str(row.pk), formats.instant(row.effective_at), _value(row, patient), drawn, by)


def _numbers(row: Observation) -> Iterable[tuple[str, Observation | ObservationComponent]]:
    """The numbers of a row: its own, or those of its parts by their names."""
    if row.value_quantity is not None:
        yield "", row
    for part in row.components.all():
        if part.value_quantity is not None:
            yield part.display, part


def _series(rows: Sequence[Observation], patient: Patient) -> dict[tuple[str, str], list[Point]]:
    """The points by the part and the unit that they share an axis with, oldest first; the unit is the newest one's."""
    found: dict[tuple[str, str], list[Point]] = defaultdict(list)
    for row in rows:
        value = _value(row, patient)
        pair = pressures_of(row)
        if pair is not None and pair[0].value_quantity is not None:
            point = Point(
                row.effective_at,
                pair[0],
                pair[0].value_quantity,
                _words(value),
                value.interpretation,
                pair[1].value_quantity,
            )
            found["", pair[0].value_unit].append(point)
            continue
        months = age_in_months(patient.birth_date, clinic_day(row.effective_at))
        for name, part in _numbers(row):
            told = value_of(part, part.code, months=months)
            key = next((key for key in found if key[0] == name and in_unit(part, key[1]) is not None), None)
            key = key or (name, part.value_unit)
            number = in_unit(part, key[1]) if key[1] != part.value_unit else part.value_quantity
            if number is not None:
                found[key].append(Point(row.effective_at, part, number, _words(told), told.interpretation))
    return {key: points[::-1] for key, points in found.items()}


def _words(value: Value) -> str:
    return f"{value.text} {value.unit}".strip()
