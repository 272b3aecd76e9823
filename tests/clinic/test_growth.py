"""Percentiles of growth against the published tables and their own percentile columns."""

from __future__ import annotations

import csv
from datetime import date, timedelta

import pytest

from clinic.growth import (
    CENTILES,
    DAYS_A_MONTH,
    Measure,
    Reference,
    _cdc_folder,
    age_in_months,
    age_words,
    assess,
    corrected,
    curve,
    reference_for,
    row_at,
)

pytestmark = pytest.mark.feature("F02")


def test_the_vector() -> None:
    """A boy of 9.5 months who weighs 9.7 kg, by the CDC's infant chart."""
    row = row_at(Reference.CDC, Measure.WEIGHT, female=False, at=9.5)
    assert row is not None
    assert (row.l, row.m, row.s) == (-0.1600954, 9.476500305, 0.11218624)
    found = assess(Measure.WEIGHT, female=False, months=9.5, value=9.7, reference=Reference.CDC)
    assert found is not None
    assert f"{found.z:.4f}" == "0.2074"
    assert f"{found.percentile:.1f}" == "58.2"
    assert f"{curve(Reference.CDC, Measure.WEIGHT, 5, female=False, points=[9.5])[0]:.2f}" == "7.90"


@pytest.mark.parametrize(
    ("name", "measure"),
    [
        ("wtageinf.csv", Measure.WEIGHT),
        ("wtage.csv", Measure.WEIGHT),
        ("lenageinf.csv", Measure.LENGTH),
        ("lenage.csv", Measure.LENGTH),
        ("wtleninf.csv", Measure.WEIGHT_FOR_LENGTH),
        ("bmiage.csv", Measure.BMI),
        ("hcageinf.csv", Measure.HEAD),
    ],
)
def test_each_line_of_the_cdc_is_drawn_where_the_cdc_draws_it(name: str, measure: Measure) -> None:
    """The tables hold the percentiles, too: ours are computed from L, M and S, and must come to the same."""
    with (_cdc_folder() / name).open(encoding="utf-8-sig", newline="") as lines:
        rows = list(csv.DictReader(lines))
    checked = 0
    for line in rows:
        at = float(line.get("Agemos") or line["Length"])
        if name.endswith("ageinf.csv") and measure is not Measure.HEAD and at >= 24:
            continue  # from the second birthday on the other chart is used
        for centile in CENTILES:
            ours = curve(Reference.CDC, measure, centile, female=line["Sex"] == "2", points=[at])
            assert ours == pytest.approx([float(line[f"P{centile}"])], rel=2e-5), (name, at, centile)
            checked += 1
    assert checked > 400


@pytest.mark.parametrize(
    ("measure", "female", "months", "value", "z"),
    [
        # WHO's own tables of z-scores, at birth: the median, and the value at minus two SD.
        (Measure.WEIGHT, True, 0.0, 3.2322, 0.0),
        (Measure.WEIGHT, False, 0.0, 3.3464, 0.0),
        (Measure.LENGTH, False, 0.0, 49.8842 - 2 * 1.8931, -2.0),
    ],
)
def test_who_under_two(measure: Measure, female: bool, months: float, value: float, z: float) -> None:
    found = assess(measure, female=female, months=months, value=value)
    assert found is not None
    assert found.reference is Reference.WHO
    assert found.z == pytest.approx(z, abs=1e-3)


def test_beyond_three_sd_who_counts_in_steps_of_the_last() -> None:
    """A weight one step above the third SD is four SD above the median."""
    row = row_at(Reference.WHO, Measure.WEIGHT, female=True, at=12)
    assert row is not None
    value = row.value(3) + (row.value(3) - row.value(2))
    found = assess(Measure.WEIGHT, female=True, months=12, value=value)
    assert found is not None
    assert found.z == pytest.approx(4.0)


@pytest.mark.parametrize("born", [date(2021, 3, 1), date(2020, 1, 1), date(2023, 12, 31), date(2022, 7, 15)])
def test_birthdays_turn_the_tables_and_the_bands_whatever_leap_years_lie_between(born: date) -> None:
    for years in (1, 2, 3, 12, 18, 20):
        birthday = born.replace(year=born.year + years)
        before, on = (age_in_months(born, day) for day in (birthday - timedelta(days=1), birthday))
        assert before < 12 * years <= on
    second = born.replace(year=born.year + 2)
    eve, day = (age_in_months(born, one) for one in (second - timedelta(days=1), second))
    assert (reference_for(eve), reference_for(day)) == (Reference.WHO, Reference.CDC)
    for measure, value in ((Measure.WEIGHT, 12.0), (Measure.LENGTH, 87.0), (Measure.BMI, 16.5)):
        for months in (eve, day):
            assert assess(measure, female=False, months=months, value=value) is not None
    assert age_words(born, second) == "2 y 0 mo"
    assert age_words(born, born.replace(year=born.year + 3)) == "3 y 0 mo"


def test_the_reference_changes_on_the_second_birthday() -> None:
    born = date(2024, 2, 29)
    assert reference_for(age_in_months(born, date(2026, 2, 28))) is Reference.WHO
    assert reference_for(age_in_months(born, date(2026, 3, 1))) is Reference.CDC


def test_until_two_years_a_child_born_before_term_is_compared_by_the_age_from_its_due_date() -> None:
    months = 84 / DAYS_A_MONTH
    assert corrected(months, 28) == pytest.approx(0, abs=1e-9)
    assert corrected(months, 32) == pytest.approx(28 / DAYS_A_MONTH)
    assert corrected(1.0, 28) < 0
    assert assess(Measure.WEIGHT, female=True, months=corrected(1.0, 28), value=1.5) is None
    unchanged = [corrected(months, weeks) for months, weeks in ((5.0, 37), (5.0, 40), (5.0, None), (24.0, 28))]
    assert unchanged == [5.0, 5.0, 5.0, 24.0]


def test_between_two_months_the_three_numbers_are_interpolated() -> None:
    first, middle, last = (row_at(Reference.CDC, Measure.WEIGHT, female=False, at=at) for at in (36.5, 37.0, 37.5))
    assert first is not None
    assert middle is not None
    assert last is not None
    assert middle.m == pytest.approx((first.m + last.m) / 2)


@pytest.mark.parametrize(("months", "value"), [(-1, 3), (241, 60), (300, 60), (30, 0), (30, -4)])
def test_outside_the_tables_there_is_no_percentile(months: float, value: float) -> None:
    assert assess(Measure.WEIGHT, female=True, months=months, value=value) is None
