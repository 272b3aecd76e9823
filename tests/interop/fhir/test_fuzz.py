"""Whatever a bundle holds, the import says what is wrong with it and never falls over."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from emr.audit.actor import service_user
from interop.fhir.bundle import BundleError, parse_bundle
from interop.fhir.importer import ImportRefused, import_bundle
from interop.fhir.report import Outcome
from interop.models import SourceRecord
from tests.interop.fhir.bundles import bundle

pytestmark = pytest.mark.django_db

_DEEP: Any = "x"
for _ in range(70):
    _DEEP = [_DEEP]

ODD = st.one_of(
    st.sampled_from(
        [
            None,
            True,
            0,
            -1,
            10**40,
            1e308,
            float("nan"),
            float("inf"),
            "",
            " ",
            "\x00",
            "\ud800",
            "x" * 3000,
            "2011-13-40",
            "2011",
            "0001-01-01",
            "9999-12-31T23:59:59-14:00",
            "Patient/p1",
            "urn:uuid:p1",
            "urn:uuid:e1",
            [],
            {},
            [None],
            [[]],
            [{}],
            {"coding": None},
            {"coding": [None]},
            {"reference": 1},
            {"start": []},
            _DEEP,
        ]
    ),
    st.text(max_size=20),
    st.integers(),
    st.floats(),
    st.recursive(st.none() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=2), max_leaves=4),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a JSON value."""
    found = [path] if path else []
    if isinstance(value, dict):
        found += [place for key, item in value.items() for place in places(item, (*path, key))]
    if isinstance(value, list):
        found += [place for index, item in enumerate(value) for place in places(item, (*path, index))]
    return found


WHOLE = bundle()
PLACES = [place for place in places(WHOLE) if place[0] == "entry"]


def mutated(changes: list[tuple[tuple[Any, ...], Any, bool]]) -> Any:
    """The small bundle with odd values in some places, or without what stood there."""
    changed = copy.deepcopy(WHOLE)
    for path, odd, drop in changes:
        holder = changed
        try:
            for step in path[:-1]:
                holder = holder[step]
            if drop:
                del holder[path[-1]]
            else:
                holder[path[-1]] = copy.deepcopy(odd)
        except (KeyError, IndexError, TypeError):
            continue
    return changed


def check(content: Any) -> None:
    """Import it: every entry has an outcome, every refusal its place, and the transaction stays sound."""
    report = import_bundle(content, by=service_user("import"), source="fuzz")
    entries = content["entry"] if isinstance(content.get("entry"), list) else []
    seen = sum(report.counts.values())
    whole_refused = [finding for finding in report.refused if finding.entry is None]
    assert not whole_refused or not isinstance(content.get("entry"), list), [str(one) for one in report.refused]
    assert seen <= len(entries)
    assert all(str(finding) and finding.file == "bundle" for finding in report.refused)
    # The readers name the element; the last net, which can't, is for what nobody has thought of.
    assert not [str(one) for one in report.refused if "is not built" in one.message]
    kept = {record.resource_type + "/" + record.source_id for record in SourceRecord.objects.filter(source="fuzz")}
    refused = {finding.resource for finding in report.refused}
    assert not kept & refused - {f.resource for f in report.refused if "twice" in f.message}
    connection.check_constraints()


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(changes=st.lists(st.tuples(st.sampled_from(PLACES), ODD, st.booleans()), min_size=1, max_size=4))
def test_odd_values_anywhere_are_reported(changes: list[tuple[tuple[Any, ...], Any, bool]]) -> None:
    with transaction.atomic():
        check(mutated(changes))
        transaction.set_rollback(True)


def test_an_odd_value_in_each_third_place() -> None:
    """In turn the kinds of value that have broken readers before."""
    odd = ([None], {"coding": [None]}, 10**40, "x" * 3000, ["x"])
    for number, place in enumerate(PLACES[::3]):
        with transaction.atomic():
            check(mutated([(place, odd[number % 5], False)]))
            transaction.set_rollback(True)


@settings(max_examples=100, deadline=None)
@given(raw=st.binary(max_size=200) | st.text(max_size=200).map(str.encode))
@example(raw=b"[" * 100_000)
@example(raw=b'{"resourceType": "Bundle", "entry": [{"a": ' + b"9" * 5000 + b"}]}")
@example(raw=b'{"resourceType": "Bundle", "entry": [{"a": 1e999999999999999999999}]}')
def test_any_bytes_are_a_bundle_or_say_why_not(raw: bytes) -> None:
    try:
        assert parse_bundle(raw)["resourceType"] == "Bundle"
    except BundleError as error:
        assert str(error)  # noqa: PT017  # either outcome is right


def test_all_or_nothing_keeps_nothing() -> None:
    content = mutated([(("entry", 4, "resource", "code"), None, True)])
    with pytest.raises(ImportRefused) as refused:
        import_bundle(content, by=service_user("import"), source="fuzz", all_or_nothing=True)
    assert not SourceRecord.objects.exists()
    report = refused.value.report
    assert [str(finding) for finding in report.refused] == ["bundle, entry 4 (Condition/c1): code is missing"]
    assert report.total(Outcome.CREATED) == 0
    assert "Nothing was kept." in list(report.lines())


def test_the_small_life_is_whole() -> None:
    """What the mutations start from imports without a word against it."""
    report = import_bundle(json.loads(json.dumps(WHOLE)), by=service_user("import"), source="fuzz")
    assert [str(finding) for finding in report.refused] == []
    assert report.total(Outcome.CREATED) == 13
    assert report.total(Outcome.KEPT) == 2
