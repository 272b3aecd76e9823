from __future__ import annotations

from collections.abc import Iterator
from datetime import date

import pytest
from django.db import IntegrityError, transaction

from emr.codes.actions.releases import load_release
from emr.codes.importers.rows import ConceptRow, LineError, LoadError, Source
from emr.codes.models import CodeSystem, Concept, Release, Word
from emr.codes.systems import ICD10CM
from emr.codes.systems.registry import BY_URL
from tests.emr.codes.samples import load, loader, source

pytestmark = pytest.mark.django_db

A = ConceptRow("A00", "Cholera", "vibrio", properties={"block": "A00-A09"})
B = ConceptRow("B00", "Herpes")
OCTOBER = date(2026, 10, 1)
LAST_OF_SEPTEMBER = date(2026, 9, 30)


def test_the_first_release_writes_concepts_words_and_its_own_row() -> None:
    loaded = load(A, B)
    assert (loaded.outcome, loaded.added, loaded.ended) == ("loaded", 2, 0)
    release = Release.objects.get()
    assert (release.state, release.count, release.origin) == ("active", 2, "file")
    assert release.loaded_by == loader()
    cholera = Concept.objects.get(code="A00")
    assert (cholera.display, cholera.synonyms, cholera.properties) == ("Cholera", "vibrio", {"block": "A00-A09"})
    assert (cholera.valid_from, cholera.valid_to, cholera.active) == (None, None, True)
    assert set(Word.objects.values_list("word", "frequency")) == {("cholera", 1), ("vibrio", 1), ("herpes", 1)}


def test_the_same_source_changes_nothing() -> None:
    first = load(A, B)
    again = load(A, B)
    assert (again.outcome, again.release) == ("unchanged", first.release)
    assert Release.objects.count() == 1


def test_a_new_release_adds_changes_and_ends_but_never_deletes() -> None:
    load(A, B)
    kept = Concept.objects.get(code="A00").pk
    loaded = load(ConceptRow("A00", "Cholera, renamed"), ConceptRow("C00", "New"), version="2", effective_from=OCTOBER)
    assert (loaded.added, loaded.ended) == (1, 1)
    renamed, ended, new = Concept.objects.order_by("code")
    assert (renamed.pk, renamed.display, renamed.valid_from) == (kept, "Cholera, renamed", None)
    assert (ended.code, ended.valid_to, ended.active) == ("B00", LAST_OF_SEPTEMBER, False)
    assert (new.code, new.valid_from, new.active) == ("C00", OCTOBER, True)
    assert sorted(Release.objects.values_list("version", "state")) == [("1", "retired"), ("2", "active")]


def test_a_code_that_comes_back_is_valid_again() -> None:
    load(A, B)
    load(A, version="2", effective_from=OCTOBER)
    load(A, B, version="3")
    back = Concept.objects.get(code="B00")
    assert (back.valid_to, back.active) == (None, True)


def test_a_code_dropped_before_its_first_day_keeps_a_sound_period() -> None:
    load(A, ConceptRow("C00", "Too early", valid_from=date(2027, 1, 1)))
    load(A, version="2", effective_from=OCTOBER)
    assert not Concept.objects.get(code="C00").is_valid_on(date(2027, 2, 1))


def test_a_wrong_row_keeps_the_former_release() -> None:
    load(A, B)

    def rows() -> Iterator[ConceptRow]:
        yield ConceptRow("A00", "Changed")
        raise LoadError("own.csv", [LineError(3, "code", "is empty.")])

    with pytest.raises(LoadError):
        load_release(system=BY_URL[ICD10CM], source=Source("own.csv", "2", "other", rows), by=loader())
    assert Concept.objects.get(code="A00").display == "Cholera"
    assert list(Release.objects.values_list("version", "state")) == [("1", "active")]


def test_systems_do_not_touch_each_other() -> None:
    load(A)
    load(ConceptRow("A00", "Something else"), system="http://snomed.info/sct")
    assert sorted(Concept.objects.values_list("code_system__name", "display")) == [
        ("icd-10-cm", "Cholera"),
        ("snomed", "Something else"),
    ]


def test_progress_counts_the_rows() -> None:
    seen: list[tuple[int, int | None]] = []
    rows = [ConceptRow(f"A{number}", "x") for number in range(5_001)]
    load_release(
        system=BY_URL[ICD10CM],
        source=source(*rows),
        by=loader(),
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen == [(5_000, None), (5_001, None)]


def test_the_database_allows_one_active_release_of_a_system() -> None:
    load(A)
    system = CodeSystem.objects.get()
    with pytest.raises(IntegrityError, match="codes_release_one_active"), transaction.atomic():
        Release.objects.create(
            code_system=system, version="2", state="active", origin="file", checksum="x", loaded_by=loader()
        )
