"""Answers are checked against their question, and only those count that are asked."""

from __future__ import annotations

import pytest

from clinic.questionnaires import shipped
from clinic.questionnaires.answers import check_answer, in_words, settled
from clinic.questionnaires.items import flat, parse_items
from emr.shared.errors import DomainError

pytestmark = pytest.mark.feature("B08")

ITEMS = parse_items(shipped.questionnaires()["before-visit"].items)
NUMBER = parse_items(
    [{"linkId": "n", "text": "How many?", "type": "integer"}, {"linkId": "d", "text": "When?", "type": "date"}]
)

REFUSED = {
    "required": ("reason", [""], "Please answer this question."),
    "too long": ("reason", ["x" * 2001], "Please use at most 2000 letters; you have 2001."),
    "no such answer": ("smoking", ["heavily"], "Please choose one of the answers."),
    "two answers": ("smoking", ["never", "daily"], "Please give one answer."),
    "neither": ("allergic", ["perhaps"], "Please choose yes or no."),
    "control": ("reason", ["a\x00b"], "Please use letters and digits only."),
}


@pytest.mark.parametrize(("number", "given", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused_beside_its_question(number: str, given: list[str], sentence: str) -> None:
    with pytest.raises(DomainError) as refused:
        check_answer(next(item for item in flat(ITEMS) if item.link_id == number), given)
    assert (str(refused.value), refused.value.field) == (sentence, number)


@pytest.mark.parametrize("given", ["-1", "1.5", "1e9", "٣", "1234567"])
def test_a_number_is_a_whole_one(given: str) -> None:
    with pytest.raises(DomainError, match="Please enter a whole number"):
        check_answer(NUMBER[0], [given])


@pytest.mark.parametrize("given", ["2026-02-30", "tomorrow", "0001-01-01"])
def test_a_date_exists(given: str) -> None:
    with pytest.raises(DomainError, match="Please enter a date that exists"):
        check_answer(NUMBER[1], [given])


def test_what_is_not_asked_any_more_has_no_answer() -> None:
    given = {"reason": ["A cough"], "allergic": ["false"], "allergies": ["Penicillin"], "x": ["y"]}
    assert settled(ITEMS, given) == {"reason": ["A cough"], "allergic": ["false"]}
    with pytest.raises(DomainError) as refused:
        settled(ITEMS, {**given, "allergic": ["true"], "allergies": []})
    assert refused.value.field == "allergies"


def test_in_words() -> None:
    given = {"reason": ["A cough"], "conditions": ["asthma", "other"], "allergic": ["true"]}
    told = {item.link_id: words for item, words in in_words(ITEMS, given)}
    assert told == {
        "reason": "A cough",
        "conditions": "Asthma or COPD, Something else",
        "other-condition": "",
        "allergic": "Yes",
        "allergies": "",
        "medicines": "",
        "operations": "",
        "family": "",
        "smoking": "",
    }
