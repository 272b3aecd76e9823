"""Forms of emergency access."""

from __future__ import annotations

import re
from typing import Any

from django import forms

from clinic.models.break_glass import BreakGlassPurpose, BreakGlassReason, Finding
from clinic.queries.break_glass import Asked
from emr.shared.identifiers import is_mrn
from emr.ui.forms import DateTextField, Form, PickedDateField


class BreakGlassForm(Form):
    """Who is meant, exactly, and why it can't wait. It asks no question of the database: its errors tell nothing."""

    mrn = forms.CharField(label="MRN", required=False, max_length=20)
    family_name = forms.CharField(label="Family name", required=False, max_length=80)
    given_name = forms.CharField(label="Given name", required=False, max_length=80)
    birth_date = DateTextField(label="Date of birth", required=False)
    reason_code = forms.ChoiceField(
        label="Reason",
        choices=BreakGlassReason.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a reason."},
    )
    reason = forms.CharField(
        label="In your words",
        max_length=240,
        widget=forms.Textarea({"rows": 3}),
        help_text="The privacy officer reads this.",
        error_messages={"required": "Say why you need this chart now."},
    )
    purpose = forms.ChoiceField(
        label="You will use the chart for",
        choices=[("", "Choose"), *BreakGlassPurpose.choices],
        error_messages={"required": "Choose what you will use the chart for."},
    )

    def clean_mrn(self) -> str:
        """The digits alone; a mistyped number is told by its check digit, without a look into the database."""
        digits = re.sub(r"\s", "", self.cleaned_data["mrn"])
        if digits and not is_mrn(digits):
            raise forms.ValidationError("This is not an MRN: a digit is missing or mistyped.")
        return digits

    def clean(self) -> dict[str, Any] | None:
        """The MRN, or all of name and date of birth."""
        data = super().clean() or self.cleaned_data
        if "mrn" in self.errors or "birth_date" in self.errors:
            return data
        named = all(data.get(name) for name in ("family_name", "given_name", "birth_date"))
        if not data.get("mrn") and not named:
            self.add_error("mrn", "Enter the MRN, or both names and the date of birth.")
        return data

    def person(self) -> dict[str, Any]:
        """Who is meant, as :func:`clinic.queries.break_glass.identified` takes it."""
        return {name: self.cleaned_data[name] for name in ("mrn", "family_name", "given_name", "birth_date")}

    def why(self) -> dict[str, str]:
        """Reason and purpose, as the action takes them."""
        return {name: self.cleaned_data[name] for name in ("reason_code", "reason", "purpose")}


class EndForm(Form):
    """Nothing to fill in: the button ends the access."""


class ReviewForm(Form):
    """A sign-off."""

    finding = forms.ChoiceField(
        label="Finding",
        choices=Finding.choices,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a finding."},
    )
    comment = forms.CharField(
        label="Comment",
        required=False,
        max_length=1000,
        widget=forms.Textarea({"rows": 4}),
        help_text="Needed unless the access was appropriate.",
    )


class ReportForm(Form):
    """The report's filter, in the URL: a state and days."""

    state = forms.ChoiceField(
        required=False,
        choices=[("", "All"), ("waiting", "Waiting for review"), ("open", "Open now"), ("reviewed", "Signed off")],
    )
    since = PickedDateField(label="From", required=False)
    until = PickedDateField(label="To", required=False)

    def asked(self) -> Asked:
        """What is asked for; a filter that can't be read asks for everything."""
        if not self.is_valid():
            return Asked()
        data = self.cleaned_data
        return Asked(state=data["state"], since=data["since"], until=data["until"])
