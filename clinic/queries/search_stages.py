"""The search for patients in stages, the surest first: each reads its hits in the order of an index and stops early.

A stage never reads more than it needs, however many patients there are: a name is looked for where an index of names
begins with it, and not within all names.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
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
#: Of numbers that begin so, this many are looked at. Who wants another types one digit more.
_NUMBERS = 500
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
        yield _with_words(narrowed(patients, terms), words).order_by(*_BY_FAMILY)
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


def _with_words(patients: QuerySet[Any], words: list[str]) -> QuerySet[Any]:
    """Those who have each word at the beginning of a word of any of their names."""
    for word in words:
        patients = patients.filter(Exists(PatientWord.objects.filter(begins("word", word), patient=OuterRef("pk"))))
    return patients


def narrowed(patients: QuerySet[Any], terms: Terms) -> QuerySet[Any]:
    """Those with the birth date and the number that were typed."""
    if terms.birth_dates:
        patients = patients.filter(birth_date__in=terms.birth_dates)
    if not terms.digits:
        return patients
    numbered = [_by_mrn(terms.digits), *_by_telephone(terms.digits)]
    if terms.digits_date:
        numbered.append(Patient.objects.filter(birth_date=terms.digits_date).order_by().values_list("pk")[:_NUMBERS])
    return patients.filter(pk__in=numbered[0].union(*numbered[1:]))


def _by_mrn(digits: str) -> QuerySet[Patient, tuple[object]]:
    """The number of a chart that was merged finds the one into which it was."""
    found = Patient.objects.filter(mrn__startswith=digits).order_by()
    return found.values_list(Coalesce("replaced_by", "pk"))[:_NUMBERS]


def _by_telephone(digits: str) -> list[QuerySet[ContactPoint, tuple[object]]]:
    """The digits begin a number, with or without the country's 1, or are its last ones."""
    present = ContactPoint.objects.filter(entered_in_error_at=None).exclude(system=ContactSystem.EMAIL).order_by()
    found = [present.filter(digits__startswith=digits), present.filter(digits__startswith=f"1{digits}")]
    if len(digits) >= _LAST_DIGITS:
        found.append(present.alias(turned=Reverse("digits")).filter(turned__startswith=digits[::-1]))
    return [numbers.values_list("patient_id")[:_NUMBERS] for numbers in found]
