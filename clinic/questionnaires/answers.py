"""Answers to a questionnaire: for each question the list of what was given, as text, checked against its item."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date

from clinic.questionnaires.items import Item, ItemType, asked_now, flat
from emr.shared.errors import DomainError
from emr.ui import formats

Answers = dict[str, list[str]]

#: Letters that each kind of text takes.
LENGTHS = {ItemType.STRING: 200, ItemType.TEXT: 2000}
_YES = {"true": "Yes", "false": "No"}


def check_page(page: Item, given: Mapping[str, Sequence[str]], before: Mapping[str, Sequence[str]]) -> Answers:
    """The answers of one page, checked. ``before`` are all the answers given so far.

    Raises DomainError, its field the question's number. What is not asked on the page is not looked at.
    """
    return {item.link_id: check_answer(item, given.get(item.link_id, ())) for item in asked_now(page, before)}


def check_answer(item: Item, given: Sequence[str]) -> list[str]:
    """One question's answers, checked and trimmed; empty for none. Raises DomainError."""
    values = [value.strip() for value in given if value.strip()]
    if item.type in (ItemType.DISPLAY, ItemType.GROUP):
        return []
    if not values:
        if item.required:
            raise DomainError("Please answer this question.", field=item.link_id)
        return []
    if len(values) > 1 and not item.repeats:
        raise DomainError("Please give one answer.", field=item.link_id)
    for value in values:
        _check_value(item, value)
    return list(dict.fromkeys(values))


def settled(items: Iterable[Item], answers: Mapping[str, Sequence[str]]) -> Answers:
    """All answers that count, in the order of the questions: what is no longer asked has no answer.

    Raises DomainError for a question that must be answered and isn't.
    """
    kept: Answers = {}
    for page in items:
        for item in asked_now(page, kept):
            values = check_answer(item, answers.get(item.link_id, ()))
            if values:
                kept[item.link_id] = values
    return kept


def check_all(items: Iterable[Item], given: Mapping[str, Sequence[str]]) -> tuple[Answers, dict[str, str]]:
    """All answers of a questionnaire that was asked at once, checked; and what is wrong, by the question's number.

    An answer to a question that the other answers leave out is wrong too: it would be lost without a word.
    """
    kept: Answers = {}
    wrong: dict[str, str] = {}
    asked: set[str] = set()
    items = list(items)
    for page in items:
        for item in asked_now(page, kept):
            asked.add(item.link_id)
            try:
                kept[item.link_id] = check_answer(item, given.get(item.link_id, ()))
            except DomainError as error:
                wrong[item.link_id] = str(error)
    for item in flat(items):
        if item.link_id not in asked and any(value.strip() for value in given.get(item.link_id, ())):
            wrong[item.link_id] = "This is not asked after the answers above: empty it, or change them."
    return kept, wrong


def in_words(items: Iterable[Item], answers: Mapping[str, Sequence[str]]) -> list[tuple[Item, str]]:
    """Each question that is asked after these answers, with its answer in words; empty for none."""
    found = []
    for page in items:
        for item in asked_now(page, answers):
            if item.type != ItemType.DISPLAY:
                found.append((item, words_of(item, answers.get(item.link_id, ()))))
    return found


def words_of(item: Item, values: Sequence[str]) -> str:
    """One question's answers in words."""
    if item.type == ItemType.CHOICE:
        options = [item.option(value) for value in values]
        return ", ".join(option.display for option in options if option)
    if item.type == ItemType.BOOLEAN:
        return ", ".join(_YES.get(value, "") for value in values)
    if item.type == ItemType.DATE:
        return ", ".join(formats.day(date.fromisoformat(value)) for value in values)
    return ", ".join(values)


def condition_words(item: Item, known: Mapping[str, Item]) -> str:
    """After which answers a question is asked, for who reads all of them at once; empty for one that always is."""
    parts = [
        f"“{known[one.question].text}” is {'' if one.operator == '=' else 'not '}"
        f"{words_of(known[one.question], [one.answer]).lower()}"
        for one in item.conditions
    ]
    return f"Asked only if {(' or ' if item.any_condition else ' and ').join(parts)}." if parts else ""


def by_number(items: Iterable[Item]) -> dict[str, Item]:
    """Every item by its number."""
    return {item.link_id: item for item in flat(items)}


def _check_value(item: Item, value: str) -> None:
    problem = ""
    if item.type == ItemType.CHOICE and item.option(value) is None:
        problem = "Please choose one of the answers."
    elif item.type == ItemType.BOOLEAN and value not in _YES:
        problem = "Please choose yes or no."
    elif item.type in LENGTHS and len(value) > LENGTHS[item.type]:
        problem = f"Please use at most {LENGTHS[item.type]} letters; you have {len(value)}."
    elif item.type == ItemType.INTEGER and not (value.isascii() and value.isdecimal() and len(value) <= 6):
        problem = "Please enter a whole number."
    elif item.type == ItemType.DATE and not _is_date(value):
        problem = "Please enter a date that exists, like March 14, 1962."
    elif any(ord(letter) < 32 and letter not in "\r\n\t" for letter in value):
        problem = "Please use letters and digits only."
    if problem:
        raise DomainError(problem, field=item.link_id)


def _is_date(value: str) -> bool:
    try:
        return 1800 < date.fromisoformat(value).year < 2200
    except ValueError:
        return False
