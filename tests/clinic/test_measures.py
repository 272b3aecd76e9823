"""Measurements as they are typed: the digits stay, whatever unit is said."""

from __future__ import annotations

from decimal import Decimal

import pytest

from clinic.measures import Measure, UnreadableMeasure, in_other_words, pounds_and_ounces, read_measure

pytestmark = pytest.mark.feature("F01")

LENGTHS, WEIGHTS, HEAT = ("cm", "[in_i]"), ("kg", "[lb_av]", "g"), ("Cel", "[degF]")


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("177", "177", "cm"),
        ("177.0", "177.0", "cm"),
        ("177,5 cm", "177.5", "cm"),
        ("71 in", "71", "[in_i]"),
        ("5'11\"", "71", "[in_i]"),
        ("5'11", "71", "[in_i]"),
        ("5' 11.5", "71.5", "[in_i]"),
        ("5\u203211\u2033", "71", "[in_i]"),
        ("5\u2032 11\u2033", "71", "[in_i]"),
        ("5\u201911\u201d", "71", "[in_i]"),
        ("5 ft 11 in", "71", "[in_i]"),
        ("6 feet", "72", "[in_i]"),
        ("5'0", "60", "[in_i]"),
    ],
)
def test_lengths(text: str, value: str, unit: str) -> None:
    found = read_measure(text, units=LENGTHS, usual="cm")
    assert (str(found.value), found.unit) == (value, unit)


@pytest.mark.parametrize(
    ("text", "value", "unit"),
    [
        ("70", "70", "kg"),
        ("154 lb", "154", "[lb_av]"),
        ("154#", "154", "[lb_av]"),
        ("12 lb 3 oz", "12.1875", "[lb_av]"),
        ("7lbs 15.5oz", "7.96875", "[lb_av]"),
        ("3500 g", "3500", "g"),
    ],
)
def test_weights(text: str, value: str, unit: str) -> None:
    assert read_measure(text, units=WEIGHTS, usual="kg") == Measure(Decimal(value), unit)


def test_temperatures_keep_their_last_digit() -> None:
    assert str(read_measure("38.0", units=HEAT, usual="Cel").value) == "38.0"
    assert read_measure("98.6 F", units=HEAT, usual="Cel") == Measure(Decimal("98.6"), "[degF]")


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("tall", "no number"),
        ("", "no number"),
        ("5'12", "more than fits"),
        ("12 lb 16 oz", "more than fits"),
        ("5 ells", "not known"),
        ("-5", "no number"),
        ("1e3", "no number"),
        ("70 kg", "not in a unit"),
        ("5'11'11", "no number"),
    ],
)
def test_what_is_no_length_is_told(text: str, says: str) -> None:
    with pytest.raises(UnreadableMeasure, match=says):
        read_measure(text, units=LENGTHS, usual="cm")


@pytest.mark.parametrize(
    ("value", "unit", "said"),
    [
        ("12.1875", "[lb_av]", "12 lb 3 oz"),
        ("7.96875", "[lb_av]", "7 lb 15.5 oz"),
        ("154.5", "[lb_av]", ""),
        ("87.7532871", "[lb_av]", ""),
        ("12.1875", "kg", ""),
    ],
)
def test_ounces_are_shown_where_two_decimals_would_lose_them(value: str, unit: str, said: str) -> None:
    assert pounds_and_ounces(Decimal(value), unit) == said


@pytest.mark.parametrize(
    ("value", "unit", "also"),
    [
        ("70", "kg", "154.3 lb"),
        ("177", "cm", "5 ft 9.7 in"),
        ("71", "[in_i]", "180.3 cm"),
        ("50", "cm", "19.7 in"),
        ("38", "Cel", "100.4 °F"),
        ("98.6", "[degF]", "37 °C"),
        ("72", "/min", ""),
    ],
)
def test_the_other_unit_is_for_display(value: str, unit: str, also: str) -> None:
    assert in_other_words(Decimal(value), unit) == also
