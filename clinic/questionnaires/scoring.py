"""The score of a questionnaire, and what it means."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from clinic.questionnaires.items import Item, asked_now
from emr.shared.errors import DomainError


@dataclass(frozen=True)
class Band:
    """What the scores from ``low`` to ``high`` mean. ``sex`` is set where the cut differs by it."""

    low: int
    high: int
    label: str
    positive: bool = False
    sex: str = ""


def parse_bands(raw: Any) -> tuple[Band, ...]:
    """Read and check bands. Raises DomainError for one without words or that ends before it begins."""
    found = []
    for one in raw or []:
        low, high, label = one.get("low"), one.get("high"), str(one.get("label") or "").strip()
        if not isinstance(low, int) or not isinstance(high, int) or low > high or not label:
            raise DomainError("A band of the score needs a lowest and a highest number and words.")
        found.append(Band(low, high, label[:120], one.get("positive") is True, str(one.get("sex") or "")))
    return tuple(found)


def score(items: Iterable[Item], answers: Mapping[str, Sequence[str]]) -> int | None:
    """The sum of the points of all answers; None where a question with points that is asked has no answer.

    A question that is not asked counts nothing: AUDIT-C of somebody who never drinks is 0.
    """
    total, seen = 0, False
    for page in items:
        for item in asked_now(page, answers):
            if all(option.score is None for option in item.options):
                continue
            points = [option.score for code in answers.get(item.link_id, ()) if (option := item.option(code))]
            if not points:
                return None
            total, seen = total + sum(each or 0 for each in points), True
    return total if seen else None


def band_of(bands: Iterable[Band], score: int | None, *, sex: str = "") -> Band | None:
    """What a score means for somebody of that sex. Where the cut differs and the sex is not known to be male, the
    lower one holds.
    """
    if score is None:
        return None
    wanted = "male" if sex == "male" else "female"
    fitting = [band for band in bands if band.low <= score <= band.high and band.sex in {"", wanted}]
    return fitting[0] if fitting else None


def alerts(items: Iterable[Item], answers: Mapping[str, Sequence[str]]) -> list[str]:
    """What a clinician must see at once: the words of each question whose answer has so many points."""
    found = []
    for page in items:
        for item in asked_now(page, answers):
            points = [option.score or 0 for code in answers.get(item.link_id, ()) if (option := item.option(code))]
            if item.alert_from is not None and points and max(points) >= item.alert_from:
                found.append(item.alert_text)
    return found
