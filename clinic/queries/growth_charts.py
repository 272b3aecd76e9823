"""A child's measurements on the growth charts: points and lines of a drawing, and percentiles in a table.

What was measured under two years stands on WHO's charts, what was measured later on the CDC's. Weight for length and
BMI need both measured on one day. Until two years of age a child born before term is compared by its corrected age.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from clinic import vitals
from clinic.growth import (
    DAYS_A_MONTH,
    LAST_MONTH,
    TWO_YEARS,
    Growth,
    Measure,
    Reference,
    age_in_months,
    age_words,
    assess,
    corrected,
    curve,
    percentile_words,
)
from clinic.models import Observation, Patient
from clinic.queries.observations import Value, in_unit, value_of
from emr.shared.dates import clinic_zone
from emr.ui import formats
from emr.ui.charts import Frame, Scale, Tick, number_ticks, round_ticks

#: Days of measurement that are shown, the newest.
MOST = 120
_CODES = (vitals.WEIGHT, vitals.HEIGHT, vitals.HEAD)
#: The CDC draws WHO's standards with the lines at two standard deviations, which it calls the 2nd and the 98th.
_WHO_LINES = (2.3, 10.0, 25.0, 50.0, 75.0, 90.0, 97.7)
_LINES = (3.0, 10.0, 25.0, 50.0, 75.0, 90.0, 97.0)
_BMI_LINES = (5.0, 10.0, 25.0, 50.0, 75.0, 85.0, 95.0)
_STEPS = 72


@dataclass(frozen=True)
class Sheet:
    """One of the charts: its title, in full and short, its tables, where it begins and ends (months, or cm of length),
    the unit of y.
    """

    title: str
    short: str
    measure: Measure
    reference: Reference
    start: float
    end: float
    unit: str

    @property
    def by_length(self) -> bool:
        """Whether x is a length and not an age."""
        return self.measure is Measure.WEIGHT_FOR_LENGTH


SHEETS: dict[str, Sheet] = {
    "who-weight": Sheet("Weight for age", "Weight", Measure.WEIGHT, Reference.WHO, 0, TWO_YEARS, "kg"),
    "who-length": Sheet("Length for age", "Length", Measure.LENGTH, Reference.WHO, 0, TWO_YEARS, "cm"),
    "who-weight-for-length": Sheet(
        "Weight for length", "Weight for length", Measure.WEIGHT_FOR_LENGTH, Reference.WHO, 45, 110, "kg"
    ),
    "who-head": Sheet("Head circumference for age", "Head", Measure.HEAD, Reference.WHO, 0, TWO_YEARS, "cm"),
    "cdc-weight": Sheet("Weight for age", "Weight", Measure.WEIGHT, Reference.CDC, TWO_YEARS, LAST_MONTH, "kg"),
    "cdc-stature": Sheet("Stature for age", "Stature", Measure.LENGTH, Reference.CDC, TWO_YEARS, LAST_MONTH, "cm"),
    "cdc-bmi": Sheet("BMI for age", "BMI", Measure.BMI, Reference.CDC, TWO_YEARS, LAST_MONTH, "kg/m²"),
}


@dataclass(frozen=True)
class Cell:
    """A measurement as recorded, and where it stands: ``58.2`` of 100, z ``+0.21``."""

    value: Value
    percentile: str = ""
    z: str = ""


@dataclass(frozen=True)
class Day:
    """All that was measured on one day; None where something wasn't, or can't be told at that age."""

    when: str
    age: str
    reference: str
    weight: Cell | None
    height: Cell | None
    head: Cell | None
    for_length: Cell | None
    mass: Cell | None


@dataclass(frozen=True)
class Spot:
    """A measurement in the drawing, and what it says."""

    x: float
    y: float
    text: str


@dataclass(frozen=True)
class Line:
    """A percentile's line, with its name at the right end."""

    points: str
    label: Tick
    end: float
    middle: bool


@dataclass(frozen=True)
class Drawing:
    """A chart with its lines and the child's measurements on it, oldest first."""

    name: str
    sheet: Sheet
    whose: str
    frame: Frame
    x_title: str
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[Line, ...]
    spots: tuple[Spot, ...]
    path: str


@dataclass(frozen=True)
class _Measured:
    """One day's measurements in kg and cm, as rows and as numbers.

    ``months`` is the age, ``compared`` the one by which the tables are asked, ``age`` both in words.
    """

    on: date
    at: datetime
    months: float
    compared: float
    age: str
    rows: dict[str, Observation]
    kg: float | None
    cm: float | None
    head: float | None

    def value(self, measure: Measure) -> float | None:
        """What a chart compares; None if it wasn't measured on this day."""
        if measure is Measure.BMI:
            return self.kg / (self.cm / 100) ** 2 if self.kg and self.cm else None
        if measure is Measure.WEIGHT_FOR_LENGTH:
            return self.kg if self.cm else None
        return {Measure.WEIGHT: self.kg, Measure.LENGTH: self.cm, Measure.HEAD: self.head}[measure]

    def stands(self, measure: Measure, female: bool) -> Growth | None:
        """The percentile by the tables that go with the age."""
        value = self.value(measure)
        if value is None:
            return None
        return assess(measure, female=female, months=self.compared, value=value, length=self.cm or 0)


def measured(patient: Patient, weeks: float | None = None) -> list[_Measured]:
    """The newest days on which weight, length or head were measured, under twenty years, oldest first: one query.

    ``weeks`` is the gestation at birth, None if it isn't known.
    """
    rows = patient.observations.standing().filter(code__in=_CODES, value_quantity__isnull=False, value_comparator="")
    days: dict[date, dict[str, Observation]] = defaultdict(dict)
    for row in rows.order_by("-effective_at", "id")[: MOST * len(_CODES)]:
        days[row.effective_at.astimezone(clinic_zone()).date()].setdefault(row.code, row)
    found = []
    for day, by_code in sorted(days.items())[-MOST:]:
        months = age_in_months(patient.birth_date, day)
        if 0 <= months < LAST_MONTH:
            kg, cm, head = (
                _number(by_code.get(code), unit) for code, unit in zip(_CODES, ("kg", "cm", "cm"), strict=True)
            )
            at = max(row.effective_at for row in by_code.values())
            compared = corrected(months, weeks)
            age = age_words(patient.birth_date, day)
            age = age if compared == months else f"{age}, corrected {compared:.1f}".replace("-", "−")
            found.append(_Measured(day, at, months, compared, age, by_code, kg, cm, head))
    return found


def _number(row: Observation | None, unit: str) -> float | None:
    value = in_unit(row, unit) if row is not None else None
    return float(value) if value is not None else None


def days(found: Sequence[_Measured], *, female: bool) -> list[Day]:
    """The table beside the charts, newest first."""
    return [_day(one, female) for one in reversed(found)]


def _day(one: _Measured, female: bool) -> Day:
    young = one.months < TWO_YEARS
    mass = one.value(Measure.BMI)
    return Day(
        when=formats.day(one.at),
        age=one.age,
        reference=(Reference.WHO if young else Reference.CDC).value,
        weight=_cell(one, vitals.WEIGHT, Measure.WEIGHT, female),
        height=_cell(one, vitals.HEIGHT, Measure.LENGTH, female),
        head=_cell(one, vitals.HEAD, Measure.HEAD, female),
        for_length=_placed(Value(""), one.stands(Measure.WEIGHT_FOR_LENGTH, female)) if young else None,
        mass=_placed(Value(f"{mass:.1f}", "kg/m²"), one.stands(Measure.BMI, female)) if mass and not young else None,
    )


def _cell(one: _Measured, code: str, measure: Measure, female: bool) -> Cell | None:
    row = one.rows.get(code)
    return _placed(value_of(row, "", months=one.months), one.stands(measure, female)) if row is not None else None


def _placed(value: Value, stands: Growth | None) -> Cell | None:
    if stands is None:
        return Cell(value) if value.text else None
    return Cell(value, percentile_words(stands.percentile), f"{stands.z:+.2f}".replace("-", "−"))


def drawing(name: str, found: Sequence[_Measured], *, female: bool, frame: Frame) -> Drawing:
    """The chart of this name with the measurements that belong on it."""
    sheet = SHEETS[name]
    spots = [(at, value, one) for one, at, value in _on(sheet, found)]
    end = _last(sheet, [at for at, _, _ in spots])
    xs = [sheet.start + (end - sheet.start) * place / _STEPS for place in range(_STEPS + 1)]
    cdc = _BMI_LINES if sheet.measure is Measure.BMI else _LINES
    centiles = _WHO_LINES if sheet.reference is Reference.WHO else cdc
    curves = {centile: _curve(sheet, centile, female, xs) for centile in centiles}
    values = [value for points in curves.values() for _, value in points] + [value for _, value, _ in spots]
    ticks = round_ticks(min(values), max(values), about=8)
    x, y = frame.x(sheet.start, end), frame.y(ticks[0], ticks[-1])
    placed = [Spot(x(at), y(value), _says(sheet, one, value, female)) for at, value, one in spots]
    return Drawing(
        name=name,
        sheet=sheet,
        whose="girls" if female else "boys",
        frame=frame,
        x_title=_x_title(sheet, [one for _, _, one in spots]),
        x_ticks=_x_ticks(sheet, end, x),
        y_ticks=number_ticks(ticks, y),
        lines=tuple(_line(centile, points, x, y) for centile, points in curves.items()),
        spots=tuple(placed),
        path=" ".join(f"{spot.x},{spot.y}" for spot in placed),
    )


def _on(sheet: Sheet, found: Iterable[_Measured]) -> Iterable[tuple[_Measured, float, float]]:
    """The days that belong on a chart: where they lie on its x axis, and the value."""
    for one in found:
        value = one.value(sheet.measure)
        young = one.months < TWO_YEARS
        if value is None or young != (sheet.reference is Reference.WHO):
            continue
        at = one.cm if sheet.by_length else one.compared
        if at is not None and sheet.start <= at <= sheet.end:
            yield one, at, value


def _last(sheet: Sheet, points: Sequence[float]) -> float:
    """Where the drawing ends: a small child's chart isn't drawn to twenty years."""
    if sheet.reference is Reference.WHO:
        return sheet.end
    return next(end for end in (84.0, 144.0, sheet.end) if not points or max(points) <= end - 6 or end == sheet.end)


def _curve(sheet: Sheet, centile: float, female: bool, xs: Sequence[float]) -> list[tuple[float, float]]:
    # WHO's rows are days: the last is the one before the second birthday.
    latest = TWO_YEARS - 1 / DAYS_A_MONTH if sheet.reference is Reference.WHO and not sheet.by_length else sheet.end
    places = [min(at, latest) for at in xs]
    values = curve(sheet.reference, sheet.measure, centile, female=female, points=places)
    return list(zip(xs, values, strict=True))


def _line(centile: float, points: Sequence[tuple[float, float]], x: Scale, y: Scale) -> Line:
    end, last = points[-1]
    drawn = " ".join(f"{x(at)},{y(value)}" for at, value in points)
    return Line(drawn, Tick(y(last), f"{centile:.0f}"), x(end), centile == 50)


def _x_title(sheet: Sheet, shown: Sequence[_Measured]) -> str:
    if sheet.by_length:
        return "Length in cm"
    if sheet.reference is Reference.CDC:
        return "Age in years"
    early = any(one.compared != one.months for one in shown)
    return "Age in months from the due date" if early else "Age in months"


def _x_ticks(sheet: Sheet, end: float, x: Scale) -> tuple[Tick, ...]:
    if sheet.by_length:
        return tuple(Tick(x(at), str(at)) for at in range(45, 111, 5))
    if sheet.reference is Reference.WHO:
        return tuple(Tick(x(at), str(at)) for at in range(0, 25, 2))
    step = 12 if end <= 144 else 24
    return tuple(Tick(x(at), str(at // 12)) for at in range(24, int(end) + 1, step))


def _says(sheet: Sheet, one: _Measured, value: float, female: bool) -> str:
    stands = one.stands(sheet.measure, female)
    place = f", percentile {percentile_words(stands.percentile)}" if stands else ""
    return f"{formats.day(one.at)}, {one.age}: {value:.1f} {sheet.unit}{place}"
