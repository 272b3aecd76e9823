from __future__ import annotations

from decimal import Decimal

import pytest

from emr.codes.units import convert, unit
from emr.shared.errors import DomainError


@pytest.mark.parametrize(
    ("value", "code", "to", "expected"),
    [
        ("98.6", "[degF]", "Cel", "37"),
        ("37", "Cel", "[degF]", "98.6"),
        ("-40", "Cel", "[degF]", "-40"),
        ("1", "[lb_av]", "kg", "0.45359237"),
        ("72.57", "kg", "kg", "72.57"),
        ("1", "[lb_av]", "[oz_av]", "16"),
        ("5", "[ft_i]", "[in_i]", "60"),
        ("70", "[in_i]", "cm", "177.8"),
        ("5.5", "h", "min", "330"),
    ],
)
def test_units_convert_exactly(value: str, code: str, to: str, expected: str) -> None:
    assert convert(Decimal(value), code, to) == Decimal(expected)


def test_different_quantities_do_not_convert() -> None:
    with pytest.raises(DomainError, match="kg can't be given in cm"):
        convert(Decimal(1), "kg", "cm")


def test_the_case_of_a_unit_matters() -> None:
    assert unit("Cel").display == "°C"
    with pytest.raises(DomainError, match="“cel” is not a unit"):
        unit("cel")
