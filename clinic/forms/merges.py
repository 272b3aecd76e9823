"""Forms of merging two charts and of taking them apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any
from uuid import UUID

from django import forms

from clinic.models import Patient
from clinic.queries.merge_choices import MERGED, SURVIVOR, Choice
from emr.shared.dates import parse_birth_date
from emr.shared.identifiers import is_mrn
from emr.ui.forms import Form

_WHY = {"required": "Say why."}


class FindOtherForm(Form):
    """Whom to compare the chart with: a name, a birth date, a number."""

    q = forms.CharField(label="Find the other chart", max_length=200, help_text="Name, date of birth, telephone, MRN.")


class MergeForm(Form):
    """Which values are kept, why the two are one person, and the identifier entered again."""

    reason = forms.CharField(
        label="Why these are one person",
        max_length=280,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": "Say why these are one person."},
    )
    confirmed = forms.CharField(
        label="MRN or date of birth of the chart that is kept",
        max_length=30,
        help_text="Type it from the card or the form in your hand, not from this page.",
        error_messages={"required": "Enter the MRN or the date of birth of the chart that is kept."},
    )
    seen = forms.CharField(widget=forms.HiddenInput, max_length=80)

    def __init__(self, *args: Any, choices: Sequence[Choice], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.choices = choices
        for one in choices:
            self.fields[f"keep-{one.key}"] = forms.ChoiceField(
                label=one.label,
                choices=[(SURVIVOR, one.survivor), (MERGED, one.merged)],
                initial=one.default,
                required=False,
            )

    def clean_confirmed(self) -> str | date:
        """An MRN with its check digit, or a day."""
        text = self.cleaned_data["confirmed"].strip()
        digits = re.sub(r"[\s-]", "", text)
        if digits.isdigit() and is_mrn(digits):
            return digits
        born = parse_birth_date(text)
        if born is None:
            raise forms.ValidationError("This is neither an MRN nor a date of birth.")
        return born

    def clean_seen(self) -> tuple[datetime, datetime]:
        """How both charts stood when the page was made."""
        try:
            one, other = map(datetime.fromisoformat, self.cleaned_data["seen"].split())
        except ValueError as wrong:
            raise forms.ValidationError("Open this page again: it is not whole.") from wrong
        return one, other

    def rows(self) -> list[tuple[Choice, str]]:
        """The choices with what is picked of each."""
        return [(one, str(self[f"keep-{one.key}"].value() or one.default)) for one in self.choices]

    def values(self) -> dict[str, Any]:
        """The arguments of :func:`clinic.actions.merges.merge_patients`."""
        data = self.cleaned_data
        picks = {one.key: data.get(f"keep-{one.key}") or one.default for one in self.choices}
        return {"reason": data["reason"], "confirmed": data["confirmed"], "seen": data["seen"], "chosen": picks}


def seen_text(survivor: Patient, merged: Patient) -> str:
    """How both charts stand, as the form keeps it."""
    return f"{survivor.updated_at.isoformat()} {merged.updated_at.isoformat()}"


class UndoForm(Form):
    """Why the two are not one person after all."""

    reason = forms.CharField(
        label="Why these are two people after all",
        max_length=280,
        widget=forms.Textarea({"rows": 2}),
        error_messages={"required": "Say why these are two people after all."},
    )


class MoveForm(Form):
    """One row that was added while the charts were one, and why it belongs to the other."""

    row = forms.CharField(widget=forms.HiddenInput, max_length=120)
    reason = forms.CharField(label="Why", max_length=280, error_messages=_WHY)

    def clean_row(self) -> tuple[str, UUID]:
        """The table and the key."""
        table, _, key = self.cleaned_data["row"].partition(":")
        try:
            return table, UUID(key)
        except ValueError as wrong:
            raise forms.ValidationError("Open this page again: it is not whole.") from wrong
