"""What the search finds among many people of few names is what comparing each of them with each word finds."""

from __future__ import annotations

import random
import re
from datetime import date, timedelta

import pytest

from clinic.models import Patient
from clinic.queries import search_stages
from clinic.queries.patients import LIMIT, find_patients
from clinic.queries.search_stages import fit, name_fold, typed_words
from clinic.queries.search_terms import read_terms
from clinic.rules import visible_to
from tests.factories.accounts import make_person
from tests.factories.clinic import ContactPointFactory, PatientFactory, PatientNameFactory, grant_chart

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B01")]

_FAMILIES = ["Lee", "Leeson", "Martin", "O'Lee", "Garcia-Lee", "Lé Mar", "Marlo", "Olson", "Ole"]
_GIVEN = ["Lee", "Martin", "Martina", "Olga", "Leo", "Marlo", "Ole-Lee", "Mia"]
_TEXTS = [
    *("le", "lee", "Lee, Martin", "martin lee", "mar le", "ole", "o'lee", "olee", "mia mar", "garcia lee", "garcialee"),
    *(
        "lee ole mar",
        "leo olson",
        "olga",
        "marlo marlo",
        "gar",
        "lee 1/3/1980",
        "ole 3-jan-1980",
        "1980-01-03",
        "555010",
    ),
    *("lee 555010", "12175550107", "5550107"),
]


def typed_names(text: str) -> list[str]:
    return typed_words(read_terms(text))


def people() -> list[Patient]:
    """Three in twenty restricted, some with a middle, preferred or former name, born on few days."""
    rng = random.Random(7)  # noqa: S311  # made-up people
    made = []
    for number in range(90):
        patient = PatientFactory.create(
            family_name=rng.choice(_FAMILIES),
            given_name=rng.choice(_GIVEN),
            middle_name=rng.choice(["", "", "Lea"]),
            preferred_name=rng.choice(["", "", "Mari"]),
            birth_date=date(1980, 1, 1) + timedelta(days=rng.randrange(6)),
            restricted=rng.random() < 0.15,
        )
        if number % 5 == 0:
            PatientNameFactory(patient=patient, family_name=rng.choice(_FAMILIES), given_name="Olga")
        ContactPointFactory(patient=patient, value=f"+1217555{100 + number:04}")
        made.append(patient)
    return made


def words_of(patient: Patient) -> set[str]:
    names = [patient.family_name, patient.given_name, patient.middle_name, patient.preferred_name]
    names += [name for one in patient.names.all() for name in (one.family_name, one.given_name)]
    parts = [part for name in names for part in re.split(r"[^A-Z]+", name_fold(name))]
    return {*parts, *(re.sub("[^A-Z]", "", name_fold(name)) for name in names)} - {""}


def expected(text: str, everybody: list[Patient]) -> list[Patient]:
    """All who fit, the best first, by comparing each."""
    terms = read_terms(text)
    words = [part for word in terms.words for part in re.split("[^A-Z]+", name_fold(word))]

    def fits(one: Patient) -> bool:
        telephone = one.telecom.get().digits
        numbers = (one.mrn, telephone, telephone[1:])
        return (
            all(any(mine.startswith(word) for mine in words_of(one)) for word in words)
            and (not terms.birth_dates or one.birth_date in terms.birth_dates)
            and (
                not terms.digits
                or any(number.startswith(terms.digits) for number in numbers)
                or (len(terms.digits) >= 7 and telephone.endswith(terms.digits))
            )
        )

    def place(one: Patient) -> tuple[object, ...]:
        names = name_fold(one.family_name), name_fold(one.given_name)
        return fit(terms, words, one), *names, one.birth_date, one.pk

    return sorted((one for one in everybody if fits(one)), key=place)


@pytest.mark.parametrize("few", [0, 100])
def test_a_search_finds_whom_comparing_everybody_finds(few: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once with every word taken as common, once as rare; restricted charts are nobody but the granted one."""
    monkeypatch.setattr(search_stages, "_FEW", few)
    everybody, asker = people(), make_person("front_desk")
    granted = next(one for one in everybody if one.restricted)
    grant_chart(asker, granted)
    seen = [one for one in everybody if not one.restricted or one == granted]
    for text in _TEXTS if few else filter(typed_names, _TEXTS):
        best, hits = expected(text, seen), find_patients(text, visible_to(asker))
        found = [hit.id for hit in hits.rows]
        assert hits.more == (len(best) > LIMIT), text
        if few:
            assert found == [one.pk for one in best][:LIMIT], text
        elif hits.more:
            assert len(set(found) & {one.pk for one in best}) == LIMIT, text
        else:
            assert set(found) == {one.pk for one in best}, text
            terms, words = read_terms(text), typed_names(text)
            fits = [fit(terms, words, Patient.objects.get(pk=key)) for key in found]
            assert fits == sorted(fits), text


def test_one_slip_in_any_name_still_finds_its_bearer() -> None:
    """Each letter once left out, doubled, or exchanged with the next, of names with nothing else alike."""
    names = ["Winterbourne", "Castelnuovo", "Okonkwo", "Przybylski", "Haverkamp"]
    for name in names:
        PatientFactory(family_name=name, given_name="Zoe")
    for name in names:
        for at in range(1, len(name)):
            slips = (name[:at] + name[at + 1 :], name[:at] + name[at] + name[at:])
            turned = name[: at - 1] + name[at] + name[at - 1] + name[at + 1 :]
            for typed in (*slips, turned):
                hits = find_patients(typed, Patient.objects.all())
                assert name.upper() in [hit.name.split(",")[0] for hit in hits.all], typed
