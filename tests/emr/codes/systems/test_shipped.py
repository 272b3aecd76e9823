"""What comes with the product, but for ICD-10-CM, which has a file of its own."""

from __future__ import annotations

from decimal import Decimal

import pytest

from emr.codes import systems
from emr.codes.importers.rows import ConceptRow
from emr.codes.systems.icd10cm import common
from emr.codes.systems.registry import BY_URL, SYSTEMS
from emr.codes.units import units


def shipped(name: str) -> dict[str, ConceptRow]:
    source = SYSTEMS[name].shipped
    assert source is not None
    return {row.code: row for row in source().rows()}


def test_each_named_url_has_its_system() -> None:
    named = {value for name, value in vars(systems).items() if name.isupper()}
    assert named == set(BY_URL)


def test_licensed_sets_are_not_shipped() -> None:
    assert {name for name, system in SYSTEMS.items() if system.shipped is None} == {
        "hcpcs",
        "cpt",
        "rxnorm",
        "snomed",
        "carc",
        "rarc",
    }


@pytest.mark.parametrize(
    ("name", "code", "display", "count"),
    [
        ("loinc", "8480-6", "Systolic blood pressure", 25),
        ("ucum", "[lb_av]", "lb", 42),
        ("cvx", "115", "Tdap", 288),
        ("place-of-service", "11", "Office", 52),
        ("nucc-taxonomy", "207Q00000X", "Family medicine doctor", 17),
    ],
)
def test_shipped_sets(name: str, code: str, display: str, count: int) -> None:
    rows = shipped(name)
    assert rows[code].display == display
    assert len(rows) == count


def test_every_unit_of_a_vital_sign_is_a_shipped_unit_and_convertible() -> None:
    vitals, known = shipped("loinc"), shipped("ucum")
    for row in vitals.values():
        allowed = row.properties["units"]
        assert isinstance(allowed, list)
        assert set(allowed) <= set(known), row
        assert len({units()[code].quantity for code in allowed}) <= 1, row


def test_panels_of_vital_signs_are_shipped_too() -> None:
    vitals = shipped("loinc")
    assert {str(row.properties["panel"]) for row in vitals.values()} - {""} <= set(vitals)


def test_units_are_exact_decimals() -> None:
    assert all(unit.factor > 0 and unit.divisor > 0 for unit in units().values())
    assert units()["[oz_av]"].factor * 16 == units()["[lb_av]"].factor == Decimal("453.59237")


def test_common_diagnoses_are_ranked_one_or_two() -> None:
    assert {rank for rank, _ in common().values()} == {1, 2}
    assert common()["E11.9"][0] == 2
