"""Forms of messages among colleagues."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.models import Patient
from clinic.queries.people import chosen, receivers, staff
from clinic.rules import can
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.ui.forms import Form, IdempotencyField


class MessageForm(Form):
    """A message to people, or to everybody with a role."""

    to = forms.MultipleChoiceField(label="To", widget=forms.CheckboxSelectMultiple)
    subject = forms.CharField(label="Subject", max_length=150)
    text = forms.CharField(label="Message", max_length=10_000, widget=forms.Textarea(attrs={"rows": 8}))
    urgent = forms.BooleanField(label="Urgent", required=False)
    request_token = IdempotencyField(required=False)

    def __init__(self, *args: Any, user: User, patient: Patient | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user, self.patient = user, patient
        self.offer("to", receivers(but=user))

    def clean_to(self) -> list[User]:
        """The people who are meant, and of the roles those who may know whom it is about."""
        found: dict[Any, User] = {}
        for value in self.cleaned_data["to"]:
            person, role = chosen(value)
            people = self._holders(role) if role else [person]
            found |= {one.pk: one for one in people if one is not None}
        if not found:
            raise forms.ValidationError("Nobody has this role at the moment who may know the patient.")
        return list(found.values())

    def _holders(self, role: str) -> list[User]:
        people = staff().filter(groups__name=role).exclude(pk=self.user.pk)
        return [one for one in people if self.patient is None or can(one, Permission.VIEW_TASKS, self.patient).allowed]


class AnswerForm(Form):
    """An answer within an exchange, to all who take part in it."""

    text = forms.CharField(label="Answer", max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}))
    urgent = forms.BooleanField(label="Urgent", required=False)
    request_token = IdempotencyField(required=False)
