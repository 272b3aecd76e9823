"""What a privacy officer says about keeping the logs."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django import forms

from emr.accounts.models import User
from emr.audit.directory import find
from emr.audit.models import Log
from emr.audit.retention_models import LEAST_YEARS, MOST_YEARS
from emr.ui.forms import Form


class RetentionForm(Form):
    """How many years one log is kept."""

    log = forms.ChoiceField(choices=Log.choices)
    years = forms.IntegerField(min_value=LEAST_YEARS, max_value=MOST_YEARS, label="Years kept")


class HoldForm(Form):
    """A legal hold; without an MRN it keeps everything. ``patient_id`` is whom the MRN names."""

    mrn = forms.CharField(required=False, label="Patient's MRN", help_text="Empty: all entries of all logs.")
    reason = forms.CharField(max_length=300, label="Reason", help_text="The matter, and who asked.")

    def __init__(self, *args: Any, reader: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._reader = reader
        self.patient_id: UUID | None = None

    def clean_mrn(self) -> str:
        """Find the patient by the whole MRN, blanks or not."""
        typed = "".join(str(self.cleaned_data["mrn"]).split())
        if typed:
            fitting = [one for one in find(self._reader, typed) if "".join(one.mrn.split()) == typed]
            if not fitting:
                raise forms.ValidationError("No patient has this MRN. Look it up in the audit log's search.")
            self.patient_id = fitting[0].id
        return typed


class LiftForm(Form):
    """Why a hold ends."""

    reason = forms.CharField(max_length=300, label="Reason for lifting")
