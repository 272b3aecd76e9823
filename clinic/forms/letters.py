"""Forms of letters and of the templates that they begin with."""

from __future__ import annotations

from django import forms

from clinic.models.letters import LetterKind
from emr.ui.forms import Form, IdempotencyField


class LetterForm(Form):
    """A letter as it is written."""

    kind = forms.ChoiceField(label="Kind", choices=LetterKind, initial=LetterKind.OTHER)
    recipient = forms.CharField(label="To", max_length=120, required=False)
    recipient_address = forms.CharField(
        label="Address", max_length=300, required=False, widget=forms.Textarea(attrs={"rows": 3})
    )
    subject = forms.CharField(label="Subject", max_length=150, required=False)
    body = forms.CharField(label="Letter", max_length=20_000, widget=forms.Textarea(attrs={"rows": 18}))
    request_token = IdempotencyField(required=False)
    version = forms.IntegerField(required=False, widget=forms.HiddenInput)


class LetterSignForm(Form):
    """The signature, for the version that was shown."""

    version = forms.IntegerField(widget=forms.HiddenInput)


class LetterTemplateForm(Form):
    """The words of a template."""

    name = forms.CharField(label="Name", max_length=80)
    kind = forms.ChoiceField(label="Kind", choices=LetterKind, initial=LetterKind.OTHER)
    language = forms.ChoiceField(label="Language", choices=[("en", "English"), ("es", "Spanish")], initial="en")
    subject = forms.CharField(label="Subject", max_length=150, required=False)
    body = forms.CharField(label="Text", max_length=20_000, widget=forms.Textarea(attrs={"rows": 18}))
    seen = forms.DateTimeField(required=False, widget=forms.HiddenInput(), input_formats=["iso8601"])


class LetterErrorForm(Form):
    """Why a letter is wrong."""

    reason = forms.CharField(label="Why this is wrong", max_length=300)
