"""The flowsheet of vital signs, a page of moments at a time, and the readings one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from clinic import vitals
from clinic.choices import ObservationCategory
from clinic.doubts import mass_placed, placed
from clinic.growth import TWO_YEARS, age_in_months, percentile_words
from clinic.models import Observation, Patient
from clinic.models.observations import ValueMixin
from clinic.queries.lists import error_of
from clinic.queries.observations import Value, gestation, mass_of, mass_words, rank_of, vital_label, vital_value
from emr.shared.dates import clinic_day
from emr.ui import formats

#: Moments on a page of the flowsheet; readings on a page of the list.
COLUMNS, READINGS = 8, 30


@dataclass(frozen=True)
class FlowRow:
    """One vital sign across the moments of the flowsheet, in one unit."""

    label: str
    cells: tuple[Value | None, ...]


@dataclass(frozen=True)
class Flowsheet:
    """Moments as columns, oldest at the left and the newest at the right; vital signs as rows.

    ``older`` and ``newer`` are the moments from which the next page goes on, None where there is none.
    """

    head: tuple[str, ...]
    rows: tuple[FlowRow, ...]
    older: datetime | None = None
    newer: datetime | None = None


@dataclass(frozen=True)
class VitalReading:
    """One reading with its moment and measurer; ``error`` and ``corrected`` say why it counts no more."""

    key: str
    label: str
    value: Value
    when: str
    by: str
    error: str
    corrected: str
    correctable: bool
    remark: str


def flowsheet(
    patient: Patient, *, columns: int = COLUMNS, before: datetime | None = None, after: datetime | None = None
) -> Flowsheet:
    """The newest moments before ``before``, or the next ones after ``after``: three queries."""
    standing = patient.observations.standing().filter(category=ObservationCategory.VITAL_SIGNS)
    moments = standing.order_by().values_list("effective_at", flat=True).distinct()
    if after is not None:
        found = list(moments.filter(effective_at__gt=after).order_by("effective_at")[: columns + 1])
        page = found[:columns]
    else:
        earlier = moments.filter(effective_at__lt=before) if before else moments
        found = list(earlier.order_by("-effective_at")[: columns + 1])
        page = found[:columns][::-1]
    if not page:
        return Flowsheet((), ())
    more = len(found) > columns
    rows = (
        standing.filter(effective_at__gte=page[0], effective_at__lte=page[-1])
        .prefetch_related("components")
        .order_by("-effective_at", "display", "id")
    )
    return Flowsheet(
        head=tuple(formats.instant(moment) for moment in page),
        rows=tuple(_rows(list(rows), page, patient)),
        older=page[0] if more or after is not None else None,
        newer=page[-1] if (more if after is not None else before is not None) else None,
    )


def _rows(rows: Sequence[Observation], page: Sequence[datetime], patient: Patient) -> list[FlowRow]:
    born = patient.birth_date
    table: dict[str, dict[str, dict[datetime, Value]]] = defaultdict(lambda: defaultdict(dict))
    for row in rows:
        value = vital_value(row, born)
        table[vital_label(row)][_unit(row, value)].setdefault(row.effective_at, value)
    for moment, mass in _masses(rows, page, born).items():
        table["BMI"][""][moment] = mass_words(mass)
        if stands := mass_placed(patient, mass, clinic_day(moment)):
            table["BMI percentile"][""][moment] = Value(percentile_words(stands.percentile))
    infant = any(age_in_months(born, clinic_day(row.effective_at)) < TWO_YEARS for row in rows[-1:])
    weeks = gestation(patient) if infant else None
    for row in rows:
        if percentile := _percentile(row, patient, weeks):
            table[f"{vital_label(row)} percentile"][""].setdefault(row.effective_at, Value(percentile))
    found = []
    for label, by_unit in sorted(table.items(), key=lambda item: rank_of(item[0])):
        for unit, cells in by_unit.items():
            name = f"{label}, {unit}" if len(by_unit) > 1 and unit else label
            if cells:
                found.append(FlowRow(name, tuple(cells.get(moment) for moment in page)))
    return found


def _percentile(row: Observation, patient: Patient, weeks: float | None) -> str:
    """Where a child's weight, length or head stands among those of its age; empty for all else."""
    found = placed(patient, row, weeks)
    return percentile_words(found.percentile) if found else ""


def _unit(row: ValueMixin, value: Value) -> str:
    """The unit that makes a row of its own: a column, or a row, never mixes units."""
    return "lb" if row.value_unit == "[lb_av]" else value.unit


def _masses(rows: Sequence[Observation], page: Sequence[datetime], born: date) -> dict[datetime, Decimal]:
    """The BMI where a weight was taken, with the latest height up to then."""
    found = {}
    for moment in page:
        weighed = any(row.effective_at == moment and row.code == vitals.WEIGHT for row in rows)
        mass = mass_of((row for row in rows if row.effective_at <= moment), born) if weighed else None
        if mass is not None:
            found[moment] = mass
    return found


def readings(patient: Patient, *, limit: int = READINGS) -> list[VitalReading]:
    """The newest readings one by one, corrected ones and those in error too: two queries."""
    rows = (
        patient.observations.filter(category=ObservationCategory.VITAL_SIGNS)
        .select_related("performer", "created_by", "entered_in_error_by", "superseded_by")
        .prefetch_related("components", "superseded_by__components")
        .order_by("-effective_at", "display", "id")
    )
    return [_reading(row, patient.birth_date) for row in rows[:limit]]


def _reading(row: Observation, born: date) -> VitalReading:
    corrected = ""
    if row.superseded_by is not None:
        right = vital_value(row.superseded_by, born)
        corrected = f"Corrected to {right.text} {right.unit}".strip() + f": {row.superseded_by.note}"
    return VitalReading(
        key=str(row.pk),
        label=vital_label(row),
        value=vital_value(row, born),
        when=formats.instant(row.effective_at),
        by=str(row.performer or row.created_by),
        error=error_of(row),
        corrected=corrected,
        correctable=row.code == vitals.BLOOD_PRESSURE or row.code in vitals.VITALS,
        remark="Corrected" if row.status == "corrected" else "",
    )
