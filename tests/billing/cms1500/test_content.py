from datetime import date
from decimal import Decimal

import pytest

from billing.cms1500 import content


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ("Zoë  Núñez", "ZOE NUNEZ"),
        ("Straße", "STRASSE"),
        ("Łukasz Sørensen", "LUKASZ SORENSEN"),
        ("O’Neil – x", "O'NEIL - X"),
        ("ﬁne", "FINE"),
        ("a\u00a0b\nc", "A B C"),
        ("", ""),
    ],
)
def test_plain_spells_in_upper_case_ascii(given: str, expected: str) -> None:
    assert content.plain(given) == expected


@pytest.mark.parametrize("text", ["李", "a☃", "tab\x07"])
def test_plain_refuses_what_it_cannot_spell(text: str) -> None:
    with pytest.raises(content.ContentError, match="can't carry"):
        content.plain(text)


def test_words_drop_points_and_number_signs() -> None:
    assert content.words("No. #4 St. Mary's") == "NO 4 ST MARY'S"


def test_person_name_is_last_suffix_first_initial() -> None:
    assert content.person_name("Smith-Jones", "Ann, B.", "marie", "Jr.") == "SMITH-JONES JR, ANN B, M"
    assert content.person_name("Smith", "Ann") == "SMITH, ANN"


def test_practitioner_name_has_no_commas_and_ends_in_credentials() -> None:
    assert content.practitioner_name("Lee", "Tom", "Bryht", "M.D.") == "LEE T BRYHT MD"


def test_addresses_have_no_punctuation() -> None:
    assert content.address_line("12-34 Elm St., #4 (rear); 1/2") == "12-34 ELM ST 4 REAR 1/2"
    assert content.city_line("St. Paul", "mn", "551011234") == "ST PAUL MN 55101-1234"


@pytest.mark.parametrize(
    ("given", "expected"), [("12205", "12205"), ("122051234", "12205-1234"), ("12205-1234", "12205-1234"), (" ", "")]
)
def test_zip_code(given: str, expected: str) -> None:
    assert content.zip_code(given) == expected


@pytest.mark.parametrize("text", ["1220", "1220512345", "ABCDE", "١٢٢٠٥"])
def test_zip_code_of_another_length_is_refused(text: str) -> None:
    with pytest.raises(content.ContentError, match="ZIP"):
        content.zip_code(text)


@pytest.mark.parametrize("text", ["(518) 555-0143", "+1 518 555 0143", "518.555.0143"])
def test_phone_is_ten_digits(text: str) -> None:
    assert content.phone_digits(text) == "5185550143"


def test_phone_of_another_length_is_refused() -> None:
    with pytest.raises(content.ContentError, match="10 digits"):
        content.phone_digits("555-0143")


def test_identifiers_have_no_separators() -> None:
    assert content.identifier("ab-12 3.4") == "AB123.4"
    assert content.diagnosis("j45.909") == "J45909"


def test_dates() -> None:
    assert content.date_parts(date(1980, 2, 9)) == ("02", "09", "1980")
    assert content.date_parts(date(2005, 2, 9), year_digits=2) == ("02", "09", "05")


def test_money_always_shows_cents() -> None:
    assert content.dollars(Decimal("1234.5")) == "1234 50"
    assert content.dollars(Decimal("-0")) == "0 00"
    assert content.dollars_closed(Decimal(100)) == "10000"


@pytest.mark.parametrize("amount", ["-1", "1.005", "NaN", "Infinity", "1E+40"])
def test_money_that_the_form_cannot_say_is_refused(amount: str) -> None:
    with pytest.raises(content.ContentError):
        content.dollars(Decimal(amount))


@pytest.mark.parametrize(
    ("given", "expected"), [("1", "1"), ("1.0", "1"), ("1.50", "1.5"), ("10", "10"), ("1E+1", "10")]
)
def test_units(given: str, expected: str) -> None:
    assert content.units(Decimal(given)) == expected


@pytest.mark.parametrize("quantity", ["0", "-1", "NaN", "1E+99"])
def test_units_that_no_service_has(quantity: str) -> None:
    with pytest.raises(content.ContentError):
        content.units(Decimal(quantity))


def test_drug_supplement_keeps_its_three_spaces_and_its_point() -> None:
    text = content.ndc_supplement("12345-6789-01", "un", Decimal("1.50"))
    assert text == "N412345678901   UN1.5"
    assert content.supplement(f" {text.lower()} ") == text
    with pytest.raises(content.ContentError, match="11 digits"):
        content.ndc_supplement("123", "UN", Decimal(1))


@pytest.mark.parametrize("street", ["P.O. Box 12", "PO BOX 9", "Post Office Box 3", "p o box 7", "POB 12"])
def test_post_office_boxes_are_known(street: str) -> None:
    assert content.is_po_box(street)


@pytest.mark.parametrize("street", ["12 Boxwood Ln", "1 Pobble St", "9 Box St"])
def test_streets_are_no_post_office_boxes(street: str) -> None:
    assert not content.is_po_box(street)
