"""The items of a questionnaire (FHIR R4 Questionnaire.item), read from JSON and checked."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from emr.shared.errors import DomainError

MOST_ITEMS = 100
MOST_OPTIONS = 40
_LINK_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,39}")


class ItemType(StrEnum):
    """FHIR item types in use. A group is asked on one page, every other item on a page of its own."""

    GROUP = "group"
    DISPLAY = "display"
    CHOICE = "choice"
    BOOLEAN = "boolean"
    STRING = "string"
    TEXT = "text"
    DATE = "date"
    INTEGER = "integer"


@dataclass(frozen=True)
class Option:
    """An answer to choose: its code, its words, and its points in a score (FHIR ordinalValue)."""

    code: str
    display: str
    score: int | None = None
    system: str = ""


@dataclass(frozen=True)
class Condition:
    """An item is asked only if another one was answered so, or with ``!=`` otherwise (FHIR enableWhen)."""

    question: str
    operator: str
    answer: str

    def holds(self, answers: Mapping[str, Sequence[str]]) -> bool:
        """Whether it holds of what was answered. Of a question without an answer nothing holds."""
        given = answers.get(self.question) or []
        return bool(given) and (self.answer in given) == (self.operator == "=")


@dataclass(frozen=True)
class Item:
    """One item. ``definition`` names the patient's detail that it asks for, ``alert`` the points from which on an
    answer is brought to a clinician at once, and what the task says.
    """

    link_id: str
    text: str
    type: ItemType
    required: bool = False
    repeats: bool = False
    help: str = ""
    code: str = ""
    definition: str = ""
    options: tuple[Option, ...] = ()
    conditions: tuple[Condition, ...] = ()
    any_condition: bool = False
    children: tuple[Item, ...] = ()
    alert_from: int | None = None
    alert_text: str = ""

    def asked(self, answers: Mapping[str, Sequence[str]]) -> bool:
        """Whether it is asked after these answers."""
        if not self.conditions:
            return True
        found = [condition.holds(answers) for condition in self.conditions]
        return any(found) if self.any_condition else all(found)

    def option(self, code: str) -> Option | None:
        """The option of that code."""
        return next((option for option in self.options if option.code == code), None)


def parse_items(raw: Any) -> tuple[Item, ...]:
    """Read and check the items of a whole questionnaire. Raises DomainError that says which item is wrong, and how."""
    items = tuple(_item(one, inside=False) for one in _list(raw, "The questionnaire has no questions."))
    if not any(item.type != ItemType.DISPLAY for item in flat(items)):
        raise DomainError("The questionnaire has no questions.")
    known: dict[str, Item] = {}
    for item in flat(items):
        if item.link_id in known:
            raise DomainError(f"Two questions are numbered {item.link_id}.")
        for condition in item.conditions:
            _check_condition(item, condition, known)
        known[item.link_id] = item
    if len(known) > MOST_ITEMS:
        raise DomainError(f"A questionnaire has {MOST_ITEMS} questions at most.")
    return items


def flat(items: Iterable[Item]) -> Iterator[Item]:
    """Each item, those in groups after their group."""
    for item in items:
        yield item
        yield from item.children


def asked_now(item: Item, answers: Mapping[str, Sequence[str]]) -> list[Item]:
    """The questions of one page: the item itself, or those of its group that are asked after these answers."""
    if not item.asked(answers):
        return []
    if item.type != ItemType.GROUP:
        return [item]
    return [child for child in item.children if child.asked(answers)]


def _item(raw: Any, *, inside: bool) -> Item:
    if not isinstance(raw, dict):
        raise DomainError("A question is not written as one.")
    link_id, text = str(raw.get("linkId") or ""), str(raw.get("text") or "").strip()
    if not _LINK_ID.fullmatch(link_id):
        raise DomainError("Each question needs a number of its own, of letters and digits.")
    if not text or len(text) > 500:
        raise DomainError(f"Question {link_id} needs a text of 500 letters at most.")
    kind = str(raw.get("type") or "")
    if kind not in set(ItemType) or (inside and kind == ItemType.GROUP):
        raise DomainError(f"Question {link_id} is of a kind that is not asked here.")
    alert = raw.get("alert") or {}
    item = Item(
        link_id,
        text,
        ItemType(kind),
        required=raw.get("required") is True,
        repeats=raw.get("repeats") is True,
        help=str(raw.get("help") or "")[:300],
        code=str(raw.get("code") or "")[:20],
        definition=str(raw.get("definition") or "")[:60],
        options=tuple(_option(link_id, one) for one in raw.get("answerOption") or []),
        conditions=tuple(_condition(link_id, one) for one in raw.get("enableWhen") or []),
        any_condition=raw.get("enableBehavior") == "any",
        children=tuple(_item(one, inside=True) for one in raw.get("item") or []),
        alert_from=_points(link_id, alert.get("from")),
        alert_text=str(alert.get("text") or "")[:200],
    )
    _check_shape(item)
    return item


def _check_shape(item: Item) -> None:
    if (item.type == ItemType.CHOICE) != bool(item.options):
        raise DomainError(f"Question {item.link_id}: answers to choose from belong to a choice, and to nothing else.")
    if len(item.options) > MOST_OPTIONS or len({option.code for option in item.options}) < len(item.options):
        raise DomainError(f"Question {item.link_id} offers an answer twice, or more than {MOST_OPTIONS}.")
    if (item.type == ItemType.GROUP) != bool(item.children):
        raise DomainError(f"Question {item.link_id}: a group holds questions, and nothing else does.")
    if item.repeats and item.type != ItemType.CHOICE:
        raise DomainError(f"Question {item.link_id}: only a choice can have more than one answer.")


def _check_condition(item: Item, condition: Condition, known: Mapping[str, Item]) -> None:
    before = known.get(condition.question)
    if before is None:
        raise DomainError(f"Question {item.link_id} depends on {condition.question}, which is not asked before it.")
    answers = {"true", "false"} if before.type == ItemType.BOOLEAN else {option.code for option in before.options}
    if condition.answer not in answers:
        raise DomainError(f"Question {item.link_id} depends on an answer that {condition.question} doesn't offer.")


def _option(link_id: str, raw: Any) -> Option:
    coding = raw.get("valueCoding") if isinstance(raw, dict) else None
    if not isinstance(coding, dict) or not coding.get("code") or not str(coding.get("display") or "").strip():
        raise DomainError(f"Question {link_id}: an answer has no words.")
    return Option(
        str(coding["code"])[:40],
        str(coding["display"]).strip()[:200],
        _points(link_id, raw.get("ordinalValue")),
        str(coding.get("system") or "")[:200],
    )


def _condition(link_id: str, raw: Any) -> Condition:
    if not isinstance(raw, dict) or raw.get("operator") not in {"=", "!="}:
        raise DomainError(f"Question {link_id} depends on another in a way that is not known here.")
    answer = raw.get("answerBoolean")
    given = str(answer).lower() if isinstance(answer, bool) else str((raw.get("answerCoding") or {}).get("code") or "")
    return Condition(str(raw.get("question") or ""), raw["operator"], given)


def _points(link_id: str, raw: Any) -> int | None:
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int) or not -100 <= raw <= 100:
        raise DomainError(f"Question {link_id}: points are whole numbers.")
    return raw


def _list(raw: Any, message: str) -> list[Any]:
    if not isinstance(raw, list) or not raw:
        raise DomainError(message)
    return raw
