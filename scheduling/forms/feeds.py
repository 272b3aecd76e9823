"""What a calendar link may say."""

from __future__ import annotations

from django import forms

from emr.ui.forms import Form


class FeedForm(Form):
    """A new calendar link."""

    with_types = forms.BooleanField(
        label="Say the type of visit too",
        required=False,
        help_text="Otherwise each time says Booked and no more. Patients are never named.",
    )
