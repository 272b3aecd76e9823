"""The search for patients in stages, the surest first: each reads its hits in the order of an index and stops early.

A stage never reads more than it needs, however many patients there are: a name is looked for where an index of names
begins with it, and not within all names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce, Reverse

from clinic.choices import ContactSystem
from clinic.models import ContactPoint, Patient
from clinic.models.name_search import PatientWord, folded_column
from clinic.queries.search_terms import Terms

_SPECIAL = str.maketrans({**dict(zip("ØøŁłĐđıŒœ", "OoLlDdiOo", strict=True)), **dict.fromkeys("’‘'`´", "")})
_SPELT = (("ß", "ss"), ("æ", "ae"), ("Æ", "AE"))
_MARKS = re.compile("[\u0300-\u036f]")
_NO_LETTER = re.compile(r"[\W_]+")
#: Behind every letter, so that from a beginning to it is every word that begins so.
LAST = "\U0010ffff"
#: Of numbers or words that fit, this many are looked at. Who wants another types more.
_MANY = 500
_BY_FAMILY, _BY_GIVEN = ("family", "given", "birth_date"), ("given", "family", "birth_date")
#: From so many digits the last ones of a telephone number are enough.
_LAST_DIGITS = 7


def name_fold(name: str) -> str:
    """As the database's ``clinic_name_fold``: in capitals, without accents and apostrophes."""
    name = unicodedata.normalize("NFKD", name)
    for letter, spelt in _SPELT:
        name = name.replace(letter, spelt)
    return _MARKS.sub("", name.translate(_SPECIAL)).upper()


def typed_words(terms: Terms) -> list[str]:
    """The words that were typed as they are looked for, the given name first; the parts of a double name are words."""
    return [part for word in terms.words for part in _NO_LETTER.split(name_fold(word)) if part]


def with_names(patients: QuerySet[Patient]) -> QuerySet[Any]:
    """The patients with ``family`` and ``given`` as the indexes have them."""
    return patients.annotate(family=folded_column("family_name"), given=folded_column("given_name"))


def begins(column: str, word: str) -> Q:
    """Whether a folded name begins with the word: a range, so that an index answers."""
    return Q(**{f"{column}__gte": word, f"{column}__lt": word + LAST})


def stages(terms: Terms, visible: QuerySet[Patient]) -> Iterator[QuerySet[Any]]:
    """The querysets to read one after another until there are hits enough. Some hits are in several."""
    words = typed_words(terms)
    patients = with_names(visible)
    if terms.birth_dates or terms.digits:
        yield _having_words(narrowed(patients, terms), words).order_by(*_BY_FAMILY)
        return
    # What begins with a word has those names first that are the word.
    if len(words) == 1:
        yield patients.filter(begins("family", words[0])).order_by(*_BY_FAMILY)
        yield patients.filter(begins("given", words[0])).order_by(*_BY_GIVEN)
    elif len(words) == 2:
        first, last = words
        yield patients.filter(begins("family", last), begins("given", first)).order_by(*_BY_FAMILY)
        yield patients.filter(begins("family", first), begins("given", last)).order_by(*_BY_FAMILY)
    yield _with_words(patients, words).order_by(*_BY_FAMILY)


def fit(terms: Terms, words: list[str], patient: Patient) -> int:
    """How well a patient fits, 0 the best: the whole MRN, whole names, then their beginnings, then anything else."""
    if terms.digits and patient.mrn == terms.digits:
        return 0
    if not words:
        return 9
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


def bearers(conditions: Sequence[Q]) -> QuerySet[PatientWord, tuple[object]]:
    """The keys of patients for whom each condition holds of one of their words.

    An intersection reads each stretch of the index once, whatever the planner thinks how long they are; the limit
    keeps it apart from the rest.
    """
    first, *others = [PatientWord.objects.filter(condition).values_list("patient_id") for condition in conditions]
    return (first.intersection(*others) if others else first)[:_MANY]


def _with_words(patients: QuerySet[Any], words: list[str]) -> QuerySet[Any]:
    """Those who have each word at the beginning of a word of any of their names."""
    return patients.filter(pk__in=bearers([begins("word", word) for word in words]))


def _having_words(patients: QuerySet[Any], words: list[str]) -> QuerySet[Any]:
    """As :func:`_with_words`, asked of each patient, where there are few."""
    for word in words:
        patients = patients.filter(Exists(PatientWord.objects.filter(begins("word", word), patient=OuterRef("pk"))))
    return patients


def narrowed(patients: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
    """Those with the birth date and the number that were typed. They are read by their keys first, a query for each:
    few people share a day or a number, which the planner can't know beside a name.
    """
    if terms.birth_dates:
        born = Patient.objects.filter(birth_date__in=terms.birth_dates).order_by().values_list("pk", flat=True)
        patients = patients.filter(pk__in=list(born[:_MANY]))
    if terms.digits:
        patients = patients.filter(pk__in=[key for (key,) in _numbered(terms)])
    return patients


def _numbered(terms: Terms) -> QuerySet[Any, tuple[Any]]:
    found = [_by_mrn(terms.digits), *_by_telephone(terms.digits)]
    if terms.digits_date:
        found.append(Patient.objects.filter(birth_date=terms.digits_date).order_by().values_list("pk")[:_MANY])
    return found[0].union(*found[1:])


def _by_mrn(digits: str) -> QuerySet[Patient, tuple[object]]:
    """The number of a chart that was merged finds the one into which it was."""
    found = Patient.objects.filter(mrn__startswith=digits).order_by()
    return found.values_list(Coalesce("replaced_by", "pk"))[:_MANY]


def _by_telephone(digits: str) -> list[QuerySet[ContactPoint, tuple[object]]]:
    """The digits begin a number, with or without the country's 1, or are its last ones."""
    present = ContactPoint.objects.filter(entered_in_error_at=None).exclude(system=ContactSystem.EMAIL).order_by()
    found = [present.filter(digits__startswith=digits), present.filter(digits__startswith=f"1{digits}")]
    if len(digits) >= _LAST_DIGITS:
        found.append(present.alias(turned=Reverse("digits")).filter(turned__startswith=digits[::-1]))
    return [numbers.values_list("patient_id")[:_MANY] for numbers in found]
