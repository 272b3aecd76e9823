"""Coordinates of charts that are drawn on the server: scales with round ticks, on numbers and on true time."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from emr.shared.dates import clinic_zone
from emr.ui import formats

_MONTH = 30.4375
#: Steps of the time axis in months, the first of which gives few enough ticks is taken; below them days.
_MONTH_STEPS = (1, 2, 3, 6, 12, 24, 60, 120)
_DAY_STEPS = (1, 2, 7, 14)
_MOST_TICKS = 8


@dataclass(frozen=True)
class Tick:
    """A mark on an axis: its place in the drawing, and its words."""

    at: float
    label: str


@dataclass(frozen=True)
class Scale:
    """From a range of values to a range of places. ``end`` may lie before ``start``: y grows downward."""

    low: float
    high: float
    start: float
    end: float

    def __call__(self, value: float) -> float:
        """The place of a value, to a tenth."""
        share = (value - self.low) / ((self.high - self.low) or 1.0)
        return round(self.start + share * (self.end - self.start), 1)


@dataclass(frozen=True)
class Frame:
    """The drawing's size and where the plot lies in it, in the drawing's own units."""

    width: int = 760
    height: int = 280
    left: int = 52
    right: int = 16
    top: int = 14
    bottom: int = 30

    @property
    def floor(self) -> int:
        """Where the x axis runs."""
        return self.height - self.bottom

    @property
    def edge(self) -> int:
        """Where the plot ends at the right."""
        return self.width - self.right

    def x(self, low: float, high: float) -> Scale:
        """The scale from left to right."""
        return Scale(low, high, self.left, self.edge)

    def y(self, low: float, high: float) -> Scale:
        """The scale from bottom to top."""
        return Scale(low, high, self.floor, self.top)


def round_ticks(low: float, high: float, about: int = 5) -> list[float]:
    """Round numbers that enclose ``low`` to ``high``, by a step of 1, 2 or 5 times a power of ten."""
    span = (high - low) or abs(high) or 1.0
    raw = span / about
    power = 10.0 ** math.floor(math.log10(raw))
    step = next(power * factor for factor in (1, 2, 5, 10) if power * factor >= raw * 0.999)
    first = math.floor(low / step + 1e-9)
    last = math.ceil(high / step - 1e-9)
    return [round(index * step, 10) for index in range(first, max(last, first + 1) + 1)]


def number_ticks(values: Sequence[float], scale: Scale) -> tuple[Tick, ...]:
    """Ticks at these values, with as many places as the finest needs."""
    places = max((len(f"{value:.10g}".partition(".")[2]) for value in values), default=0)
    return tuple(Tick(scale(value), f"{value:,.{places}f}".replace("-", "−")) for value in values)


def time_ticks(start: datetime, end: datetime, scale: Scale) -> tuple[Tick, ...]:
    """First days of months or years between two instants, or days where they are close; in the clinic's zone."""
    first, last = (moment.astimezone(clinic_zone()).date() for moment in (start, end))
    return tuple(Tick(scale(_instant(day).timestamp()), label) for day, label in _days(first, last))


def _days(first: date, last: date) -> list[tuple[date, str]]:
    months = (last - first).days / _MONTH
    if months <= 2:
        step = next((step for step in _DAY_STEPS if (last - first).days / step <= _MOST_TICKS), _DAY_STEPS[-1])
        days = [first + timedelta(days=place) for place in range(0, (last - first).days + 1, step)]
        return [(day, formats.day_short(day)) for day in days]
    step = next((step for step in _MONTH_STEPS if months / step <= _MOST_TICKS), _MONTH_STEPS[-1])
    places = range((first.year * 12 + first.month - 1) // step * step, last.year * 12 + last.month, step)
    days = [date(place // 12, place % 12 + 1, 1) for place in places]
    return [(day, str(day.year) if step >= 12 else formats.day(day)[3:]) for day in days if first <= day <= last]


def _instant(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=clinic_zone()).astimezone(UTC)
