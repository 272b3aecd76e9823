"""Coordinates of a small trend line, computed here so that the template only prints attributes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from decimal import Decimal

_PAD = 4.0


@dataclass(frozen=True)
class Sparkline:
    """Everything the SVG needs, in its own user units."""

    width: int
    height: int
    line: str
    dots: tuple[tuple[float, float], ...]
    band: tuple[float, float] | None
    """Top and height of the reference range's band."""


def sparkline(
    values: Sequence[Decimal | float],
    *,
    low: Decimal | float | None = None,
    high: Decimal | float | None = None,
    width: int = 160,
    height: int = 36,
) -> Sparkline:
    """Place ``values`` (oldest first, evenly spaced) and the reference range ``low``–``high`` of the same unit.

    The scale takes in the range, so that a normal wobble does not look like an alarm. An empty list gives no dots.
    """
    numbers = [float(value) for value in values]
    bounds = [*numbers, *(float(bound) for bound in (low, high) if bound is not None)]
    if not bounds:
        return Sparkline(width, height, "", (), None)
    bottom, top = min(bounds), max(bounds)
    span = (top - bottom) or 1.0

    def y(value: float) -> float:
        return round(_PAD + (top - value) / span * (height - 2 * _PAD), 1)

    step = (width - 2 * _PAD) / max(len(numbers) - 1, 1)
    dots = tuple((round(_PAD + index * step, 1), y(value)) for index, value in enumerate(numbers))
    line = " ".join(f"{x},{height_at}" for x, height_at in dots)
    return Sparkline(width, height, line, dots, _band(y, low, high, top, bottom))


def _band(
    y: Callable[[float], float],
    low: Decimal | float | None,
    high: Decimal | float | None,
    top: float,
    bottom: float,
) -> tuple[float, float] | None:
    if low is None and high is None:
        return None
    upper = y(float(high) if high is not None else top)
    lower = y(float(low) if low is not None else bottom)
    return (upper, max(round(lower - upper, 1), 1.0))
