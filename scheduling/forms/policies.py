"""Whether visits may stand beside each other: what the manager says."""

from __future__ import annotations

from typing import Any

from django import forms

from emr.ui.forms import Form
from scheduling.choices import DoubleBooking
from scheduling.forms.fields import PractitionerField
from scheduling.models import AppointmentType


class PolicyForm(Form):
    """A rule for a practitioner, a type of visit, both, or all."""

    practitioner = PractitionerField(label="With", empty_label="Anyone")
    type = forms.ModelChoiceField(
        AppointmentType.objects.filter(active=True), label="Type of visit", required=False, empty_label="Any type"
    )
    rule = forms.ChoiceField(
        label="Beside another visit",
        choices=DoubleBooking.choices,
        widget=forms.RadioSelect,
        initial=DoubleBooking.WARN,
        error_messages={"required": "Say whether it may stand beside another."},
    )
    maximum = forms.IntegerField(
        label="At most at one time", min_value=2, max_value=20, required=False, initial=2, help_text="From 2 to 20"
    )

    def clean(self) -> dict[str, Any]:
        """A rule that lets visits stand beside each other says how many."""
        data = super().clean() or {}
        if data.get("rule") == DoubleBooking.FORBID:
            data["maximum"] = 1
        elif not data.get("maximum") and not self.has_error("maximum"):
            self.add_error("maximum", "Say how many may stand at one time, from 2 to 20.")
        return data
