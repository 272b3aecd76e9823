"""Identifiers with check digits: the MRN, the NPI and the DEA number."""

from __future__ import annotations

import re

from django.core.exceptions import ValidationError
from stdnum import luhn
from stdnum.exceptions import ValidationError as StdnumError

#: The NPI's Luhn digit is computed with this issuer prefix before it (CMS, NPI check digit).
_NPI_PREFIX = "80840"
_DEA = re.compile(r"[A-Z]{2}\d{7}")


def make_mrn(number: int) -> str:
    """The medical record number of a running number: the number and its Luhn check digit, so that a mistyped or
    transposed digit never finds another patient."""
    body = str(number)
    return body + luhn.calc_check_digit(body)


def is_mrn(text: str) -> bool:
    """Whether the text, spaces aside, is a medical record number with a right check digit."""
    text = re.sub(r"\s", "", text)
    return text.isdigit() and 7 <= len(text) <= 12 and bool(luhn.is_valid(text))


def format_mrn(mrn: str) -> str:
    """The number in groups of three from the left, as the banner shows it: ``100 482 7``."""
    return " ".join(mrn[i : i + 3] for i in range(0, len(mrn), 3))


def is_npi(text: str) -> bool:
    """Whether the text is a National Provider Identifier: ten digits, the last one the Luhn digit."""
    if not re.fullmatch(r"[12]\d{9}", text):
        return False
    try:
        luhn.validate(_NPI_PREFIX + text)
    except StdnumError:
        return False
    return True


def validate_npi(text: str) -> None:
    """A field validator for the NPI."""
    if not is_npi(text):
        raise ValidationError("This is not a valid NPI: ten digits, of which the last is a check digit.")


def is_dea(number: str) -> bool:
    """Whether a text is a DEA registration number: the last digit of (1st+3rd+5th) + 2 x (2nd+4th+6th) is the 7th."""
    if not _DEA.fullmatch(number):
        return False
    digits = [int(digit) for digit in number[2:]]
    return (sum(digits[0:6:2]) + 2 * sum(digits[1:6:2])) % 10 == digits[6]
