"""Recalls: which are shown, what came of a try, why one ends."""

from __future__ import annotations

from typing import Any

from django import forms
from django.db.models import QuerySet

from emr.ui.forms import Form, IdempotencyField
from scheduling.choices import RecallMethod, RecallOutcome
from scheduling.forms.checkout import RecallForm
from scheduling.forms.fields import PractitionerField, VisitField
from scheduling.models import Appointment, Recall
from scheduling.queries.recalls import SHOWN

#: Letters that are printed in one go.
MOST_LETTERS = 50


class RecallFilter(Form):
    """Which recalls the list shows."""

    show = forms.ChoiceField(label="Show", choices=list(SHOWN.items()), required=False)
    practitioner = PractitionerField(label="With", empty_label="Anyone")


class NewRecallForm(RecallForm):
    """A recall that is made in the chart, apart from any visit."""

    practitioner = PractitionerField(label="With", empty_label="Anyone")


class AttemptForm(Form):
    """A try to reach a patient."""

    method = forms.ChoiceField(label="By", choices=RecallMethod.choices)
    outcome = forms.ChoiceField(label="What came of it", choices=RecallOutcome.choices)
    note = forms.CharField(label="Note", required=False, max_length=200)
    request_token = IdempotencyField(required=False)


class LettersForm(Form):
    """Print letters to those who are chosen."""

    recall = forms.ModelMultipleChoiceField(
        queryset=Recall.objects.none(), error_messages={"required": "Choose at least one patient."}
    )
    request_token = IdempotencyField()

    def __init__(self, *args: Any, recalls: QuerySet[Recall], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("recall", recalls)

    def clean_recall(self) -> QuerySet[Recall]:
        """So many as are made while one waits."""
        chosen: QuerySet[Recall] = self.cleaned_data["recall"]
        if chosen.count() > MOST_LETTERS:
            raise forms.ValidationError(f"Print at most {MOST_LETTERS} letters at a time.")
        return chosen


class EndForm(Form):
    """The visit that was booked for a recall, or why it ends without one."""

    appointment = VisitField(label="Visit booked for it", empty_label="None")
    reason = forms.CharField(label="Why it ends without a visit", required=False, max_length=200)

    def __init__(self, *args: Any, visits: QuerySet[Appointment], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("appointment", visits)
