"""What a privacy officer says about keeping the logs."""

from __future__ import annotations

from django import forms

from emr.audit.models import Log
from emr.audit.retention_models import LEAST_YEARS, MOST_YEARS
from emr.ui.forms import Form


class RetentionForm(Form):
    """How many years one log is kept."""

    log = forms.ChoiceField(choices=Log.choices)
    years = forms.IntegerField(min_value=LEAST_YEARS, max_value=MOST_YEARS, label="Years kept")


class HoldForm(Form):
    """A legal hold; without a patient's key it keeps everything."""

    patient = forms.UUIDField(required=False, label="Patient's key", help_text="Empty: the hold is for all logs.")
    reason = forms.CharField(max_length=300, label="Reason", help_text="The matter, and who asked.")


class LiftForm(Form):
    """Why a hold ends."""

    reason = forms.CharField(max_length=300, label="Reason for lifting")
