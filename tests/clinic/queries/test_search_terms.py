"""What is typed into the box is read in any order and any usual format."""

from __future__ import annotations

from datetime import date

import pytest

from clinic.queries.search_terms import Terms, read_terms

BORN = date(1962, 3, 14)


@pytest.mark.feature("B01")
@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Maria Silva", ("MARIA", "SILVA")),
        ("Silva, Maria", ("MARIA", "SILVA")),
        ("  silva ,maria ", ("MARIA", "SILVA")),
        ("silva,", ("SILVA",)),
        ("O'Neil Anne-Marie", ("O'NEIL", "ANNE-MARIE")),
        ("Núñez", ("NÚÑEZ",)),
    ],
)
def test_names_come_given_name_first(text: str, words: tuple[str, ...]) -> None:
    assert read_terms(text) == Terms(words=words)


@pytest.mark.feature("B01")
@pytest.mark.parametrize(
    "text",
    [
        "1962-03-14",
        "3/14/1962",
        "03/14/1962",
        "03-14-1962",
        "3.14.1962",
        "14-Mar-1962",
        "14 March 1962",
        "14Mar1962",
        "March 14, 1962",
        "Mar 14 1962",
        "mar 14th, 1962",
        "3 / 14 / 1962",
        "3 14 1962",
        "14/3/1962",
        "1962/3/14",
        "1962.03.14",
        "1962 Mar 14",
        "14th of March 1962",
        "14 mar 62",
        "Mar. 14, '62",
        "DOB: 3/14/1962",
    ],
)
def test_a_birth_date_is_read_in_any_format(text: str) -> None:
    assert read_terms(text) == Terms(birth_dates=(BORN,))
    assert read_terms(f"silva {text}") == Terms(words=("SILVA",), birth_dates=(BORN,))


def test_two_digits_of_a_year_are_tried_in_both_centuries() -> None:
    assert read_terms("3/14/12").birth_dates == (date(1912, 3, 14), date(2012, 3, 14))
    assert read_terms("3/14/62").birth_dates == (BORN,)


@pytest.mark.parametrize("digits", ["03141962", "19620314", "14031962", "031462"])
def test_digits_may_be_a_birth_date_or_a_number(digits: str) -> None:
    assert read_terms(digits) == Terms(digits=digits, digits_dates=(BORN,))


@pytest.mark.parametrize("digits", ["3141962", "217555", "2175550142", "21755501"])
def test_a_telephone_number_is_no_birth_date(digits: str) -> None:
    assert read_terms(digits) == Terms(digits=digits)


@pytest.mark.parametrize(
    ("text", "words", "digits"),
    [
        ("Maria 3 14 1962", ("MARIA",), ""),
        ("June May 3 14 1962", ("JUNE", "MAY"), ""),
        ("3/14/62 (217) 555-0142", (), "2175550142"),
    ],
)
def test_a_birth_date_is_told_from_names_and_numbers_beside_it(text: str, words: tuple[str, ...], digits: str) -> None:
    assert read_terms(text) == Terms(words, (BORN,), digits)


@pytest.mark.parametrize(
    ("text", "digits"),
    [
        ("(217) 555-0142", "2175550142"),
        ("+1 217 555 0142", "12175550142"),
        ("217.555.0142", "2175550142"),
        ("100 482 7", "1004827"),
        ("555-0142", "5550142"),
        ("21 75 05 01 42", "2175050142"),
        ("MRN 100 482 7", "1004827"),
        ("tel. +1 217 555 0142", "12175550142"),
    ],
)
def test_a_number_is_its_digits(text: str, digits: str) -> None:
    assert read_terms(text) == Terms(digits=digits)


@pytest.mark.parametrize("text", ["", " ", "a", "12", ",", "%", "_", "👩"])
def test_nothing_to_look_for(text: str) -> None:
    assert read_terms(text).empty


@pytest.mark.parametrize("text", ["1962-13-45", "31-Feb-1990", "99/99/9999", "x" * 5000, "1" * 5000, "(((((("])
def test_nonsense_is_read_without_an_error(text: str) -> None:
    assert read_terms(text).birth_dates == ()
