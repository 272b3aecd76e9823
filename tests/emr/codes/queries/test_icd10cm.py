"""All of ICD-10-CM, loaded once for this file into a database of its own."""

from __future__ import annotations

import json
import re
import statistics
import time
from collections.abc import Iterator
from datetime import date
from typing import Any

import psycopg
import pytest
from django.db import connection

from emr.codes.actions.releases import Loaded, load_release
from emr.codes.models import Concept
from emr.codes.queries.concepts import lookup, search, validity
from emr.codes.systems import ICD10CM
from emr.codes.systems.icd10cm import common
from emr.codes.systems.registry import SYSTEMS
from tests import database
from tests.emr.codes.samples import loader

SYSTEM = SYSTEMS["icd-10-cm"]


def load() -> Loaded:
    assert SYSTEM.shipped is not None
    return load_release(system=SYSTEM, source=SYSTEM.shipped(), by=loader())


@pytest.fixture(scope="module", autouse=True)
def loaded(django_db_setup: None, django_db_blocker: Any, request: pytest.FixtureRequest) -> Iterator[Loaded]:
    name = f"icd_{request.config.workerinput['workerid']}" if hasattr(request.config, "workerinput") else "icd_main"
    database.create(name)
    with django_db_blocker.unblock(), database.using(name):
        done = load()
        # The tests run as the app's role, which may not analyse; the running clinic loads as the owner.
        with psycopg.connect(database.with_name(database.OWNER_URL, name)) as owner:
            owner.execute("ANALYZE codes_concept, codes_word")
        yield done
    database.drop(name)


def codes(text: str, limit: int = 20) -> list[str]:
    return [hit.code for hit in search(ICD10CM, text, limit=limit)]


def test_all_of_it_is_there(loaded: Loaded) -> None:
    assert loaded.outcome == "loaded"
    assert loaded.release.count == Concept.objects.count() > 98_000
    assert Concept.objects.filter(selectable=True).count() > 74_000


def test_a_billable_code_and_its_header() -> None:
    found, header = lookup(ICD10CM, "E11.9"), lookup(ICD10CM, "E11")
    assert found is not None
    assert header is not None
    assert (found.display, found.selectable) == ("Type 2 diabetes mellitus without complications", True)
    assert found.properties == {"parent": "E11", "block": "E08-E13", "chapter": "4"}
    assert header.properties == {"parent": "", "block": "E08-E13", "chapter": "4"}
    assert (header.display, header.selectable) == ("Type 2 diabetes mellitus", False)


def test_seventh_characters_are_codes_of_their_own() -> None:
    found = lookup(ICD10CM, "s52501a")
    assert found is not None
    assert found.code == "S52.501A"
    assert validity(ICD10CM, "S52.501", date(2026, 6, 1)) == "header"


def test_a_category_that_is_its_own_block_comes_once() -> None:
    found = lookup(ICD10CM, "B20")
    assert found is not None
    assert (found.selectable, found.properties["block"]) == (True, "B20")


def test_every_common_code_is_billable() -> None:
    assert Concept.objects.filter(common__gt=0, selectable=True).count() == len(common())


def test_the_second_load_changes_nothing_and_is_quick(loaded: Loaded) -> None:
    again = load()
    assert (again.outcome, again.release.pk) == ("unchanged", loaded.release.pk)


@pytest.mark.feature("F03")
@pytest.mark.parametrize(
    ("text", "first"),
    [
        ("E11.9", "E11.9"),
        ("e119", "E11.9"),
        ("diabetes", "E11.9"),
        ("type 2 diabetes", "E11.9"),
        ("diabtes type 2", "E11.9"),
        ("dm2", "E11.9"),
        ("htn", "I10"),
        ("high blood pressure", "I10"),
        ("hypertension", "I10"),
        ("hipertension", "I10"),
        ("cold", "J00"),
        ("strep throat", "J02.0"),
        ("uti", "N39.0"),
        ("left knee pain", "M25.562"),
        ("ear infection left", "H66.92"),
        ("well child", "Z00.129"),
        ("annual physical", "Z00.00"),
        ("migrane", "G43.909"),
        ("astma", "J45.909"),
        ("meniere right", "H81.01"),
        ("pecked by chicken", "W61.33XA"),
        ("fracture of unspecified part of neck of right femur", "S72.001A"),
    ],
)
def test_what_clinicians_type_finds_what_they_mean(text: str, first: str) -> None:
    assert codes(text)[0] == first


@pytest.mark.parametrize(
    "text", ["a", "S", "of", "e", "unspecified", "fracture", "initial encounter", "subsequent enc"]
)
def test_frequent_words_give_a_full_list(text: str) -> None:
    assert len(codes(text, limit=12)) == 12


#: Rare words are looked up, frequent ones met on the way through the shown order. Which is the cheaper for a word
#: between the two depends on the sample that ANALYZE happened to take.
_BY_WORDS = {"codes_concept_text", "codes_concept_shown"}


@pytest.mark.parametrize(
    ("text", "indexes"),
    [
        ("S72.0", {"codes_concept_code_key"}),
        ("hypertens", _BY_WORDS),
        ("menieres right", _BY_WORDS),
        ("unspecified", _BY_WORDS),
        ("initial encounter", _BY_WORDS),
    ],
)
def test_each_way_of_search_runs_on_an_index(text: str, indexes: set[str]) -> None:
    statements: list[tuple[str, Any]] = []

    def note(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        statements.append((sql, params))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        search(ICD10CM, text, limit=12)
    plans = [plan(sql, params) for sql, params in statements]
    assert any(index in text for text in plans for index in indexes)
    assert not any(re.search(r'"Seq Scan"[^{}]*"codes_concept"', text) for text in plans)


def plan(sql: str, params: Any) -> str:
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
        return json.dumps(cursor.fetchone()[0])


def test_mending_words_runs_on_its_indexes() -> None:
    from emr.codes.queries.spelling import _SIMILAR

    text = plan(_SIMILAR, {"system": ICD10CM, "words": ["diabtes", "hipertension"]})
    assert "codes_word_similar" in text


def test_an_answer_takes_a_moment_not_a_second() -> None:
    """Only far too slow fails: how fast it is depends on the machine."""
    spent = []
    for text in ("diab", "diabetes type", "fracture left", "unspecified", "e11", "hipertension", "s", "pain"):
        start = time.perf_counter()
        search(ICD10CM, text, limit=12)
        spent.append(time.perf_counter() - start)
    assert statistics.median(spent) < 2
