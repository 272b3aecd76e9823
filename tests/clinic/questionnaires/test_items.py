"""Reading FHIR items: what is refused, and how it is said."""

from __future__ import annotations

from typing import Any

import pytest

from clinic.questionnaires import shipped
from clinic.questionnaires.items import MOST_ITEMS, flat, parse_items
from emr.shared.errors import DomainError

pytestmark = pytest.mark.feature("B08")


def _item(**more: Any) -> dict[str, Any]:
    return {"linkId": "1", "text": "How are you?", "type": "string", **more}


def _choice(number: str = "1", **more: Any) -> dict[str, Any]:
    options = [{"valueCoding": {"code": code, "display": code}} for code in ("yes", "no")]
    return {"linkId": number, "text": "Well?", "type": "choice", "answerOption": options, **more}


REFUSED: dict[str, tuple[Any, str]] = {
    "none": ([], "The questionnaire has no questions."),
    "no list": ({"linkId": "1"}, "The questionnaire has no questions."),
    "words alone": ([_item(type="display")], "The questionnaire has no questions."),
    "no question": (["x"], "A question is not written as one."),
    "no number": ([_item(linkId="")], "Each question needs a number of its own, of letters and digits."),
    "mark in a number": ([_item(linkId="<b>")], "Each question needs a number of its own, of letters and digits."),
    "no text": ([_item(text=" ")], "Question 1 needs a text of 500 letters at most."),
    "long text": ([_item(text="x" * 501)], "Question 1 needs a text of 500 letters at most."),
    "kind": ([_item(type="attachment")], "Question 1 is of a kind that is not asked here."),
    "twice": ([_item(), _item()], "Two questions are numbered 1."),
    "no answers": (
        [_item(type="choice")],
        "Question 1: answers to choose from belong to a choice, and to nothing else.",
    ),
    "answer twice": (
        [_choice(answerOption=[*_choice()["answerOption"]] * 2)],
        "Question 1 offers an answer twice, or more than 40.",
    ),
    "answer without words": (
        [_choice(answerOption=[{"valueCoding": {"code": "a", "display": ""}}])],
        "Question 1: an answer has no words.",
    ),
    "points": (
        [_choice(answerOption=[{"valueCoding": {"code": "a", "display": "A"}, "ordinalValue": 1.5}])],
        "Question 1: points are whole numbers.",
    ),
    "empty group": ([_item(type="group")], "Question 1: a group holds questions, and nothing else does."),
    "more than one": ([_item(repeats=True)], "Question 1: only a choice can have more than one answer."),
    "after": (
        [_item(enableWhen=[{"question": "2", "operator": "=", "answerBoolean": True}]), _choice("2")],
        "Question 1 depends on 2, which is not asked before it.",
    ),
    "no such answer": (
        [_choice("2"), _item(enableWhen=[{"question": "2", "operator": "=", "answerCoding": {"code": "maybe"}}])],
        "Question 1 depends on an answer that 2 doesn't offer.",
    ),
    "operator": (
        [_choice("2"), _item(enableWhen=[{"question": "2", "operator": ">", "answerCoding": {"code": "yes"}}])],
        "Question 1 depends on another in a way that is not known here.",
    ),
    "too many": ([_item(linkId=f"q{n}") for n in range(MOST_ITEMS + 1)], "A questionnaire has 100 questions at most."),
}


@pytest.mark.parametrize(("raw", "sentence"), REFUSED.values(), ids=REFUSED)
def test_what_is_refused(raw: Any, sentence: str) -> None:
    with pytest.raises(DomainError) as refused:
        parse_items(raw)
    assert str(refused.value) == sentence


def test_all_that_comes_with_the_program_can_be_read() -> None:
    counted = {name: len(list(flat(parse_items(one.items)))) for name, one in shipped.questionnaires().items()}
    assert counted == {"audit-c": 3, "before-visit": 9, "details": 11, "gad-7": 7, "phq-9": 10}
    assert all(len(one.source) > 20 for one in shipped.questionnaires().values())


def test_a_condition_holds_of_answers_alone() -> None:
    raw = [_choice("2"), _item(enableWhen=[{"question": "2", "operator": "!=", "answerCoding": {"code": "yes"}}])]
    item = parse_items(raw)[1]
    assert [item.asked({"2": given}) for given in ([], ["yes"], ["no"])] == [False, False, True]
