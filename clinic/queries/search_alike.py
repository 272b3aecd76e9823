"""The search for patients by names that sound or are typed alike.

The words of all names are few beside the patients who bear them: the words that are a slip away from what was typed are
found first, then who bears them, by the same indexes as a name that was typed right.
"""

from __future__ import annotations

from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import F, Func, IntegerField, Q, QuerySet, TextField, Value

from clinic.models import Patient
from clinic.models.name_search import NameVariants, NameWord
from clinic.queries.likeness import likeness, nearness
from clinic.queries.search_stages import NAMES, bearers, having, narrowed, with_names
from clinic.queries.search_terms import Terms

#: So many words are tried for one that was typed.
_WORDS = 10
#: From so many letters a part of a name is looked for within names; shorter ones stand in too many.
_PART = 4
#: So many patients are judged by their whole names.
_CANDIDATES = 200


def alike_keys(terms: Terms, words: list[str], visible: QuerySet[Patient], known: list[UUID], count: int) -> list[UUID]:
    """The keys of the patients whose names are most like the words, the likest first, without the ``known`` ones.

    Two queries, or three where a name alone was typed and few have both names.
    """
    meant = words_like(words)
    if not all(meant):
        return []
    patients = visible.exclude(pk__in=known).only(*NAMES).order_by()
    found: list[Patient] = []
    if terms.birth_dates or terms.digits:
        patients = narrowed(patients, terms)
        for alike in meant:
            patients = having(patients, Q(word__in=alike))
    else:
        found = list(with_names(patients).filter(_whole_names(meant))[:_CANDIDATES])
        patients = patients.filter(pk__in=bearers([Q(word__in=alike) for alike in meant]))
    if len(found) < count:
        found += patients.exclude(pk__in=[one.pk for one in found])[:_CANDIDATES]
    return [one.pk for one in sorted(found, key=lambda one: -nearness(words, one))[:count]]


def words_like(words: list[str]) -> list[list[str]]:
    """For each word the words of names that are a slip of the keyboard or of the ear from it, the nearest first; for a
    single one of some length those that hold it too. One query.
    """
    arms = [_nearest(place, word, mistyped(word)) for place, word in enumerate(words)]
    if len(words) == 1 and len(words[0]) >= _PART:
        arms.append(_nearest(0, words[0], NameWord.objects.filter(word__contains=words[0])))
    meant: list[list[str]] = [[] for _ in words]
    for found, place in arms[0].union(*arms[1:], all=True):
        meant[place].append(found)
    return [sorted(found, key=lambda one: -likeness(one, word)) for word, found in zip(words, meant, strict=True)]


def mistyped(*words: str) -> QuerySet[NameWord]:
    """The words of names that are a slip of the keyboard, or of the ear, from one of these."""
    like = [Q(variants__overlap=NameVariants(Value(word, TextField()))) for word in words]
    return NameWord.objects.alias(variants=NameVariants("word")).filter(reduce(or_, like))


def _nearest(place: int, word: str, among: QuerySet[NameWord]) -> QuerySet[NameWord, tuple[str, int]]:
    """The order makes the planner ask the index of what the words hold, not read all words until some fit."""
    distance = Func(F("word"), Value(word), function="levenshtein", output_field=IntegerField())
    return among.order_by(distance, "word").values_list("word", Value(place))[:_WORDS]


def _whole_names(meant: list[list[str]]) -> Q:
    """Family and given name are among the words, in either order; for a single word, one of them is."""
    if len(meant) == 1:
        return Q(family__in=meant[0]) | Q(given__in=meant[0])
    first, last = meant[0], meant[-1]
    return Q(family__in=last, given__in=first) | Q(family__in=first, given__in=last)
