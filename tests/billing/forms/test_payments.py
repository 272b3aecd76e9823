"""Amounts as people type them: each is the amount that was meant, or is refused in words."""

from __future__ import annotations

from decimal import Decimal

import pytest
from django.core.exceptions import ValidationError

from billing.forms.payments import MoneyField
from emr.shared.money import cents

pytestmark = pytest.mark.feature("D05")


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("25", "25"),
        ("25.", "25"),
        ("25.5", "25.50"),
        ("25.00", "25"),
        (".50", "0.50"),
        ("007.10", "7.10"),
        ("$25", "25"),
        ("$ 25", "25"),
        ("  25.00\t", "25"),
        ("\u00a025.00\u00a0", "25"),
        ("$\u00a025", "25"),
        ("$\u202f25", "25"),
        ("1,234.50", "1234.50"),
        ("$1,234,567.89", "1234567.89"),
        ("\uff12\uff15", "25"),
        ("\uff04\uff12\uff15\uff0e\uff15\uff10", "25.50"),
        ("-25.00", "-25"),
        ("-$25", "-25"),
        ("0", "0"),
        ("99999999.99", "99999999.99"),
    ],
)
def test_an_amount_is_what_was_meant(typed: str, meant: str) -> None:
    assert MoneyField().clean(typed) == Decimal(meant)


@pytest.mark.parametrize(
    "typed",
    [
        *("25,00", "1,23", "1,2345", ",25", "12,34,567", "1.234,50", "1,234,50", "1 234.50", "1\u00a0234", "25.005"),
        *("1e3", "1_000", "NaN", "Infinity", "-", "$", ".", "25-", "(25)", "25 dollars", "25.0.0", "0x19", "\u0663"),
    ],
)
def test_what_may_be_another_amount_is_refused_and_says_how(typed: str) -> None:
    with pytest.raises(ValidationError) as refusal:
        MoneyField().clean(typed)
    assert refusal.value.messages == ["Enter an amount in dollars and cents, like 25.00."]


def test_what_no_drawer_holds_is_refused_in_words() -> None:
    for typed in ("100000000", "1" * 40):
        with pytest.raises(ValidationError) as refusal:
            MoneyField().clean(typed)
        assert refusal.value.messages == ["This amount is too large. Look where its point stands."]


def test_nothing_typed_is_no_amount() -> None:
    assert MoneyField(required=False).clean(" ") is None
    with pytest.raises(ValidationError):
        MoneyField().clean("")


@pytest.mark.parametrize(
    ("exact", "rounded"), [("1.005", "1.01"), ("-1.005", "-1.01"), ("2.675", "2.68"), ("1.0049", "1.00"), ("7", "7.00")]
)
def test_half_a_cent_goes_away_from_zero(exact: str, rounded: str) -> None:
    assert str(cents(Decimal(exact))) == rounded
