"""The search for patients: the rarest of what was typed gives a few people, and each of them is judged by the whole.

Where everything typed is common, people are read in stages, the surest first, in the order of an index that stops
early. Nothing reads more than it needs, however many patients there are.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import date
from functools import reduce
from itertools import pairwise
from operator import or_
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Coalesce, Reverse

from clinic.choices import ContactSystem
from clinic.models import ContactPoint, Patient
from clinic.models.name_search import PatientWord, folded_column
from clinic.queries.search_terms import Terms

_SPECIAL = str.maketrans({**dict(zip("ØøŁłĐđıŒœ", "OoLlDdiOo", strict=True)), **dict.fromkeys("’‘'`´", "")})
_SPELT = (("ß", "ss"), ("æ", "ae"), ("Æ", "AE"))
_MARKS = re.compile("[\u0300-\u036f]")
_NO_LETTER = re.compile(r"[\W_]+")
#: What stands before a name and may be written apart from it.
_BEGINNINGS = frozenset({"O", "D", "M", "MC", "MAC"})
#: Behind every letter, so that from a beginning to it is every word that begins so.
LAST = "\U0010ffff"
#: So many people are few: all of them are judged by their names.
_FEW = 100
#: The bearers of a word are asked for another word one by one where they are fewer.
_PROBED = 500
#: Of common words that occur together, this many people are looked at. Who wants another types more.
_MANY = 500
_BY_FAMILY, _BY_GIVEN = ("family", "given", "birth_date"), ("given", "family", "birth_date")
#: From so many digits the last ones of a telephone number are enough.
_LAST_DIGITS = 7
#: The names by which people are judged.
NAMES = ("family_name", "given_name", "middle_name", "preferred_name")


def name_fold(name: str) -> str:
    """As the database's ``clinic_name_fold``: in capitals, without accents and apostrophes."""
    name = unicodedata.normalize("NFKD", name)
    for letter, spelt in _SPELT:
        name = name.replace(letter, spelt)
    return _MARKS.sub("", name.translate(_SPECIAL)).upper()


def typed_words(terms: Terms) -> list[str]:
    """The words that were typed as they are looked for, the given name first; the parts of a double name are words."""
    return [part for word in terms.words for part in _NO_LETTER.split(name_fold(word)) if part]


def readings(terms: Terms) -> list[list[str]]:
    """The words as typed; then, where one stands before a name, as in ``O Brien`` or ``Mc Donald``, both in one."""
    words = typed_words(terms)
    closed = words[:1]
    for before, word in pairwise(words):
        closed += [closed.pop() + word] if before in _BEGINNINGS else [word]
    return [words] if closed == words else [words, closed]


def with_names(patients: QuerySet[Patient]) -> QuerySet[Any]:
    """The patients with ``family`` and ``given`` as the indexes have them."""
    return patients.annotate(family=folded_column("family_name"), given=folded_column("given_name"))


def begins(column: str, word: str) -> Q:
    """Whether a folded name begins with the word: a range, so that an index answers."""
    return Q(**{f"{column}__gte": word, f"{column}__lt": word + LAST})


def sure_keys(terms: Terms, words: list[str], visible: QuerySet[Patient], count: int) -> list[UUID]:
    """The keys of so many patients of ``visible`` who have all that was typed, the best first.

    Two queries where the first thing asked for is rare, and one more for each other; at most three stages.
    """
    keys = _few(terms, words)
    if keys is None:
        return _from_stages(words, narrowed(visible, terms), count)
    if not keys:
        return []
    people = narrowed(visible.filter(pk__in=keys), terms).only(*NAMES, "birth_date", "mrn").order_by()
    return [one.pk for one in sorted(people, key=lambda one: (fit(terms, words, one), *_alphabetic(one)))[:count]]


def _few(terms: Terms, words: list[str]) -> set[UUID] | None:
    """The keys of the few who may be meant, from the first that is rare: the date, the number, the longest word.

    None where all that was typed is common; of a common date or number without words the first keys.
    """
    first: list[UUID] = []
    sizes: dict[str, int] = {}
    for word, source in _sources(terms, words):
        keys = list(source[:_PROBED])
        if len(keys) <= _FEW:
            return _having_all(set(keys), [other for other in words if other != word])
        sizes[word] = len(keys)
        first = first or keys[:_FEW]
    return _probed({word: sizes[word] for word in words}) if words else set(first)


def _sources(terms: Terms, words: list[str]) -> Iterator[tuple[str, QuerySet[Any, UUID]]]:
    if terms.birth_dates:
        yield "", _born(terms.birth_dates)
    if terms.digits:
        yield "", _numbered(terms)
    for word in sorted(words, key=len, reverse=True):
        yield word, _bearing(word)


def _having_all(keys: set[UUID], words: list[str]) -> set[UUID]:
    for word in words:
        keys = set(_bearing(word).filter(patient__in=keys)) if keys else keys
    return keys


def _probed(sizes: dict[str, int]) -> set[UUID] | None:
    """Who has all of several words, where they are few: the bearers of the rarest are asked for the others one by one,
    unless they are many. ``sizes`` has how many bear each word, up to so many as are asked.

    The question is a value and no condition: of a condition the planner would make a join, and read all of a common
    word.
    """
    rarest, *others = sorted(sizes, key=sizes.__getitem__)
    if not others or sizes[rarest] == _PROBED:
        return None
    found = _bearing(rarest)
    for number, word in enumerate(others):
        other = PatientWord.objects.filter(begins("word", word), patient=OuterRef("patient_id")).values(yes=Value(True))
        found = found.alias(**{f"other{number}": Subquery(other[:1])}).filter(**{f"other{number}": True})
    keys = list(found[: _FEW + 1])
    return set(keys) if len(keys) <= _FEW else None


def _bearing(word: str) -> QuerySet[PatientWord, UUID]:
    return PatientWord.objects.filter(begins("word", word)).values_list("patient_id", flat=True)


def _from_stages(words: list[str], visible: QuerySet[Patient], count: int) -> list[UUID]:
    """Some hits are in several stages."""
    found: list[UUID] = []
    for stage in stages(words, visible):
        found += stage.exclude(pk__in=found).values_list("pk", flat=True)[: count - len(found)]
        if len(found) == count:
            break
    return found


def stages(words: list[str], visible: QuerySet[Patient]) -> Iterator[QuerySet[Any]]:
    """The querysets to read one after another until there are hits enough, for common words."""
    patients = with_names(visible)
    # What begins with a word has those names first that are the word.
    if len(words) == 1:
        yield patients.filter(begins("family", words[0])).order_by(*_BY_FAMILY)
        yield patients.filter(begins("given", words[0])).order_by(*_BY_GIVEN)
    elif len(words) == 2:
        first, last = words
        yield patients.filter(begins("family", last), begins("given", first)).order_by(*_BY_FAMILY)
        yield patients.filter(begins("family", first), begins("given", last)).order_by(*_BY_FAMILY)
    yield visible.filter(pk__in=bearers([begins("word", word) for word in words])).order_by(*NAMES[:2], "birth_date")


def fit(terms: Terms, words: list[str], patient: Patient) -> int:
    """How well a patient fits, 0 the best: the whole MRN, whole names, then their beginnings, then anything else."""
    if terms.digits and patient.mrn == terms.digits:
        return 0
    if not words:
        return 9 if patient.birth_date in terms.digits_dates else 8
    family, given, preferred = map(name_fold, (patient.family_name, patient.given_name, patient.preferred_name))
    first, last = words[0], words[-1]
    fits = (
        (family, given) == (last, first),
        family == last and given.startswith(first),
        family == first and given.startswith(last),
        family == last,
        first in (given, preferred),
        family.startswith(last),
        given.startswith(first),
    )
    return next((rank for rank, true in enumerate(fits, start=1) if true), 9)


def _alphabetic(patient: Patient) -> tuple[str, str, date, UUID]:
    """By names and birth date; namesakes of one day always in the same order."""
    return name_fold(patient.family_name), name_fold(patient.given_name), patient.birth_date, patient.pk


def bearers(conditions: Sequence[Q]) -> QuerySet[PatientWord, tuple[object]]:
    """The keys of patients for whom each condition holds of one of their words.

    An intersection reads each stretch of the index once, whatever the planner thinks how long they are; the limit
    keeps it apart from the rest.
    """
    first, *others = [PatientWord.objects.filter(condition).values_list("patient_id") for condition in conditions]
    return (first.intersection(*others) if others else first)[:_MANY]


def having(patients: QuerySet[Any], condition: Q) -> QuerySet[Any]:
    """Those of whose words one meets the condition, asked of each patient, where there are few."""
    return patients.filter(Exists(PatientWord.objects.filter(condition, patient=OuterRef("pk"))))


def narrowed(patients: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
    """Those with the birth date and the number that were typed, asked of each patient, where there are few."""
    if terms.birth_dates:
        patients = patients.filter(birth_date__in=terms.birth_dates)
    if terms.digits:
        merged = Patient.objects.filter(replaced_by=OuterRef("pk"), mrn__startswith=terms.digits)
        telephone = _telephones().filter(reduce(or_, _numbers(terms.digits)), patient=OuterRef("pk"))
        number = Q(mrn__startswith=terms.digits) | Q(Exists(merged)) | Q(Exists(telephone))
        patients = patients.filter(number | Q(birth_date__in=terms.digits_dates))
    return patients


def _born(days: Sequence[date]) -> QuerySet[Any, UUID]:
    return Patient.objects.filter(birth_date__in=days).order_by().values_list("pk", flat=True)


def _numbered(terms: Terms) -> QuerySet[Any, UUID]:
    """Of each kind of number the first. That of a chart that was merged finds the chart into which it was."""
    charts = Patient.objects.filter(mrn__startswith=terms.digits).order_by("mrn")
    found: list[QuerySet[Any, UUID]] = [charts.values_list(Coalesce("replaced_by", "pk"), flat=True)[: _FEW + 1]]
    for fits in _numbers(terms.digits):
        found.append(_telephones().filter(fits).values_list("patient_id", flat=True)[: _FEW + 1])
    if terms.digits_dates:
        found.append(_born(terms.digits_dates)[: _FEW + 1])
    return found[0].union(*found[1:], all=True)


def _telephones() -> QuerySet[ContactPoint]:
    present = ContactPoint.objects.filter(entered_in_error_at=None).exclude(system=ContactSystem.EMAIL)
    return present.order_by().alias(turned=Reverse("digits"))


def _numbers(digits: str) -> list[Q]:
    """The digits begin a number, with or without the country's 1, or are its last ones."""
    found = [Q(digits__startswith=digits), Q(digits__startswith=f"1{digits}")]
    if len(digits) >= _LAST_DIGITS:
        found.append(Q(turned__startswith=digits[::-1]))
    return found
