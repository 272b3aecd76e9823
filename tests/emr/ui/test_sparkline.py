"""Trend lines: true proportions, empty and flat series."""

from __future__ import annotations

from decimal import Decimal

from emr.ui.sparkline import sparkline


def test_higher_values_stand_higher() -> None:
    drawn = sparkline([Decimal("7.0"), Decimal("8.1")])
    assert drawn.dots[0][1] > drawn.dots[1][1]
    assert drawn.line == "4.0,32.0 156.0,4.0"


def test_the_reference_range_is_inside_the_picture() -> None:
    drawn = sparkline([9], low=4, high=7)
    assert drawn.band is not None
    top, height = drawn.band
    assert top > drawn.dots[0][1]
    assert top + height <= drawn.height


def test_nothing_and_one_flat_value() -> None:
    assert sparkline([]).dots == ()
    assert len(sparkline([5, 5, 5]).dots) == 3
