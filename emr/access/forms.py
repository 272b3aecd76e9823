"""How the matrix of rights is narrowed."""

from __future__ import annotations

from django import forms

from emr.access.roles import ROLES
from emr.ui.forms import Form


class MatrixForm(Form):
    """By rights or by pages, one role or all, and words to look for."""

    by = forms.ChoiceField(label="Show", choices=[("rights", "Rights"), ("pages", "Pages")], required=False)
    role = forms.ChoiceField(
        label="Allowed to",
        choices=[("", "Any role"), *((role.name, role.label) for role in ROLES.values())],
        required=False,
    )
    q = forms.CharField(label="Containing", max_length=60, required=False)
