"""Forms of tasks."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.models.tasks import TaskPriority
from clinic.queries.people import receivers
from emr.accounts.models import User
from emr.ui.forms import Form, IdempotencyField, PickedDateField


class TaskForm(Form):
    """Something to do: what, by whom, until when."""

    description = forms.CharField(label="What is to be done", max_length=300)
    to = forms.ChoiceField(label="For")
    priority = forms.ChoiceField(label="Priority", choices=TaskPriority, initial=TaskPriority.ROUTINE)
    due_date = PickedDateField(label="Due", required=False)
    request_token = IdempotencyField(required=False)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("to", [(f"user:{user.pk}", "Myself"), *receivers(but=user)])


class TaskChangeForm(Form):
    """Another owner, day or priority. ``seen`` is the state that the page showed."""

    to = forms.ChoiceField(label="For")
    priority = forms.ChoiceField(label="Priority", choices=TaskPriority)
    due_date = PickedDateField(label="Due", required=False)
    seen = forms.DateTimeField(widget=forms.HiddenInput(), input_formats=["iso8601"])

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("to", receivers())


class TaskCommentForm(Form):
    """A word about a task."""

    text = forms.CharField(label="Comment", max_length=1000, widget=forms.Textarea(attrs={"rows": 2}))
    request_token = IdempotencyField(required=False)


class CompleteForm(Form):
    """It is done, with a word on it if one is needed."""

    comment = forms.CharField(label="What came of it", required=False, max_length=500)


class ReopenForm(Form):
    """It is not done after all."""

    comment = forms.CharField(label="Why it is open again", max_length=300)


class WriteForm(Form):
    """What a task leaves in the chart."""

    text = forms.CharField(label="What the chart is to say", max_length=4000, widget=forms.Textarea(attrs={"rows": 6}))
