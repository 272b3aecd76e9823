"""Whoever is on file already is found, however the name is spelt, before anything is written."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from clinic.queries.duplicates import likely_duplicates
from tests.factories.clinic import ContactPointFactory, PatientFactory, PatientNameFactory

pytestmark = [pytest.mark.django_db, pytest.mark.feature("B03")]

BORN = date(1962, 3, 14)


def told(given: str, family: str, born: date | None = BORN, **more: Any) -> list[tuple[str, str, bool]]:
    found = likely_duplicates(Patient.objects.all(), given_name=given, family_name=family, birth_date=born, **more)
    return [(one.hit.name, one.same, one.sure) for one in found]


@pytest.fixture
def katherine() -> Any:
    patient = PatientFactory(family_name="Schmidt", given_name="Katherine", birth_date=BORN)
    ContactPointFactory(patient=patient, value="+12175550142")
    PatientFactory(family_name="Okafor", given_name="Peter", birth_date=date(1990, 1, 2))
    return patient


@pytest.mark.parametrize(
    ("given", "family", "born", "same"),
    [
        ("Katherine", "Schmidt", BORN, "Same name, same birth date"),
        ("katherine", "SCHMIDT", date(1980, 7, 7), "Same name"),
        ("Catherine", "Schmitt", BORN, "Similar name, same birth date"),
        ("Kathryn", "Shmit", BORN, "Similar name, same birth date"),
        ("Schmidt", "Katherine", BORN, "Similar name, same birth date"),
        ("Katherine", "Miller", BORN, "Similar name, same birth date"),
        ("Catherine", "Schmitt", date(1962, 4, 14), "Similar name, birth date a slip away"),
        ("Catherine", "Schmidt", date(1926, 3, 14), "Similar name, birth date a slip away"),
        ("Catherine", "Schmidt", date(1962, 3, 15), "Similar name, birth date a slip away"),
    ],
)
def test_one_person_written_otherwise(katherine: Patient, given: str, family: str, born: date, same: str) -> None:
    assert told(given, family, born) == [("SCHMIDT, Katherine", same, True)]


@pytest.mark.parametrize(
    ("given", "family", "born"),
    [
        ("Walter", "Brown", BORN),
        ("Catherine", "Schmitt", date(1975, 11, 30)),
        ("", "Schmidt", None),
        ("", "", None),
        ("K", "S", None),
    ],
)
def test_somebody_else(katherine: Patient, given: str, family: str, born: date | None) -> None:
    assert told(given, family, born) == []


def test_day_and_month_exchanged() -> None:
    PatientFactory(family_name="Schmidt", given_name="Katherine", birth_date=date(1962, 3, 4))
    assert told("Catherine", "Schmidt", date(1962, 4, 3))[0][1:] == ("Similar name, birth date a slip away", True)


def test_a_sound_alone_is_told_while_the_birth_date_is_not_typed_yet(katherine: Patient) -> None:
    assert told("Catherine", "Schmitt", None) == [("SCHMIDT, Katherine", "Similar name", False)]


def test_a_telephone_finds_whatever_the_name(katherine: Patient) -> None:
    assert told("Walter", "Brown", date(2001, 1, 1), phones=["+12175550142"]) == [
        ("SCHMIDT, Katherine", "Same telephone", True)
    ]


def test_a_former_name_is_a_name(katherine: Patient) -> None:
    PatientNameFactory(patient=katherine, family_name="Weatherby", given_name="Katherine")
    assert told("Catherine", "Wetherby", date(1962, 3, 15)) == [
        ("SCHMIDT, Katherine", "Similar name, birth date a slip away", True)
    ]


def test_nobody_is_a_duplicate_of_themselves(katherine: Patient) -> None:
    assert told("Katherine", "Schmidt", apart_from=katherine.pk) == []


def test_only_whom_one_may_know() -> None:
    PatientFactory(family_name="Schmidt", given_name="Katherine", restricted=True)
    assert (
        likely_duplicates(
            Patient.objects.filter(restricted=False), given_name="Katherine", family_name="Schmidt", birth_date=BORN
        )
        == []
    )


def test_one_query_for_1_and_for_30(katherine: Patient) -> None:
    for many in (1, 30):
        for _ in range(many):
            ContactPointFactory(patient=PatientFactory(family_name="Schmidt", given_name="Catherine"))
        with CaptureQueriesContext(connection) as seen:
            found = told("Katherine", "Schmidt", phones=["+12175550142"])
        assert len(found) == min(many + 1, 10)
        assert len(seen) == 1
