"""The rules of care: each file's own examples, and its source and version."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest

from clinic.care_rules import Event, Facts, GapStatus, Rule, Silence, code_of, evaluate, months_after, rules

pytestmark = pytest.mark.feature("F16")

#: The day on which the examples are looked at.
TODAY = date(2026, 11, 22)
_EXAMPLES = [(rule, example) for rule in rules() for example in rule.examples]


def facts(example: Mapping[str, Any], *silences: Silence) -> Facts:
    """The facts of an example: a code with a day is an event, one without a problem."""
    told = [entry.partition(" ") for entry in example.get("chart", ())]
    return Facts(
        born=example["born"],
        sex=example.get("sex", "female"),
        problems=tuple(code_of(code) for code, _, day in told if not day),
        events=tuple(Event(code_of(code), date.fromisoformat(day)) for code, _, day in told if day),
        silences=silences,
    )


@pytest.mark.parametrize(("rule", "example"), _EXAMPLES, ids=[f"{r.name}: {e['says']}" for r, e in _EXAMPLES])
def test_each_example_is_as_its_file_says(rule: Rule, example: Mapping[str, Any]) -> None:
    gap = evaluate(rule, facts(example), TODAY)
    assert (gap.status, gap.since, gap.next) == (example["status"], example.get("since"), example.get("next"))


def test_every_rule_says_where_it_comes_from_and_has_examples() -> None:
    assert len(rules()) == 16
    assert [rule.name for rule in rules() if not (rule.source and rule.version and rule.advice and rule.examples)] == []


def test_a_decision_silences_until_its_day_and_what_is_done_needs_none() -> None:
    rule, example = _EXAMPLES[0]
    due = next(one for one in rule.examples if one["status"] == "due")
    tomorrow = date(2026, 11, 23)
    silenced = [
        evaluate(rule, facts(due, Silence(name, "Declined", until)), TODAY).status
        for name, until in ((rule.name, None), (rule.name, tomorrow), (rule.name, TODAY), ("another", None))
    ]
    assert silenced == [GapStatus.SILENCED, GapStatus.SILENCED, GapStatus.DUE, GapStatus.DUE]
    assert example["status"] in set(GapStatus)


def test_months_are_over_when_they_are() -> None:
    assert [months_after(date(2026, 8, day), 6) for day in (28, 29, 31)] == [
        date(2027, 2, 28),
        date(2027, 3, 1),
        date(2027, 3, 1),
    ]
