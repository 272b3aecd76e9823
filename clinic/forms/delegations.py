"""Forms of standing in for a colleague."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.queries.people import staff
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.shared.dates import clinic_today
from emr.ui.forms import Form, PickedDateField


class DelegationForm(Form):
    """Who is away, from when to when, and who does the work meanwhile."""

    user = forms.ModelChoiceField(label="Who is away", queryset=User.objects.none(), empty_label=None)
    delegate = forms.ModelChoiceField(label="Who stands in", queryset=User.objects.none())
    period_start = PickedDateField(label="First day", initial=clinic_today)
    period_end = PickedDateField(label="Last day")
    note = forms.CharField(label="Note for who stands in", max_length=200, required=False)

    def __init__(self, *args: Any, by: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        everybody = by.has_perm(Permission.MANAGE_PEOPLE)
        self.offer("user", staff() if everybody else staff().filter(pk=by.pk))
        self.offer("delegate", staff() if everybody else staff().exclude(pk=by.pk))
        self.initial.setdefault("user", by.pk)
