"""The recall that is made when a patient leaves."""

from __future__ import annotations

from datetime import date, timedelta

from django import forms

from emr.shared.dates import add_months, clinic_today
from emr.ui.forms import Form


class RecallForm(Form):
    """Call back in so many weeks or months, and why."""

    number = forms.IntegerField(
        label="Due in",
        min_value=1,
        max_value=120,
        error_messages={"invalid": "Enter a whole number, like 6.", "required": "Enter in how many weeks or months."},
    )
    unit = forms.ChoiceField(label="Weeks or months", choices=[("months", "months"), ("weeks", "weeks")])
    reason = forms.CharField(
        label="Reason for the recall",
        max_length=200,
        help_text="In the words that the patient is told: blood pressure check",
    )

    def due_on(self) -> date:
        """The day about which the patient should come."""
        number = self.cleaned_data["number"]
        if self.cleaned_data["unit"] == "weeks":
            return clinic_today() + timedelta(weeks=number)
        return add_months(clinic_today(), number)
