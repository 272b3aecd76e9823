"""When patients are reminded, and what they answer."""

from __future__ import annotations

from typing import Any

from django import forms

from emr.ui.forms import Form
from scheduling.choices import ReminderReply
from scheduling.models import ReminderRule
from scheduling.queries.reminders import LEAST_HOURS


class RuleForm(Form):
    """One reminder before each visit."""

    hours_before = forms.IntegerField(
        label="Hours before the visit",
        min_value=LEAST_HOURS,
        max_value=720,
        help_text="24 is a day, 168 a week",
        error_messages={
            "required": "Enter a number of hours.",
            "invalid": "Enter a whole number of hours.",
            "min_value": "Enter at least %(limit_value)s: nobody is reminded in the last hour before a visit.",
        },
    )
    by_email = forms.BooleanField(label="By e-mail", required=False, initial=True)
    by_sms = forms.BooleanField(label="By text message", required=False, initial=True)
    active = forms.BooleanField(label="Is sent", required=False, initial=True)

    @classmethod
    def of(cls, row: ReminderRule, typed: Any = None) -> RuleForm:
        """The form filled from a rule."""
        names = ("hours_before", "by_email", "by_sms", "active")
        return cls(typed, initial={name: getattr(row, name) for name in names})


class ReplyForm(forms.Form):
    """The two buttons of the page behind an e-mail's link."""

    reply = forms.ChoiceField(choices=[(one.value, one.label) for one in (ReminderReply.CONFIRM, ReminderReply.CANCEL)])


class IncomingForm(forms.Form):
    """A text message as the carrier hands it over."""

    id = forms.CharField(max_length=80)
    sender = forms.RegexField(r"^\+[1-9]\d{6,14}$")
    text = forms.CharField(max_length=1000, required=False, strip=False)
