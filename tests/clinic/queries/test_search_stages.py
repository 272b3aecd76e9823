"""The search reads indexes of names, folds them as the database does, and knows all of a patient's names."""

from __future__ import annotations

from datetime import date

import pytest
from django.db import connection
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from clinic.models import NameWord, Patient, PatientName, PatientWord
from clinic.queries.patients import find_patients
from clinic.queries.search_alike import words_like
from clinic.queries.search_stages import name_fold, stages, typed_words
from clinic.queries.search_terms import read_terms
from emr.audit.actor import acting
from tests.factories.base import someone
from tests.factories.clinic import PatientFactory

pytestmark = pytest.mark.django_db

_LETTERS = st.text(st.characters(min_codepoint=32, max_codepoint=0x24F, exclude_characters="ſŉǰƛ"), max_size=12)


def found(text: str) -> list[str]:
    """The full names that are found, likenesses last."""
    return [hit.name for hit in find_patients(text, Patient.objects.all()).all]


def words_of(patient: Patient) -> list[str]:
    return sorted(PatientWord.objects.filter(patient=patient).values_list("word", flat=True))


@example("O'Néill-Großmann")
@example("Łukasz Ærø")
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(_LETTERS)
def test_a_name_is_folded_as_the_database_folds_it(name: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT clinic_name_fold(%s)", [name])
        assert cursor.fetchone() == (name_fold(name),)


def test_every_word_of_every_name_is_kept() -> None:
    patient = PatientFactory(
        family_name="García-López", given_name="Ana María", middle_name="D’Arc", preferred_name="Nita"
    )
    assert words_of(patient) == ["ANA", "ANAMARIA", "DARC", "GARCIA", "GARCIALOPEZ", "LOPEZ", "MARIA", "NITA"]


def test_words_follow_the_names() -> None:
    patient = PatientFactory.create(family_name="Brown", given_name="Ada")
    with acting(someone()):
        former = PatientName.objects.create(
            created_by=someone(), patient=patient, use="old", family_name="Stone", given_name="Ada"
        )
        assert words_of(patient) == ["ADA", "BROWN", "STONE"]
        patient.family_name = "Reed"
        patient.save(update_fields=["family_name", "updated_at"])
        assert words_of(patient) == ["ADA", "REED", "STONE"]
        former.family_name = "Wood"
        former.save(update_fields=["family_name", "updated_at"])
    assert words_of(patient) == ["ADA", "REED", "WOOD"]


@pytest.mark.feature("B01")
@pytest.mark.parametrize(
    "text",
    [
        "lopez",
        "garcia",
        "Garcia-Lopez",
        "garcialopez",
        "Ana Garcia",
        "maria lopez",
        "Ana Maria Garcia Lopez",
        "García López, Ana",
        "nita garcia",
        "darc",
        "lopez 3/14/1962",
        "14mar1962",
    ],
)
def test_any_part_of_a_name_finds_its_bearer(text: str) -> None:
    PatientFactory(
        family_name="García-López",
        given_name="Ana María",
        middle_name="D’Arc",
        preferred_name="Nita",
        birth_date=date(1962, 3, 14),
    )
    PatientFactory(family_name="Brown", given_name="Peter", birth_date=date(1970, 1, 1))
    assert found(text) == ["GARCÍA-LÓPEZ, Ana María D’Arc"]


@pytest.mark.feature("B01")
@pytest.mark.parametrize(
    ("right", "typed"),
    [
        ("Garcia Rosa", "Gracia Rosa"),
        ("Johnson Lyndon", "Jhonson Lydon"),
        ("Macdonald Fiona", "Mcdonald Fiona"),
        ("Katherine Smyth", "Cathryn Smith"),
        ("Schmidt Eva", "Schmitd Eva"),
        ("Nguyen Thi", "Nguyn Thi"),
        ("Gonzalez Luis", "Gonsales Luis"),
    ],
)
def test_a_slip_of_the_keyboard_or_of_the_ear_still_finds(right: str, typed: str) -> None:
    family, first = right.split()
    PatientFactory(family_name=family, given_name=first)
    PatientFactory(family_name="Quimby", given_name="Zed")
    assert found(typed) == [f"{family.upper()}, {first}"]


@pytest.mark.feature("B01")
@pytest.mark.parametrize(
    ("family", "typed"),
    [
        *[("O'Brien", typed) for typed in ("O'Brien", "o’brien", "OBrien", "obr", "O Brien", "O-Brien")],
        *[("O Brien", typed) for typed in ("O'Brien", "OBrien", "O Brien")],
        *[("McDonald", typed) for typed in ("Mcdonald", "Mc Donald", "MacDonald", "Mac Donald", "M'Donald")],
        *[("MacDonald", typed) for typed in ("McDonald", "Mc Donald", "mac donald")],
        *[("Smith-Jones", typed) for typed in ("Smith Jones", "Jones", "smith-j", "SmithJones", "Jones-Smith")],
        *[("de la Cruz", typed) for typed in ("De La Cruz", "Cruz", "delacruz", "dela cruz", "Cruz, Ana de la")],
        *[("Núñez", typed) for typed in ("Nunez", "nuñez", "NÚÑEZ", "Nuñes")],
        *[("Groß", typed) for typed in ("Gross", "groß", "Gros")],
    ],
)
def test_a_name_is_found_however_its_marks_and_gaps_are_typed(family: str, typed: str) -> None:
    PatientFactory(family_name=family, given_name="Ana")
    PatientFactory(family_name="Quimby", given_name="Zed")
    for text in (typed, f"ana {typed}"):
        assert [name.split(",")[0] for name in found(text)] == [family.upper()], text


def test_the_right_words_are_nearest() -> None:
    for family in ("Smith", "Smythe", "Schmidt", "Quimby"):
        PatientFactory(family_name=family, given_name="Al")
    assert words_like(["SMIHT"])[0][0] == "SMITH"
    assert not NameWord.objects.filter(word="SMIHT").exists()


@pytest.mark.parametrize("text", ["smith", "jo smith", "smi"])
def test_names_are_read_from_an_index(text: str) -> None:
    """With sequential scans made dear, none is left: each first stage has an index that answers it."""
    stage = next(stages(typed_words(read_terms(text)), Patient.objects.all()))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
    plan = stage.values_list("pk")[:26].explain()
    assert "Seq Scan" not in plan
    assert "clinic_patient_by_" in plan


def test_the_beginning_of_a_word_is_no_wildcard() -> None:
    PatientFactory(family_name="Silva", given_name="Maria")
    assert found("%_") == []
