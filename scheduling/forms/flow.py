"""What the flow board sends: a move, and in its address what narrows it."""

from __future__ import annotations

from typing import Any

from django import forms

from emr.ui.forms import Form
from scheduling.models import Room
from scheduling.stages import Stage


class BoardForm(Form):
    """``?practitioner=…&version=…``; what is unusable counts as not given."""

    practitioner = forms.UUIDField(required=False)
    version = forms.CharField(required=False, max_length=200)

    def chosen(self) -> dict[str, Any]:
        """What was asked for."""
        self.is_valid()
        return {"practitioner": self.cleaned_data.get("practitioner"), "version": self.cleaned_data.get("version", "")}


class MoveForm(Form):
    """A visit goes to a stage; ``seen`` is the one that the page showed."""

    stage = forms.ChoiceField(label="Goes to", choices=Stage.choices)
    seen = forms.ChoiceField(required=False, choices=Stage.choices, widget=forms.HiddenInput)
    room = forms.ModelChoiceField(Room.objects.filter(active=True), required=False, empty_label="As before")
    reason = forms.CharField(label="Reason", required=False, max_length=300, help_text="Needed where it goes back")
