"""A screen of the waiting room."""

from __future__ import annotations

from django import forms

from emr.ui.forms import Form


class DisplayForm(Form):
    """A new screen."""

    name = forms.CharField(label="Name", max_length=60, help_text="Where it hangs: Waiting room, by the door")
