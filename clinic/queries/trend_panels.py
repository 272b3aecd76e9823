"""The drawing of a trend: one unit, true time from left to right, the reference range as a pale band."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from statistics import median

from clinic import vitals
from clinic.growth import age_in_months
from clinic.models import Patient
from clinic.models.observations import ValueMixin
from clinic.queries.observations import unit_words
from emr.codes.units import convert
from emr.shared.dates import clinic_day
from emr.shared.errors import DomainError
from emr.ui import formats
from emr.ui.charts import Frame, Scale, Tick, number_ticks, round_ticks, time_ticks

_DAY = 86400.0


@dataclass(frozen=True)
class Dot:
    """A point of the drawing: what it says, and whether it is out of range (``mark``) or a bound (``open``)."""

    x: float
    y: float
    text: str
    mark: str = ""
    open: bool = False
    foot: float | None = None
    """The lower end of a blood pressure, which is drawn as an upright with two ends."""


@dataclass(frozen=True)
class Panel:
    """A drawing: one unit, true time from left to right."""

    label: str
    unit: str
    frame: Frame
    x_ticks: tuple[Tick, ...]
    y_ticks: tuple[Tick, ...]
    lines: tuple[str, ...]
    dots: tuple[Dot, ...]
    band: tuple[float, float] | None
    """Top and height of the reference range."""
    limits: tuple[Tick, ...]
    range: str
    converted: int


@dataclass(frozen=True)
class Point:
    """A number at a moment in the drawing's unit. ``part`` is what was recorded, ``foot`` a diastolic pressure."""

    at: datetime
    part: ValueMixin
    value: Decimal
    text: str
    mark: str
    foot: Decimal | None = None


def panel_of(name: str, code: str, points: Sequence[Point], patient: Patient) -> Panel:
    """The drawing of points of one unit, ``code``, oldest first; ``name`` is that of the part, if it is one of several.

    The scale takes in the reference range and a tenth around the values, so that a normal wobble is no alarm.
    """
    frame = Frame()
    low, high = _range(points, code, patient)
    limits = _limits(points, patient)
    numbers = [float(point.value) for point in points] + [
        float(point.foot) for point in points if point.foot is not None
    ]
    bounds = [*numbers, *(float(bound) for bound in (low, high, *limits) if bound is not None)]
    slack = abs(median(numbers)) * 0.1
    ticks = round_ticks(min([*bounds, min(numbers) - slack]), max([*bounds, max(numbers) + slack]))
    y = frame.y(ticks[0], ticks[-1])
    start, end = _ends(points)
    x = frame.x(start.timestamp(), end.timestamp())
    return Panel(
        label=name,
        unit=unit_words(code),
        frame=frame,
        x_ticks=time_ticks(start, end, x),
        y_ticks=number_ticks(ticks, y),
        lines=tuple(
            " ".join(f"{x(point.at.timestamp())},{y(float(point.value))}" for point in run) for run in _runs(points)
        ),
        dots=tuple(
            Dot(
                x=x(point.at.timestamp()),
                y=y(float(point.value)),
                text=f"{formats.day(point.at)}: {point.text}",
                mark=point.mark,
                open=bool(point.part.value_comparator),
                foot=y(float(point.foot)) if point.foot is not None else None,
            )
            for point in points
        ),
        band=_band(low, high, y, frame),
        limits=tuple(Tick(y(float(bound)), f"{bound:f}") for bound in limits),
        range=_range_words(low, high, code),
        converted=sum(1 for point in points if point.part.value_unit != code),
    )


def _ends(points: Sequence[Point]) -> tuple[datetime, datetime]:
    """A little before the first and after the last, so that no point sits on an edge."""
    first, last = points[0].at, points[-1].at
    room = max((last - first) * 0.03, timedelta(days=1)) if last > first else timedelta(days=15)
    return first - room, last + room


def _runs(points: Sequence[Point]) -> Iterable[list[Point]]:
    """The points that a line joins: none across a gap in which nothing was measured. Uprights are never joined."""
    if points[0].foot is not None or len(points) < 2:
        return
    gaps = [(later.at - earlier.at).total_seconds() / _DAY for earlier, later in pairwise(points)]
    longest = max(5 * median(gaps), 180.0)
    run = [points[0]]
    for gap, point in zip(gaps, points[1:], strict=True):
        if gap > longest:
            yield run
            run = []
        run.append(point)
    yield run


def _range(points: Sequence[Point], code: str, patient: Patient) -> tuple[Decimal | None, Decimal | None]:
    """The reference range in the drawing's unit: the one that came with the newest value, or a vital sign's own.

    None for a child whose range changed with age meanwhile.
    """
    newest = points[-1].part
    if newest.reference_low is not None or newest.reference_high is not None:
        return newest.reference_low, newest.reference_high
    vital = vitals.VITALS.get(getattr(newest, "code", ""))
    if vital is None or points[-1].foot is not None:
        return None, None
    ages = [age_in_months(patient.birth_date, clinic_day(point.at)) for point in (points[0], points[-1])]
    then, now = (vitals.range_at(vital.code, months) for months in ages)
    if then != now:
        return None, None
    low, high = (_converted(bound, vital.units[0], code) for bound in (now.low, now.high))
    return low, high


def _converted(bound: Decimal | None, code: str, to: str) -> Decimal | None:
    if bound is None or code == to:
        return bound
    try:
        return round(convert(bound, code, to), 1)
    except DomainError:
        return None


def _limits(points: Sequence[Point], patient: Patient) -> list[Decimal]:
    """The highest normal numbers of a blood pressure, drawn as lines."""
    if points[-1].foot is None:
        return []
    months = age_in_months(patient.birth_date, clinic_day(points[-1].at))
    highs = (vitals.range_at(code, months).high for code in (vitals.SYSTOLIC, vitals.DIASTOLIC))
    return [high for high in highs if high is not None]


def _band(low: Decimal | None, high: Decimal | None, y: Scale, frame: Frame) -> tuple[float, float] | None:
    if low is None and high is None:
        return None
    top = y(float(high)) if high is not None else frame.top
    floor = y(float(low)) if low is not None else frame.floor
    return top, max(round(floor - top, 1), 1.0)


def _range_words(low: Decimal | None, high: Decimal | None, code: str) -> str:
    if low is None and high is None:
        return ""
    words = f"from {low:f}" if high is None else f"up to {high:f}" if low is None else f"{low:f} to {high:f}"
    return f"{words} {unit_words(code)}"
