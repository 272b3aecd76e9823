"""Forms of the inbox."""

from __future__ import annotations

from django import forms

from emr.ui.forms import Form


class InboxFilterForm(Form):
    """Which tasks: the open ones, or the done ones."""

    show = forms.ChoiceField(required=False, choices=[("", "Open"), ("done", "Done")])

    @property
    def done(self) -> bool:
        """Whether the done ones are asked for."""
        return self.is_valid() and self.cleaned_data["show"] == "done"


class CompleteForm(Form):
    """It is done, with a word on it if one is needed."""

    comment = forms.CharField(label="Comment", required=False, max_length=500)
