import json
from dataclasses import replace
from decimal import Decimal

import pytest

from billing.cms1500.canonical import FormatError
from billing.cms1500.form import Form1500


def test_json_gives_the_same_form_back(form: Form1500) -> None:
    assert Form1500.from_json(form.to_json()) == form
    assert Form1500.from_json(Form1500().to_json()) == Form1500()


def test_data_survives_another_key_order(form: Form1500) -> None:
    data = form.to_data()
    assert Form1500.from_data(dict(reversed(data.items()))) == form
    assert data["schema"] == "claim/2"


def test_equal_forms_have_one_text() -> None:
    one, other = Form1500(amount_paid=Decimal("40")), Form1500(amount_paid=Decimal("40.00"))
    assert one == other
    assert one.to_json() == other.to_json()
    assert '"amount_paid":"40"' in one.to_json()


def test_text_is_ascii_and_sorted(form: Form1500) -> None:
    text = form.to_json()
    assert text.isascii()
    assert list(json.loads(text)) == sorted(json.loads(text))


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("schema", "cms1500-0212/0"),
        ("unknown", ""),
        ("total_charge", 40),
        ("total_charge", "forty"),
        ("coverage_kind", "guild"),
        ("employment", "yes"),
        ("diagnoses", "J020"),
        ("patient", None),
        ("illness", {"qualifier": "431", "on": "2026-13-01"}),
    ],
)
def test_anything_else_is_refused(form: Form1500, key: str, value: object) -> None:
    with pytest.raises(FormatError):
        Form1500.from_data({**form.to_data(), key: value})


def test_a_missing_key_is_refused(form: Form1500) -> None:
    data = form.to_data()
    del data["account_number"]
    with pytest.raises(FormatError, match="account_number"):
        Form1500.from_data(data)


def test_broken_json_is_refused() -> None:
    with pytest.raises(FormatError, match="not JSON"):
        Form1500.from_json("{")


def test_what_is_no_number_is_not_frozen() -> None:
    with pytest.raises(FormatError, match="not a number"):
        replace(Form1500(), total_charge=Decimal("NaN")).to_json()
