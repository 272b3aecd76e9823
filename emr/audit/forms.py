"""What a privacy officer asks of the logs."""

from __future__ import annotations

from django import forms

from emr.accounts.models import User
from emr.ui.forms import Form, PickedDateField


class EntriesFilterForm(Form):
    """Filters in the URL: keys and dates, never a name."""

    user = forms.ModelChoiceField(User.objects.order_by("last_name", "email"), required=False, empty_label="Anyone")
    patient = forms.UUIDField(required=False, label="Patient's key")
    on = PickedDateField(required=False, label="Day")
