"""Rules of prescriptions that come from the law: controlled drugs (21 CFR 1306).

What a single state adds (its own forms, shorter terms) is not here.
"""

from __future__ import annotations

from calendar import monthrange
from datetime import date
from decimal import Decimal

from stdnum import luhn

from clinic.drugs import named_in, schedules_of
from clinic.models.prescriptions import DrugSchedule, PrescriptionMethod

#: The most refills that a schedule allows; a drug that is not controlled, or in V, has no limit of the law's.
MOST_REFILLS = {DrugSchedule.TWO: 0, DrugSchedule.THREE: 5, DrugSchedule.FOUR: 5}
#: How a prescription may reach the pharmacy. II needs the paper itself; electronically a certified way is needed.
WAYS: dict[str, tuple[PrescriptionMethod, ...]] = {
    "": tuple(PrescriptionMethod),
    "2": (PrescriptionMethod.PRINTED,),
    **dict.fromkeys(("3", "4", "5"), (PrescriptionMethod.PRINTED, PrescriptionMethod.PHONED, PrescriptionMethod.FAXED)),
}
#: Said of a drug that is in no schedule.
NOT_CONTROLLED = "none"
_MONTHS_VALID = 6
_UP_TO_TWENTY = (
    *("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"),
    *("thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"),
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_LARGEST = 10_000


def make_prescription_number(running: int) -> str:
    """R, the running number and its check digit."""
    return f"R{running}{luhn.calc_check_digit(str(running))}"


def fitting_schedule(display: str, said: str) -> tuple[str, str]:
    """The schedule of a drug, empty for none, and what is wrong with what was said.

    Nothing said means "as it is listed", which a drug of unknown ingredients is not: then it has to be said.
    """
    known = schedules_of(display)
    if not known and not said and not named_in(display).ingredients:
        return "", f"Is {display} controlled? Its ingredients are not known here: choose."
    if not known or said in known:
        return said.replace(NOT_CONTROLLED, ""), ""
    labels = " or ".join(DrugSchedule(one).label for one in sorted(known))
    if said or len(known) > 1:
        return said, f"{display} is {labels}."
    return next(iter(known)), ""


def last_day(schedule: str, issued: date) -> date | None:
    """After which day it may be neither filled nor refilled: six months for III and IV."""
    if schedule not in {DrugSchedule.THREE, DrugSchedule.FOUR}:
        return None
    months = issued.month - 1 + _MONTHS_VALID
    year, month = issued.year + months // 12, months % 12 + 1
    return date(year, month, min(issued.day, monthrange(year, month)[1]))


def in_words(amount: Decimal) -> str:
    """A whole amount in words, so that nobody adds a digit: ``thirty``; empty for one that has no plain words."""
    if amount != amount.to_integral_value() or not 0 <= amount < _LARGEST:
        return ""
    return _words(int(amount))


def _words(number: int) -> str:
    for size, name in ((1000, "thousand"), (100, "hundred")):
        if number >= size:
            rest = number % size
            return f"{_words(number // size)} {name}" + (f" {_words(rest)}" if rest else "")
    if number < len(_UP_TO_TWENTY):
        return _UP_TO_TWENTY[number]
    ten, one = divmod(number, 10)
    return _TENS[ten - 2] + (f"-{_UP_TO_TWENTY[one]}" if one else "")
