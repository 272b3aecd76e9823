"""Forms of the terminology."""

from __future__ import annotations

from django import forms

from emr.codes.systems.registry import SYSTEMS
from emr.ui.forms import Form


class ConceptSearchForm(Form):
    """Which codes to look for; all of it comes from the address of the page."""

    system = forms.ChoiceField(label="Code system", choices=[(name, SYSTEMS[name].title) for name in SYSTEMS])
    q = forms.CharField(
        label="Code or words",
        required=False,
        max_length=200,
        widget=forms.TextInput(attrs={"type": "search", "autocomplete": "off", "spellcheck": "false", "size": 30}),
    )
