"""What is typed about appeals."""

from __future__ import annotations

from django import forms

from emr.ui.forms import Form, PickedDateField


class AppealForm(Form):
    """The text of the letter."""

    text = forms.CharField(label="Letter", max_length=8000, widget=forms.Textarea({"rows": 18}))


class SendForm(AppealForm):
    """The letter as it goes out, and the day."""

    sent_on = PickedDateField(label="Sent on")


class AnswerForm(Form):
    """What the payer answered."""

    answer = forms.ChoiceField(
        label="The payer", choices=[("", "Choose"), ("won", "granted it"), ("lost", "refused it")]
    )
    decided_on = PickedDateField(label="Decided on")
    outcome = forms.CharField(label="What it says", max_length=300)
