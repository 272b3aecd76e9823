"""Forms of staff around intake: what to ask, and what to make of the answers."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from clinic.intaking import LinkKind
from clinic.models import ConsentForm, Questionnaire
from emr.ui.forms import Form, IdempotencyField


class SendForm(Form):
    """What a patient is asked, and how they get to it."""

    questionnaires = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    forms_to_sign = forms.MultipleChoiceField(label="To sign", required=False, widget=forms.CheckboxSelectMultiple)
    kind = forms.ChoiceField(label="How", choices=LinkKind, widget=forms.RadioSelect, initial=LinkKind.KIOSK)
    request_token = IdempotencyField()

    def __init__(
        self, *args: Any, questionnaires: Sequence[Questionnaire], texts: Sequence[ConsentForm], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self._questionnaires = {str(row.pk): row for row in questionnaires}
        self._texts = {str(row.pk): row for row in texts}
        self.offer("questionnaires", [(key, row.title) for key, row in self._questionnaires.items()])
        self.offer("forms_to_sign", [(key, str(row)) for key, row in self._texts.items()])

    def values(self) -> dict[str, Any]:
        """The keywords of ``create_intake_link``."""
        said = self.cleaned_data
        return {
            "kind": said["kind"],
            "request_token": said["request_token"],
            "questionnaires": [self._questionnaires[key] for key in said["questionnaires"]],
            "forms": [self._texts[key] for key in said["forms_to_sign"]],
        }


class DecideForm(Form):
    """One changed field: taken into the chart, or left. ``seen`` is what the chart held when the page was shown."""

    field = forms.CharField(max_length=40, widget=forms.HiddenInput)
    seen = forms.CharField(max_length=300, required=False, widget=forms.HiddenInput)
    decision = forms.ChoiceField(choices=[("accept", "Accept"), ("reject", "Leave")])
    reason = forms.CharField(label="Why it is left", required=False, max_length=300)


class ReasonForm(Form):
    """Why."""

    reason = forms.CharField(label="Reason", max_length=300)
