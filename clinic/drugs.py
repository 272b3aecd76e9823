"""Which ingredients a drug's name names, their classes and DEA schedules: ``clinic/data/drugs.toml``.

RxNorm's names follow a grammar (ingredient, strength, form; ingredients between slashes), and a clinic's own words name
the ingredient too. A name that is not known gives nothing, which is never taken for "nothing to fear".
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TypeVar

_FILE = Path(__file__).parent / "data" / "drugs.toml"
T = TypeVar("T")
_WORD = re.compile(r"[a-z0-9][a-z0-9'-]*")


@dataclass(frozen=True, slots=True)
class DrugClass:
    """A class. ``related`` may share an allergy with it, ``alike`` have the same effect."""

    name: str
    members: frozenset[str]
    related: frozenset[str]
    alike: frozenset[str]


@dataclass(frozen=True, slots=True)
class Drugs:
    """The whole list: its words lead to ingredients and classes, ``schedules`` from ingredients."""

    source: str
    ingredients: Mapping[tuple[str, ...], tuple[str, ...]]
    class_words: Mapping[tuple[str, ...], str]
    classes: Mapping[str, DrugClass]
    schedules: Mapping[str, str]
    combined: Mapping[str, tuple[str, ...]]
    longest: int

    def classes_of(self, ingredient: str) -> frozenset[str]:
        """The classes of which an ingredient is a member."""
        return frozenset(name for name, one in self.classes.items() if ingredient in one.members)


@dataclass(frozen=True, slots=True)
class Named:
    """What a text names: ingredients, and classes as such (``sulfa drugs``)."""

    ingredients: frozenset[str]
    classes: frozenset[str]

    def __bool__(self) -> bool:
        return bool(self.ingredients or self.classes)


@cache
def drugs() -> Drugs:
    """The list, read once."""
    with _FILE.open("rb") as file:
        data = tomllib.load(file)
    classes = {
        row["name"]: DrugClass(
            row["name"],
            frozenset(row["members"]),
            frozenset(row.get("related", ())),
            frozenset(row.get("alike", ())),
        )
        for row in data["class"]
    }
    names = {name: name for one in classes.values() for name in one.members}
    names |= {name: name for name in data["others"]["members"]} | data["synonyms"]
    told = {name: (found,) for name, found in names.items()}
    told |= {name: tuple(found) for name, found in data["told_as"].items()}
    words = {word: row["name"] for row in data["class"] for word in (row["name"].lower(), *row["words"])}
    ingredients, class_words = _by_words(told), _by_words(words)
    return Drugs(
        source=f"{data['name']} ({data['version']})",
        ingredients=ingredients,
        class_words=class_words,
        classes=classes,
        schedules={name: schedule for schedule, listed in data["schedules"].items() for name in listed},
        combined={name: tuple(found) for name, found in data["combined"].items()},
        longest=max(map(len, [*ingredients, *class_words])),
    )


def named_in(text: str) -> Named:
    """The ingredients and classes that a text names: the longest names first, each word once."""
    known = drugs()
    said = _WORD.findall(text.lower())
    ingredients: set[str] = set()
    classes: set[str] = set()
    for run in _runs(said, known):
        if run in known.ingredients:
            ingredients.update(known.ingredients[run])
        else:
            classes.add(known.class_words[run])
    return Named(frozenset(ingredients), frozenset(classes))


def schedules_of(text: str) -> frozenset[str]:
    """The DEA schedules that a drug of this name may have, ``frozenset()`` for one that is not known as controlled."""
    known, named = drugs(), named_in(text).ingredients
    found: set[str] = set()
    for name in named & set(known.schedules):
        found |= set(known.combined[name]) if len(named) > 1 and name in known.combined else {known.schedules[name]}
    # With two controlled ingredients the stricter one rules: II is the strictest.
    return frozenset(found) if len(named & set(known.schedules)) < 2 else frozenset({min(found)})


def _runs(said: list[str], known: Drugs) -> Iterator[tuple[str, ...]]:
    at = 0
    while at < len(said):
        for length in range(min(known.longest, len(said) - at), 0, -1):
            run = tuple(said[at : at + length])
            if run in known.ingredients or run in known.class_words:
                yield run
                at += length - 1
                break
        at += 1


def _by_words(names: Mapping[str, T]) -> dict[tuple[str, ...], T]:
    return {tuple(_WORD.findall(name.lower())): found for name, found in names.items()}
