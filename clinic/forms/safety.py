"""Warnings in a form: each one that stops asks, in the form itself, why one goes on."""

from __future__ import annotations

from django import forms

from clinic.actions.safety import NONE_GIVEN, Reasons
from clinic.models import Patient
from clinic.models.safety import OverrideReason
from clinic.queries.safety import check_new_drug
from clinic.safety import Check
from emr.codes.coding import Coding
from emr.ui.forms import Form

_PREFIX = "why_"
_CHOICES = [("", "Choose why"), *OverrideReason.choices]


class SafetyMixin(Form):
    """A form with a field ``coding`` for the drug of ``patient``. ``check`` is what was found once it is filled."""

    patient: Patient
    check: Check | None = None

    def prepare(self, patient: Patient) -> None:
        """Whose drug it is. Called before the form is read."""
        self.patient = patient

    @property
    def questions(self) -> list[str]:
        """The names of the questions that the warnings ask."""
        return [name for name in self.fields if name.startswith(_PREFIX)]

    def weigh(self, coding: Coding | None) -> None:
        """Check the drug that was chosen."""
        if coding is not None:
            self.ask(check_new_drug(self.patient, coding))

    def ask(self, check: Check) -> None:
        """Add a question for each alert that stops, and an error where it has no answer yet."""
        self.check = check
        given: dict[str, str] = {}
        for alert in self.check.stops:
            name = f"{_PREFIX}{alert.key}"
            self.fields[name] = forms.ChoiceField(label=alert.message, choices=_CHOICES, help_text=alert.source)
            answer = self.data.get(self.add_prefix(name), "")
            if answer in OverrideReason.values:
                given[alert.key] = answer
            else:
                self.add_error(name, "Choose why you go on, or choose another drug.")
        if self.check.stops:
            self.fields["why_comment"] = forms.CharField(label="In your own words", max_length=300, required=False)
        comment = self.data.get(self.add_prefix("why_comment"), "")[:300]
        self.cleaned_data["reasons"] = Reasons(given, comment) if self.check.stops else NONE_GIVEN


class OverrideForm(Form):
    """Why a warning about what is taken already is passed."""

    key = forms.CharField(max_length=16, widget=forms.HiddenInput)
    reason = forms.ChoiceField(label="Why it stays", choices=_CHOICES)
    comment = forms.CharField(label="In your own words", max_length=300, required=False)
