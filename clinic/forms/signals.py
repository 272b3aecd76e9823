"""Forms of the signals of snooping."""

from __future__ import annotations

import re

from django import forms

from clinic.models.signals import SignalFinding, SignalKind
from clinic.queries.signals import Wanted
from emr.accounts.models import User
from emr.shared.identifiers import is_mrn
from emr.ui.forms import Form, PickedDateField


class SignalFilterForm(Form):
    """The list's filter, in the URL: codes and days."""

    state = forms.ChoiceField(required=False, choices=[("", "All"), ("waiting", "Waiting"), *SignalFinding.choices])
    kind = forms.ChoiceField(required=False, choices=[("", "Any"), *SignalKind.choices])
    since = PickedDateField(label="From", required=False)
    until = PickedDateField(label="To", required=False)

    def wanted(self) -> Wanted:
        """What is asked for; a filter that can't be read asks for everything."""
        return Wanted(**self.cleaned_data) if self.is_valid() else Wanted()


class SignalReviewForm(Form):
    """Dismissed or confirmed, and why."""

    finding = forms.ChoiceField(
        choices=SignalFinding.choices, widget=forms.RadioSelect, error_messages={"required": "Choose a finding."}
    )
    comment = forms.CharField(
        max_length=1000,
        widget=forms.Textarea({"rows": 4}),
        help_text="Whom you asked, and what they said.",
        error_messages={"required": "Say what you found."},
    )


class NowForm(Form):
    """Nothing to fill in: the button asks for it."""


class StaffPatientForm(Form):
    """Which member of staff is which patient."""

    user = forms.ModelChoiceField(
        User.objects.filter(is_active=True, is_service=False).order_by("last_name", "first_name"),
        label="Member of staff",
        empty_label="Choose",
    )
    mrn = forms.CharField(label="MRN", max_length=20)

    def clean_mrn(self) -> str:
        """The digits alone."""
        digits = re.sub(r"\s", "", self.cleaned_data["mrn"])
        if not is_mrn(digits):
            raise forms.ValidationError("This is not an MRN: a digit is missing or mistyped.")
        return digits
