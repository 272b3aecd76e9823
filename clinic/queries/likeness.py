"""Whether two names are one name with a slip of the keyboard or of the ear."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from difflib import SequenceMatcher

from clinic.models import Patient

#: The share of letters in the same order, of both names together, from which they are alike: "Smtih", "Smith" is 0.8.
ALIKE = 0.75


def folded(name: str) -> str:
    """The letters alone, without case and accents: ``O'Néil`` is ``oneil``."""
    plain = unicodedata.normalize("NFKD", name.casefold())
    return "".join(letter for letter in plain if letter.isalpha())


def likeness(one: str, other: str) -> float:
    """From 0 to 1, how alike two names are; 1 for the same name in other case or accents."""
    one, other = folded(one), folded(other)
    if not one or not other:
        return 0.0
    return SequenceMatcher(None, one, other, autojunk=False).ratio()


def alike(one: str, other: str) -> bool:
    """Whether two names are the same, or one begins with the other, or nearly all letters agree."""
    short, long = sorted((folded(one), folded(other)), key=len)
    return (len(short) > 1 and long.startswith(short)) or likeness(one, other) >= ALIKE


def nearness(words: Sequence[str], patient: Patient) -> float:
    """How like the worst fitting of the words is to one of the patient's names, from 0 to 1."""
    names = name_words(patient)
    return min(max(likeness(word, name) for name in names) for word in words)


def name_words(patient: Patient) -> list[str]:
    """The single names of a patient: parts of a double name count each, and the whole of it too."""
    names = (patient.family_name, patient.given_name, patient.middle_name, patient.preferred_name)
    return [word for name in names if name for word in {name, *re.split(r"[\s-]+", name)}]
