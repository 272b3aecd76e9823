"""Finding a code while somebody types, and looking one up.

Four ways, tried in this order until there are enough hits: the code or its beginning; all words, in any order, each
at least begun; all words but one; the same after mending mistyped words. Each way is one statement on one index.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import reduce
from itertools import combinations
from operator import and_, or_
from typing import Literal

from django.db.models import BooleanField, ExpressionWrapper, Q
from django.db.models.functions import Length

from emr.codes.coding import Coding
from emr.codes.folding import code_key, words
from emr.codes.models import Concept
from emr.codes.models.concepts import ConceptQuerySet
from emr.codes.queries.spelling import mended
from emr.shared.dates import clinic_today

Match = Literal["code", "words", "similar"]
_MOST_WORDS = 8
_LONGEST_TEXT = 200
_SPARE = 5
_WORDS_TO_SPARE_ONE = 3


@dataclass(frozen=True, slots=True)
class Hit:
    """A code that was found. ``match`` tells how; "similar" is a guess that the user has to judge."""

    system: str
    code: str
    display: str
    match: Match
    common: bool = False

    @property
    def coding(self) -> Coding:
        """The hit as a coded value."""
        return Coding(self.system, self.code, self.display)


def search(system: str, text: str, *, limit: int = 20, on: date | None = None, selectable: bool = True) -> list[Hit]:
    """The codes of ``system`` (a URL) that fit ``text`` best, valid ``on`` that day (default: today).

    Ranked: the exact code, codes that begin so, texts with all the words, similar ones; among equals the common ones
    and the shorter texts first. ``selectable=False`` also gives headers. At most five SQL statements.
    """
    text = text[:_LONGEST_TEXT]
    pool = Concept.objects.of(system).valid_on(on or clinic_today())
    if selectable:
        pool = pool.filter(selectable=True)
    hits: dict[str, Hit] = {}
    _add(hits, _by_code(pool, text, limit), system, "code")
    said = list(dict.fromkeys(words(text)))[:_MOST_WORDS]
    if len(hits) < limit and any(len(word) > 1 or word.isdigit() for word in said):
        _add(hits, _by_words(pool, [[word] for word in said], limit), system, "words")
    if not hits and said:
        _add(hits, _by_guess(pool, system, said, limit), system, "similar")
    return list(hits.values())[:limit]


def lookup(system: str, code: str, on: date | None = None) -> Concept | None:
    """The concept of a code, typed with or without dots and in any case; None if there is no such (one) code.

    ``on`` demands that it is valid on that day; without it any known code is found, today's or not.
    """
    pool = Concept.objects.of(system)
    if on is not None:
        pool = pool.valid_on(on)
    typed = code.replace("\x00", "").strip()
    found = list(pool.filter(Q(code=typed) | Q(code_key=code_key(typed)))[:3])
    exact = [concept for concept in found if concept.code == typed]
    chosen = exact or found
    return chosen[0] if len(chosen) == 1 else None


Validity = Literal["valid", "unknown", "header", "not yet", "no longer"]


def validity(system: str, code: str, on: date) -> Validity:
    """Whether a recorded code may be used for something that happened on ``on``, and if not, why.

    The code must be written exactly as the system writes it. "header": too general to be recorded.
    """
    concept = Concept.objects.of(system).filter(code=code).first()
    if concept is None:
        return "unknown"
    if concept.valid_from and on < concept.valid_from:
        return "not yet"
    if concept.valid_to and on > concept.valid_to:
        return "no longer"
    return "valid" if concept.selectable else "header"


def by_display(system: str, text: str, on: date | None = None) -> list[Hit]:
    """The selectable codes whose whole display is ``text``, without regard to case, accents and punctuation."""
    folded = "".join(f" {word}" for word in words(text))
    if not folded:
        return []
    pool = Concept.objects.of(system).valid_on(on or clinic_today()).filter(selectable=True)
    found = pool.filter(search_text__startswith=f"{folded} |").order_by("code")[:3]
    return [_hit(concept, system, "words") for concept in found]


def _by_code(pool: ConceptQuerySet, text: str, limit: int) -> list[Concept]:
    key = code_key(text)
    if not key or len(text.split()) != 1:
        return []
    begun = pool.filter(code_key__startswith=key)
    if len(key) == 1:
        # A third of ICD-10-CM begins with S: walk the index of the shown order instead of sorting them all.
        return sorted(_shown(begun, limit), key=lambda concept: concept.code_key != key)
    exact = ExpressionWrapper(Q(code_key=key), output_field=BooleanField())
    return list(begun.order_by(exact.desc(), "-common", Length("code"), "code")[:limit])


def _by_words(pool: ConceptQuerySet, alternatives: list[list[str]], limit: int) -> list[Concept]:
    """Concepts with a word that begins as one of each list does."""
    return _ranked(pool, _all_of(alternatives), alternatives, limit)


def _by_guess(pool: ConceptQuerySet, system: str, said: list[str], limit: int) -> list[Concept]:
    """Concepts with the mended words; if nothing was to be mended or nothing fits, with all words but one."""
    alternatives = mended(system, said)
    is_mended = alternatives != [[word] for word in said]
    found = _by_words(pool, alternatives, limit) if is_mended else []
    if found or len(said) < _WORDS_TO_SPARE_ONE:
        return found
    fewer = [list(some) for some in combinations(alternatives, len(said) - 1)]
    return _ranked(pool, reduce(or_, (_all_of(some) for some in fewer)), alternatives, limit)


def _all_of(alternatives: list[list[str]]) -> Q:
    return reduce(and_, (reduce(or_, (Q(search_text__contains=f" {word}") for word in some)) for some in alternatives))


def _ranked(pool: ConceptQuerySet, condition: Q, alternatives: list[list[str]], limit: int) -> list[Concept]:
    """Common codes first, then those whose display (not only a synonym) has all the words, then the shorter.

    The database gives the first of them in the order of one index; which words stand in the display is judged here.
    """

    def rank(concept: Concept) -> tuple[bool, bool, int]:
        display = concept.search_text.partition("|")[0]
        shown = all(any(f" {word}" in display for word in some) for some in alternatives)
        return concept.common <= 0, not shown, -concept.common

    return sorted(_shown(pool.filter(condition), limit * _SPARE), key=rank)[:limit]


def _shown(found: ConceptQuerySet, limit: int) -> ConceptQuerySet:
    """The first in the order of the index ``codes_concept_shown``."""
    return found.order_by("-common", Length("display"), "code")[:limit]


def _add(hits: dict[str, Hit], found: list[Concept], system: str, match: Match) -> None:
    for concept in found:
        hits.setdefault(concept.code, _hit(concept, system, match))


def _hit(concept: Concept, system: str, match: Match) -> Hit:
    return Hit(system, concept.code, concept.display, match, concept.common > 0)
