"""Somebody who calls for the first time: as much as it takes to book them, typed while they wait."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.db.models import QuerySet

from clinic.choices import AdministrativeGender
from clinic.forms.demographics import duplicates_of, phone_or_error
from clinic.models import Patient
from clinic.queries.duplicates import Duplicate
from clinic.queries.search_terms import read_terms
from emr.shared.records import uuid7
from emr.ui import formats
from emr.ui.forms import DateTextField, IdempotencyField

_PERSON = ("family_name", "given_name", "birth_date", "gender", "phone")
_ASKED = _PERSON[:4]


class NewcomerMixin(forms.Form):
    """The fields of a new patient, which count only where ``newcomer`` says so. ``visible`` is whom the user may know.

    ``newcomer_token`` becomes the patient's key, so that the form sent twice registers one.
    """

    newcomer = forms.BooleanField(required=False, widget=forms.HiddenInput)
    newcomer_token = IdempotencyField(initial=uuid7, required=False)
    family_name = forms.CharField(label="Family name", max_length=80, required=False)
    given_name = forms.CharField(label="Given name", max_length=80, required=False)
    birth_date = DateTextField(label="Date of birth", required=False)
    gender = forms.ChoiceField(label="Sex", choices=[("", "Choose"), *AdministrativeGender.choices], required=False)
    phone = forms.CharField(label="Telephone", max_length=40, required=False)
    duplicate_reason = forms.CharField(
        label="Why this is another person",
        max_length=200,
        required=False,
        help_text="For example: twin, parent of the same name.",
    )

    def __init__(self, *args: Any, visible: QuerySet[Patient] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._visible = visible if visible is not None else Patient.objects.none()
        self.duplicates: list[Duplicate] = []
        for name in _ASKED:
            self.fields[name].required = self.is_newcomer
        if self.is_newcomer:
            self.fields["newcomer_token"].required = True
            self.fields["patient"].required = False
        self.fields["phone"].widget.attrs["autocomplete"] = "off"

    @property
    def is_newcomer(self) -> bool:
        """Whether the visit is for somebody who is not on file yet."""
        return bool(self["newcomer"].value())

    def clean_phone(self) -> str:
        """The number as it is stored; raises ValidationError for what is no number."""
        return phone_or_error(self.cleaned_data["phone"]) if self.is_newcomer else ""

    def clean(self) -> dict[str, Any]:
        """Somebody who looks like a patient on file needs a reason."""
        data = super().clean() or self.cleaned_data
        if self.is_newcomer:
            # Sent twice, the form finds whom it registered: that is no duplicate.
            self.duplicates = duplicates_of(data, self._visible, data.get("newcomer_token"))
            if any(one.sure for one in self.duplicates) and not data.get("duplicate_reason"):
                self.add_error("duplicate_reason", "Choose the patient on file, or say why this is another person.")
        return data

    def look_for_duplicates(self) -> None:
        """Find who may be the same as the person typed so far, where the form is not judged yet."""
        typed = {name: self[name].value() or "" for name in _PERSON}
        field = self.fields["birth_date"]
        try:
            typed["birth_date"] = field.clean(typed["birth_date"]) if typed["birth_date"] else None
        except forms.ValidationError:
            typed["birth_date"] = None
        self.duplicates = duplicates_of(typed, self._visible)

    def person(self) -> dict[str, Any]:
        """The arguments of ``register_patient``."""
        data = self.cleaned_data
        return {
            **{name: data[name] for name in (*_PERSON, "duplicate_reason")},
            "request_token": data["newcomer_token"],
        }


def read_newcomer(text: str) -> dict[str, str]:
    """What the search box says of a person whom it didn't find: names, birth date, telephone, where it says them."""
    terms = read_terms(text)
    names = [_as_typed(word, text) for word in terms.words]
    found = {"given_name": " ".join(names[:-1]), "family_name": names[-1] if names else ""}
    if len(terms.birth_dates) == 1:
        found["birth_date"] = formats.day(terms.birth_dates[0])
    if len(terms.digits) >= 10 and not terms.digits_dates:
        found["phone"] = terms.digits
    return {name: value for name, value in found.items() if value}


def _as_typed(word: str, text: str) -> str:
    """A name in the letters of who typed it; one in small letters begins with a capital one."""
    found = re.search(re.escape(word), text, re.IGNORECASE)
    typed = found.group() if found else word
    return typed.title() if typed.islower() or typed.isupper() else typed
