"""Reading the list's filter from its URL."""

from __future__ import annotations

from typing import Any

from django import forms

from emr.jobs.queries.jobs import FILTERS
from emr.ui.forms import Form

_EMPTY: dict[str, Any] = {"status": "", "mine": False, "before": None}


class JobFilterForm(Form):
    """``?status=failed&mine=1&before=<id>``; anything else in a field counts as nothing chosen."""

    status = forms.ChoiceField(
        choices=[("", "All")] + [(word, label) for word, (label, _) in FILTERS.items()], required=False
    )
    mine = forms.BooleanField(required=False)
    before = forms.UUIDField(required=False)

    def chosen(self) -> dict[str, Any]:
        """What was chosen, empty where nothing usable was."""
        self.is_valid()
        return {name: self.cleaned_data.get(name) or empty for name, empty in _EMPTY.items()}
