"""The search for patients by names that sound or are typed alike.

The words of all names are few beside the patients who bear them: the words that are a slip away from what was typed are
found first, then who bears them, by the same indexes as a name that was typed right.
"""

from __future__ import annotations

from uuid import UUID

from django.contrib.postgres.fields import ArrayField
from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, QuerySet, TextField, Value

from clinic.models import Patient
from clinic.models.name_search import NameWord, PatientWord
from clinic.queries.likeness import likeness, nearness
from clinic.queries.search_stages import with_names

#: So many words are tried for one that was typed.
_WORDS = 10
#: So many patients are judged by their whole names.
_CANDIDATES = 200
#: The columns by which they are judged.
NAMES = ("family_name", "given_name", "middle_name", "preferred_name")


def alike_patients(words: list[str], visible: QuerySet[Patient], known: list[UUID], count: int) -> list[UUID]:
    """The keys of the patients whose names are most like the words, the likest first, without the ``known`` ones.

    Two queries, or three where few have both names.
    """
    meant = words_like(words)
    if not all(meant):
        return []
    patients = with_names(visible.exclude(pk__in=known))
    found = list(patients.filter(_whole_names(meant)).only(*NAMES).order_by()[:_CANDIDATES])
    if len(found) < count:
        found += _other_names(patients.exclude(pk__in=[one.pk for one in found]), meant)
    return [one.pk for one in sorted(found, key=lambda one: -nearness(words, one))[:count]]


def words_like(words: list[str]) -> list[list[str]]:
    """For each word the words of names that are a slip of the keyboard or of the ear from it, or hold it, the nearest
    first. One query.
    """
    nearest = [_nearest(place, word) for place, word in enumerate(words)]
    meant: list[list[str]] = [[] for _ in words]
    for found, place in nearest[0].union(*nearest[1:], all=True):
        meant[place].append(found)
    return [sorted(found, key=lambda one: -likeness(one, word)) for word, found in zip(words, meant, strict=True)]


def _nearest(place: int, word: str) -> QuerySet[NameWord, tuple[str, int]]:
    variants = Func(Value(word, TextField()), function="clinic_name_variants", output_field=ArrayField(TextField()))
    condition = Q(variants__overlap=variants)
    if len(word) > 2:
        condition |= Q(word__contains=word)
    distance = Func(F("word"), Value(word), function="levenshtein", output_field=IntegerField())
    rows = NameWord.objects.filter(condition).order_by(distance, "word")
    return rows.values_list("word", Value(place))[:_WORDS]


def _whole_names(meant: list[list[str]]) -> Q:
    """Family and given name are among the words, in either order; for a single word, one of them is."""
    if len(meant) == 1:
        return Q(family__in=meant[0]) | Q(given__in=meant[0])
    first, last = meant[0], meant[-1]
    return Q(family__in=last, given__in=first) | Q(family__in=first, given__in=last)


def _other_names(patients: QuerySet[Patient], meant: list[list[str]]) -> list[Patient]:
    """Those who have each word among all their names: middle, preferred, former ones too."""
    for words in meant:
        patients = patients.filter(Exists(PatientWord.objects.filter(patient=OuterRef("pk"), word__in=words)))
    return list(patients.only(*NAMES).order_by()[:_CANDIDATES])
