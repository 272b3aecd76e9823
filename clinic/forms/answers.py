"""The form of one page of a questionnaire, and what goes before and after it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django import forms

from clinic.intaking import SignerRelationship
from clinic.questionnaires.answers import LENGTHS, by_number, check_all, condition_words
from clinic.questionnaires.items import Item, ItemType, asked_now
from clinic.signatures import read_signature
from emr.shared.errors import DomainError
from emr.ui.forms import DateTextField, Form, IdempotencyField
from emr.uploads.incoming import Incoming

_YES_NO = [("true", "Yes"), ("false", "No")]
_REQUIRED = {"required": "Please answer this question."}
#: What a browser may fill in by itself (WCAG 1.3.5), by the detail that is asked for.
_AUTOCOMPLETE = {
    "preferred_name": "nickname",
    "line1": "address-line1",
    "line2": "address-line2",
    "city": "address-level2",
}
_AUTOCOMPLETE |= {
    "state": "address-level1",
    "postal_code": "postal-code",
    "mobile": "tel",
    "phone": "tel",
    "email": "email",
}


class AnswersForm(Form):
    """The questions of one page. What the answers must be is asked by the action; this shows and collects them."""

    def __init__(self, page: Item, answers: Mapping[str, Sequence[str]], details: Mapping[str, str], data: Any) -> None:
        super().__init__(data)
        self.items = asked_now(page, answers)
        for item in self.items:
            if item.type == ItemType.DISPLAY:
                continue
            known = list(answers[item.link_id]) if item.link_id in answers else _from_chart(item, details)
            self.fields[item.link_id] = _field(item, known)

    def given(self) -> dict[str, list[str]]:
        """The answers as text, by the number of the question."""
        return {name: _texts(self.cleaned_data.get(name)) for name in self.fields}


class WholeForm(Form):
    """A whole questionnaire on one page, for staff who write down what a patient says. What can't be is told at once,
    beside each question."""

    request_token = IdempotencyField()

    def __init__(self, items: Sequence[Item], details: Mapping[str, str], data: Any) -> None:
        super().__init__(data)
        self._items, known = items, by_number(items)
        self.asked = [item for page in items for item in (page.children or (page,)) if item.type != ItemType.DISPLAY]
        for item in self.asked:
            field = _field(item, _from_chart(item, details))
            field.required = False  # Whether it is asked depends on the other answers.
            field.help_text = " ".join(filter(None, [condition_words(item, known), item.help]))
            self.fields[item.link_id] = field
            if item.conditions and isinstance(field, forms.ChoiceField) and not item.repeats:
                # A radio button can't be let go again; who answers the question before it otherwise must be able to.
                self.offer(item.link_id, [("", "Not asked"), *_choices(item)])

    def given(self) -> dict[str, list[str]]:
        """The answers as text, by the number of the question."""
        return {item.link_id: _texts(self.cleaned_data.get(item.link_id)) for item in self.asked}

    def clean(self) -> dict[str, Any]:
        """What is wrong with the answers, each beside its question."""
        for number, problem in check_all(self._items, self.given())[1].items():
            if number not in self.errors:
                self.add_error(number, problem)
        return self.cleaned_data


def _texts(value: Any) -> list[str]:
    values = value if isinstance(value, list) else [value]
    return [one.isoformat() if isinstance(one, date) else str(one) for one in values if one]


class CodeForm(Form):
    """The short code that staff show."""

    code = forms.CharField(label="Code", max_length=40, help_text="Ten letters and digits, from the clinic's screen.")

    def clean_code(self) -> str:
        """The code as it was made, however it was typed."""
        return "".join(letter for letter in str(self.cleaned_data["code"]).upper() if letter.isalnum())


class BirthDateForm(Form):
    """Who it is."""

    birth_date = DateTextField(label="Your date of birth", help_text="For example March 14, 1962.")


class SignForm(Form):
    """A signature: the typed name, who signs, and what was drawn, if anything was."""

    signer_name = forms.CharField(
        label="Your full name",
        max_length=120,
        widget=forms.TextInput({"autocomplete": "name"}),
        error_messages={"required": "Please enter your full name."},
    )
    signer_relationship = forms.ChoiceField(
        label="You are", choices=SignerRelationship, initial=SignerRelationship.SELF
    )
    signature = forms.CharField(required=False, max_length=400_000, widget=forms.HiddenInput)
    shown = forms.CharField(max_length=64, widget=forms.HiddenInput)
    refusal_reason = forms.CharField(label="Why not", required=False, max_length=300)

    def clean_signature(self) -> Incoming | None:
        """The drawn signature, checked and drawn anew."""
        try:
            return read_signature(str(self.cleaned_data["signature"]))
        except DomainError as error:
            raise forms.ValidationError(str(error)) from error


def _from_chart(item: Item, details: Mapping[str, str]) -> list[str]:
    known = details.get(item.definition, "") if item.definition else ""
    return [known] if known else []


def _choices(item: Item) -> list[tuple[str, str]]:
    return _YES_NO if item.type == ItemType.BOOLEAN else [(one.code, one.display) for one in item.options]


def _field(item: Item, known: list[str]) -> forms.Field:
    shared: dict[str, Any] = {
        "label": item.text,
        "required": item.required,
        "help_text": item.help,
        "error_messages": _REQUIRED,
        "initial": known[0] if known else None,
    }
    if item.type == ItemType.CHOICE and item.repeats:
        shared["initial"] = known
        return forms.MultipleChoiceField(choices=_choices(item), widget=forms.CheckboxSelectMultiple, **shared)
    if item.type in (ItemType.CHOICE, ItemType.BOOLEAN):
        return forms.ChoiceField(choices=_choices(item), widget=forms.RadioSelect, **shared)
    if item.type == ItemType.DATE:
        shared["initial"] = date.fromisoformat(known[0]) if known else None
        return DateTextField(**shared)
    attrs = {"autocomplete": _AUTOCOMPLETE.get(item.definition, "off")}
    if item.type == ItemType.TEXT:
        widget: forms.Widget = forms.Textarea({**attrs, "rows": 5})
        return forms.CharField(widget=widget, max_length=LENGTHS[ItemType.TEXT], **shared)
    return forms.CharField(widget=forms.TextInput(attrs), max_length=LENGTHS[ItemType.STRING], **shared)
