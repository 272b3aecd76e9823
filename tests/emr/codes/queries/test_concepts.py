from __future__ import annotations

from datetime import date

import pytest
from pytest_django import DjangoAssertNumQueries

from emr.codes.coding import Coding
from emr.codes.importers.rows import ConceptRow
from emr.codes.queries.concepts import by_display, lookup, search, validity
from emr.codes.systems import ICD10CM, SNOMED
from tests.emr.codes.samples import DIAGNOSES, load

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _diagnoses(db: None) -> None:
    load(*DIAGNOSES)
    load(ConceptRow("44054006", "Type 2 diabetes mellitus in another system"), system=SNOMED)


def codes(text: str, **options: object) -> list[str]:
    return [hit.code for hit in search(ICD10CM, text, **options)]  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("E11", ["E11.9", "E11.65"]),
        ("e119", ["E11.9"]),
        ("e11.9", ["E11.9"]),
        ("E1", ["E11.9", "E11.65", "E10.9"]),
        ("diabetes", ["E11.9", "E11.65", "E10.9"]),
        ("mellitus 2 type", ["E11.9", "E11.65"]),
        ("diab typ", ["E11.9", "E11.65", "E10.9"]),
        ("dm2", ["E11.9"]),
        ("hypertension", ["I10", "P29.2", "R03.0"]),
        ("blood pressure", ["I10", "R03.0"]),
        ("asthma", ["J45.998", "J45.909", "J82.83"]),
        ("menieres", ["H81.01"]),
        ("MÉNIÈRE", ["H81.01"]),
        ("100%", []),
        ("_", []),
        ("", []),
        ("  ", []),
    ],
)
def test_ranking(text: str, expected: list[str]) -> None:
    assert codes(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("diabtes type 2", ["E11.9", "E11.65"]),
        ("hipertension", ["I10", "P29.2", "R03.0"]),
        ("astma", ["J45.998", "J45.909", "J82.83"]),
        ("type two diabetes", ["E11.9", "E11.65", "E10.9"]),
        ("xyzzyx", []),
    ],
)
def test_mistyped_words_find_what_is_meant_and_say_that_they_guess(text: str, expected: list[str]) -> None:
    hits = search(ICD10CM, text)
    assert [hit.code for hit in hits] == expected
    assert {hit.match for hit in hits} <= {"similar"}


def test_a_hit_says_how_it_was_found_and_is_a_coding() -> None:
    assert [(hit.match, hit.coding) for hit in search(ICD10CM, "I10")] == [
        ("code", Coding(ICD10CM, "I10", "Essential (primary) hypertension"))
    ]
    assert [hit.match for hit in search(ICD10CM, "covid")] == ["words"]


def test_the_limit_holds() -> None:
    assert codes("diabetes", limit=2) == ["E11.9", "E11.65"]


def test_headers_come_only_when_asked_for() -> None:
    assert "E11" not in codes("type 2 diabetes")
    assert codes("E11", selectable=False) == ["E11", "E11.9", "E11.65"]


@pytest.mark.parametrize(
    ("day", "expected"),
    [(date(2024, 9, 30), ["Z99.9"]), (date(2024, 10, 1), [])],
)
def test_only_codes_valid_on_the_day_are_found(day: date, expected: list[str]) -> None:
    assert codes("retired finding", on=day) == expected


def test_an_unloaded_system_finds_nothing() -> None:
    assert search("http://example.org/none", "diabetes") == []


def test_lookup_takes_a_code_as_it_is_typed() -> None:
    for typed in ("E11.9", "e11.9", " E119 "):
        found = lookup(ICD10CM, typed)
        assert found is not None
        assert found.code == "E11.9"
    assert lookup(ICD10CM, "E11.") == lookup(ICD10CM, "E11")
    assert lookup(ICD10CM, "E99") is None
    assert lookup(ICD10CM, "Z99.9", date(2025, 1, 1)) is None
    assert lookup(ICD10CM, "Z99.9") is not None


def test_lookup_does_not_choose_between_codes_that_look_alike() -> None:
    load(
        ConceptRow("Mg", "mega"),
        ConceptRow("mg", "milli"),
        ConceptRow("KG", "kilo"),
        system="http://unitsofmeasure.org",
    )
    exact = lookup("http://unitsofmeasure.org", "mg")
    assert exact is not None
    assert exact.display == "milli"
    assert lookup("http://unitsofmeasure.org", "MG") is None


@pytest.mark.parametrize(
    ("code", "day", "expected"),
    [
        ("E11.9", date(2026, 11, 1), "valid"),
        ("E11", date(2026, 11, 1), "header"),
        ("E119", date(2026, 11, 1), "unknown"),
        ("U07.1", date(2020, 3, 31), "not yet"),
        ("U07.1", date(2020, 4, 1), "valid"),
        ("Z99.9", date(2024, 9, 30), "valid"),
        ("Z99.9", date(2024, 10, 1), "no longer"),
    ],
)
def test_validity_on_the_day_of_service(code: str, day: date, expected: str) -> None:
    assert validity(ICD10CM, code, day) == expected


def test_by_display_wants_the_whole_of_it() -> None:
    assert [hit.code for hit in by_display(ICD10CM, "essential primary HYPERTENSION")] == ["I10"]
    assert by_display(ICD10CM, "essential primary") == []
    assert by_display(ICD10CM, "—") == []


@pytest.mark.parametrize(
    ("text", "queries"), [("E11.9", 2), ("type 2", 1), ("diabtes type 2", 3), ("xyzzyx", 3), ("type two diabetes", 3)]
)
def test_a_fixed_number_of_queries(text: str, queries: int, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    with django_assert_num_queries(queries):
        search(ICD10CM, text)
