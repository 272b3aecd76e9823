"""A million people with made-up names, and the ways in which somebody asks for one of them."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import accumulate, islice

from django.db import connection
from django.db.models import Model

from clinic.models import ContactPoint, Patient
from emr.accounts.models import User
from emr.audit.actor import acting, service_user
from emr.audit.bulk import bulk_create_recorded

_SEED = 20261122
_FAMILIES, _GIVEN = 150_000, 30_000
_BEGIN: list[str] = [*"bcdfghjklmnprstvw", "br", "ch", "dr", "fr", "gr", "sch", "sh", "st", "tr"]
_MIDDLE = ["a", "e", "i", "o", "u", "ai", "ea", "ie", "oo", "ou"]
_END = ["n", "r", "l", "s", "t", "ck", "ll", "nd", "rt", "ng", "m", "d", "st"]
_BATCH, _ASKED = 10_000, 1000
_FIRST_DAY, _DAYS = date(1930, 1, 1), 34_000
_FIRST_MRN, _FIRST_PHONE = 2_000_000, 2_125_550_000


@dataclass(frozen=True)
class Person:
    """One of the crowd, as far as somebody at the desk would know."""

    family: str
    given: str
    birth_date: date
    mrn: str
    phone: str


class Crowd:
    """People who are the same in each run. A few names are common, most are rare, as in life."""

    def __init__(self) -> None:
        self._random = random.Random(_SEED)  # noqa: S311  # names for a benchmark
        self._families = self._names(_FAMILIES)
        self._given = self._names(_GIVEN)

    def people(self, count: int) -> Iterator[Person]:
        """So many of them."""
        families = self._random.choices(self._families, cum_weights=_weights(_FAMILIES, 1.0), k=count)
        given = self._random.choices(self._given, cum_weights=_weights(_GIVEN, 1.1), k=count)
        for number, (family, first) in enumerate(zip(families, given, strict=True)):
            if self._random.random() < 0.05:
                family = f"{family}{self._random.choice(' -')}{self._random.choice(self._families)}"
            born = _FIRST_DAY + timedelta(days=self._random.randrange(_DAYS))
            yield Person(family, first, born, str(_FIRST_MRN + number), str(_FIRST_PHONE + 7 * number))

    def _names(self, count: int) -> list[str]:
        names: dict[str, None] = {}
        while len(names) < count:
            syllables = range(self._random.randint(1, 3))
            names["".join(self._syllable() for _ in syllables).capitalize()] = None
        return list(names)

    def _syllable(self) -> str:
        end = self._random.choice(_END) if self._random.random() < 0.5 else ""
        return self._random.choice(_BEGIN) + self._random.choice(_MIDDLE) + end


def fill_people(count: int) -> list[Person]:
    """Write so many people with a telephone number each; gives a thousand of them.

    As the owner of the tables, past the triggers: the words that those would keep are written all at once.
    """
    with acting(service_user("bench")):
        user = bulk_create_recorded([User(email="bench@example.invalid", last_name="Bench", is_active=False)])[0]
    rng = random.Random(_SEED)  # noqa: S311  # a sample for a benchmark
    asked = set(rng.sample(range(count), min(_ASKED, count)))
    sample = []
    with _untriggered(Patient, ContactPoint):
        people = enumerate(Crowd().people(count))
        while batch := list(islice(people, _BATCH)):
            sample += [person for number, person in batch if number in asked]
            _write(user, [person for _, person in batch])
        with connection.cursor() as cursor:
            cursor.execute(_WORDS_OF_PATIENTS)
            cursor.execute(_WORDS)
    with connection.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE clinic_patient, clinic_contactpoint, clinic_patientword, clinic_nameword")
    return sample


def _write(user: User, people: list[Person]) -> None:
    patients = [
        Patient(
            created_by=user,
            mrn=one.mrn,
            family_name=one.family,
            given_name=one.given,
            birth_date=one.birth_date,
            gender="unknown",
        )
        for one in people
    ]
    Patient.objects.bulk_create(patients)
    ContactPoint.objects.bulk_create(
        ContactPoint(created_by=user, patient=patient, system="phone", value=one.phone)
        for patient, one in zip(patients, people, strict=True)
    )


@contextmanager
def _untriggered(*models: type[Model]) -> Iterator[None]:
    names = [model._meta.db_table for model in models]
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        for name in names:
            cursor.execute(f"ALTER TABLE {name} DISABLE TRIGGER USER")
        yield
        for name in names:
            cursor.execute(f"ALTER TABLE {name} ENABLE TRIGGER USER")


def questions(people: list[Person]) -> dict[str, list[str]]:
    """What is typed to find each of them, by kind."""
    rng = random.Random(_SEED)  # noqa: S311  # slips for a benchmark
    return {
        "family name": [one.family for one in people],
        "beginning of the family name (3 letters)": [one.family[:3] for one in people],
        "first and last name": [f"{one.given} {one.family}" for one in people],
        "last, first": [f"{one.family}, {one.given}" for one in people],
        "beginnings of both (3 letters)": [f"{one.given[:3]} {one.family[:3]}" for one in people],
        "name and birth date": [f"{one.family} {one.birth_date:%m/%d/%Y}" for one in people],
        "birth date": [f"{one.birth_date:%m/%d/%Y}" for one in people],
        "telephone": [one.phone for one in people],
        "last seven digits": [one.phone[-7:] for one in people],
        "MRN": [one.mrn for one in people],
        "family name with a typing error": [_slip(rng, one.family) for one in people if len(one.family) > 3],
        "both names, each with one": [
            f"{_slip(rng, one.given)} {_slip(rng, one.family)}"
            for one in people
            if len(one.given) > 3 and len(one.family) > 3
        ],
    }


def _slip(rng: random.Random, name: str) -> str:
    """The name with two letters turned round, one left out, one twice, or another in its place."""
    at = rng.randrange(1, len(name) - 1)
    slips = [
        name[:at] + name[at + 1] + name[at] + name[at + 2 :],
        name[:at] + name[at + 1 :],
        name[:at] + name[at] + name[at:],
        name[:at] + rng.choice("aeiorstn") + name[at + 1 :],
    ]
    return rng.choice(slips)


def _weights(count: int, steep: float) -> list[float]:
    return list(accumulate(1 / (rank + 10) ** steep for rank in range(count)))


_WORDS_OF_PATIENTS = (
    "INSERT INTO clinic_patientword (patient_id, word)"
    " SELECT id, unnest(clinic_name_words(family_name, given_name)) FROM clinic_patient"
)
_WORDS = "INSERT INTO clinic_nameword (word) SELECT DISTINCT word FROM clinic_patientword"
