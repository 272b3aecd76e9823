"""Reading the list's filter from its URL."""

from __future__ import annotations

from django import forms

from emr.jobs.queries.jobs import FILTERS
from emr.ui.forms import Form


class JobFilterForm(Form):
    """``?status=failed&mine=1&before=<id>``; anything else in a field counts as nothing chosen."""

    status = forms.ChoiceField(choices=[(word, label) for word, (label, _) in FILTERS.items()], required=False)
    mine = forms.BooleanField(required=False)
    before = forms.UUIDField(required=False)
