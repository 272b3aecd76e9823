"""What the law says of prescriptions, and the messages to pharmacies."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

import pytest

from clinic.prescribing import fitting_schedule, in_words, last_day, make_prescription_number
from emr.shared.identifiers import is_dea

pytestmark = pytest.mark.feature("F07")


@pytest.mark.parametrize(
    ("number", "right"),
    [("AB1234563", True), ("F91234563", False), ("AB1234564", False), ("AB123456", False), ("ab1234563", False)],
)
def test_a_dea_number_has_a_check_digit(number: str, right: bool) -> None:
    assert is_dea(number) is right


@pytest.mark.parametrize(
    ("amount", "words"),
    [
        ("30", "thirty"),
        ("30.0", "thirty"),
        ("45", "forty-five"),
        ("112", "one hundred twelve"),
        ("1000", "one thousand"),
        ("0", "zero"),
        ("2.5", ""),
        ("10000", ""),
    ],
)
def test_amounts_stand_in_words(amount: str, words: str) -> None:
    assert in_words(Decimal(amount)) == words


def test_the_schedule_is_that_of_the_ingredient() -> None:
    assert fitting_schedule("zolpidem 5 MG", "") == ("4", "")
    assert fitting_schedule("zolpidem 5 MG", "2") == ("2", "zolpidem 5 MG is Schedule IV.")
    assert fitting_schedule("metformin 500 MG", "3") == ("3", "")
    assert fitting_schedule("metformin 500 MG", "none") == ("", "")
    assert fitting_schedule("zolpidem 5 MG", "none")[1] == "zolpidem 5 MG is Schedule IV."
    unknown = "Is Adderall 10 MG controlled? Its ingredients are not known here: choose."
    assert fitting_schedule("Adderall 10 MG", "") == ("", unknown)
    assert [fitting_schedule("Adderall 10 MG", said) for said in ("2", "none")] == [("2", ""), ("", "")]
    tablet = "Acetaminophen 300 MG / Codeine 30 MG Oral Tablet"
    assert fitting_schedule(tablet, "") == ("", f"{tablet} is Schedule III or Schedule V.")
    assert fitting_schedule(tablet, "3") == ("3", "")


def test_three_and_four_end_after_six_months() -> None:
    assert last_day("4", date(2026, 8, 31)) == date(2027, 2, 28)
    assert last_day("3", date(2026, 12, 15)) == date(2027, 6, 15)
    assert [last_day(schedule, date(2026, 8, 31)) for schedule in ("", "2", "5")] == [None, None, None]


def test_numbers_have_a_check_digit() -> None:
    assert [make_prescription_number(number) for number in (1001, 1010)] == ["R10017", "R10108"]
