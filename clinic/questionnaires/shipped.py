"""The questionnaires and texts to sign that come with the program, as data files that name their source."""

from __future__ import annotations

import functools
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_HERE = Path(__file__).parent
LOINC = "http://loinc.org"


@dataclass(frozen=True)
class ShippedQuestionnaire:
    """One file of data/: the fields of a Questionnaire."""

    name: str
    url: str
    version: int
    title: str
    purpose: str
    description: str
    source: str
    code: str
    score_code: str
    score_display: str
    items: list[dict[str, Any]] = field(default_factory=list)
    bands: list[dict[str, Any]] = field(default_factory=list)


@dataclass(frozen=True)
class ShippedText:
    """One file of texts/: a form to sign, for the clinic to adapt."""

    key: str
    kind: str
    title: str
    text: str
    renew_months: int | None
    required: bool


@functools.cache
def questionnaires() -> dict[str, ShippedQuestionnaire]:
    """All of them by their name."""
    return {path.stem: _questionnaire(path) for path in sorted((_HERE / "data").glob("*.toml"))}


@functools.cache
def texts() -> dict[str, ShippedText]:
    """All of them by their key."""
    found = {}
    for path in sorted((_HERE / "texts").glob("*.toml")):
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
        found[path.stem] = ShippedText(
            path.stem,
            raw["kind"],
            raw["title"],
            raw["text"].strip(),
            raw.get("renew_months"),
            raw.get("required", True),
        )
    return found


def _questionnaire(path: Path) -> ShippedQuestionnaire:
    raw = tomllib.loads(path.read_text(encoding="utf-8"))
    return ShippedQuestionnaire(
        path.stem,
        raw["url"],
        raw["version"],
        raw["title"],
        raw["purpose"],
        raw.get("description", ""),
        raw["source"],
        raw.get("code", ""),
        raw.get("score_code", ""),
        raw.get("score_display", ""),
        [_item(one, raw.get("options", {})) for one in raw["item"]],
        raw.get("band", []),
    )


def _item(raw: dict[str, Any], options: dict[str, list[list[Any]]]) -> dict[str, Any]:
    """An item as FHIR writes it; ``options`` names a list of answers that several items share."""
    item = {name: value for name, value in raw.items() if name not in {"options", "item", "when"}}
    if "options" in raw:
        item["answerOption"] = [_option(*one) for one in options[raw["options"]]]
    if "when" in raw:
        item["enableWhen"] = [_when(*one) for one in raw["when"]]
    if "item" in raw:
        item["item"] = [_item(one, options) for one in raw["item"]]
    return item


def _option(code: str, display: str, points: int | None = None) -> dict[str, Any]:
    system = {"system": LOINC} if code.startswith("LA") else {}
    option: dict[str, Any] = {"valueCoding": {**system, "code": code, "display": display}}
    return {**option, "ordinalValue": points} if points is not None else option


def _when(question: str, operator: str, answer: str | bool) -> dict[str, Any]:
    given = {"answerBoolean": answer} if isinstance(answer, bool) else {"answerCoding": {"code": answer}}
    return {"question": question, "operator": operator, **given}
