"""Forms: what a screen reader hears, what is kept, what dates are read."""

from __future__ import annotations

import re
from datetime import date, time
from typing import Any

import pytest
from django import forms

from emr.shared.errors import DomainError
from emr.ui.forms import DateTextField, Form, IdempotencyField, PickedDateField, PickedTimeField


class Sample(Form):
    family_name = forms.CharField(label="Family name")
    born = DateTextField(label="Date of birth", help_text="Like 14-Mar-1962")
    sex = forms.ChoiceField(label="Sex", choices=[("f", "Female"), ("m", "Male")], widget=forms.RadioSelect)
    weight = forms.DecimalField(label="Weight", required=False)
    kinds = forms.MultipleChoiceField(choices=[("a", "A")], required=False, widget=forms.CheckboxSelectMultiple)
    payer = forms.ChoiceField(choices=[("", "Choose"), ("1", "One")], required=False)
    day = PickedDateField(required=False)
    at = PickedTimeField(required=False)
    scan = forms.FileField(required=False)
    agreed = forms.BooleanField(required=False)
    note = forms.CharField(required=False, widget=forms.Textarea)
    token = IdempotencyField()


GOOD: dict[str, Any] = {
    "family_name": "Lopez",
    "born": "3/9/1954",
    "sex": "f",
    "token": "0190a6a5-0000-7000-8000-000000000000",
}


def test_every_widget_renders() -> None:
    html = str(Sample())
    assert html.count("<input") >= 9
    assert "<textarea" in html
    assert "<select" in html
    assert "style=" not in html


def test_errors_and_help_are_tied_to_their_field() -> None:
    html = str(Sample({**GOOD, "born": "soon"}))
    box = re.search(r'<input[^>]*name="born"[^>]*>', html)
    assert box is not None
    assert 'aria-invalid="true"' in box.group()
    assert 'aria-describedby="id_born_helptext id_born_error"' in box.group()
    assert 'value="soon"' in box.group()
    assert 'id="id_born_error"' in html
    assert 'href="#id_born"' in html


def test_required_messages_name_the_field() -> None:
    form = Sample({})
    assert form.errors["family_name"] == ["Enter the family name."]
    assert form.errors["sex"] == ["Choose the sex."]
    assert form.errors["token"] == ["Open the page again and send it once more."]


def test_only_optional_fields_are_marked() -> None:
    html = str(Sample())
    assert re.search(r"Family name\s*</label>", html)
    assert re.search(r'Weight\s*<span class="optional">', html)


def test_the_summary_escapes_what_was_typed() -> None:
    form = Sample({**GOOD, "sex": "<script>"})
    assert "<script>" not in str(form)
    assert "&lt;script&gt;" in str(form)


def test_numbers_are_typed_in_a_text_box() -> None:
    box = re.search(r'<input[^>]*name="weight"[^>]*>', str(Sample()))
    assert box is not None
    assert 'type="text"' in box.group()
    assert 'inputmode="decimal"' in box.group()


@pytest.mark.parametrize("typed", ["09-Mar-1954", "3/9/1954", "1954-03-09", "March 9, 1954", "9 mar 1954"])
def test_dates_of_birth_are_read_as_people_type_them(typed: str) -> None:
    form = Sample({**GOOD, "born": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["born"] == date(1954, 3, 9)


@pytest.mark.parametrize("typed", ["3/9/54", "31-Feb-1990", "1-Jan-2990", "yesterday"])
def test_doubtful_dates_are_refused(typed: str) -> None:
    assert "born" in Sample({**GOOD, "born": typed}).errors


def test_a_known_date_is_shown_with_its_month_in_letters() -> None:
    assert 'value="09-Mar-1954"' in str(Sample(initial={"born": date(1954, 3, 9)})["born"])


def test_the_same_date_spelt_otherwise_is_no_change() -> None:
    field = DateTextField()
    assert not field.has_changed(date(1954, 3, 9), "3/9/1954")
    assert field.has_changed(date(1954, 3, 9), "3/10/1954")
    assert field.has_changed(date(1954, 3, 9), "nonsense")


def test_each_page_gets_a_token_of_its_own() -> None:
    first, second = (Sample()["token"].value() for _ in range(2))
    assert first != second


def test_an_actions_refusal_stands_beside_its_field_or_in_the_summary() -> None:
    form = Sample(GOOD)
    assert form.is_valid()
    form.take(DomainError("Somebody of that name exists.", field="family_name"))
    form.take(DomainError("The clinic is closed.", field="elsewhere"))
    assert form.errors["family_name"] == ["Somebody of that name exists."]
    assert form.non_field_errors() == ["The clinic is closed."]


@pytest.mark.parametrize("typed", ["23-Nov-2026", "11/23/2026", "2026-11-23", "Nov 23 2026"])
def test_a_day_is_read_as_people_write_it_and_shown_in_one_way(typed: str) -> None:
    form = Sample({**GOOD, "day": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["day"] == date(2026, 11, 23)
    box = re.search(r'<input[^>]*name="day"[^>]*>', str(form))
    assert box is not None
    assert 'value="23-Nov-2026"' in box.group()
    assert 'type="text"' in box.group()


def test_a_day_that_is_none_is_kept_as_typed() -> None:
    form = Sample({**GOOD, "day": "31-Feb-2026"})
    assert form.errors["day"] == ["Enter a day that exists, like 23-Nov-2026."]
    assert 'value="31-Feb-2026"' in str(form)


@pytest.mark.parametrize("typed", ["13:30", "1330", "1:30 pm", "1:30PM"])
def test_a_time_is_read_by_12_and_by_24_hours(typed: str) -> None:
    form = Sample({**GOOD, "at": typed})
    assert form.is_valid(), form.errors
    assert form.cleaned_data["at"] == time(13, 30)
