"""Which refusals are shown."""

from __future__ import annotations

from django import forms

from billing.queries.denials import DenialFilter
from emr.ui.forms import Form, PickedDateField


class DenialFilterForm(Form):
    """The filter of the address; what can't be read of it is left out."""

    payer = forms.UUIDField(required=False)
    first = PickedDateField(label="Decided from", required=False)
    last = PickedDateField(label="until", required=False)
    code = forms.CharField(required=False, max_length=10)

    def chosen(self) -> DenialFilter:
        """What is asked for."""
        self.is_valid()
        said = self.cleaned_data
        return DenialFilter(said.get("payer"), said.get("first"), said.get("last"), said.get("code") or "")
