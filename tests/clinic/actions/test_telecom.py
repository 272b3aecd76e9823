"""Telephone numbers are kept in one form."""

from __future__ import annotations

import pytest

from clinic.actions.telecom import normal_phone
from emr.shared.errors import DomainError


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("2175550142", "+12175550142"),
        ("(217) 555-0142", "+12175550142"),
        ("1-217-555-0142", "+12175550142"),
        ("217.555.0142 ext 7", "+12175550142 ext. 7"),
        ("+44 20 7946 0018", "+442079460018"),
        ("  ", ""),
    ],
)
def test_one_number_has_one_form(typed: str, kept: str) -> None:
    assert normal_phone(typed) == kept


@pytest.mark.parametrize("typed", ["5550142", "abc", "12", "217-555-01421", "+", "9" * 40])
def test_what_is_no_number_is_refused(typed: str) -> None:
    with pytest.raises(DomainError, match="area code") as refusal:
        normal_phone(typed, field="mobile")
    assert refusal.value.field == "mobile"
