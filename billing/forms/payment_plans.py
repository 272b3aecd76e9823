"""Forms of plans to pay."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.forms.payments import MoneyField
from emr.ui.forms import Form, PickedDateField


class PlanForm(Form):
    """A plan to be agreed."""

    total = MoneyField(label="To be paid in all", help_text="No more than the patient owes now.")
    part = MoneyField(label="Each month")
    first_due = PickedDateField(label="First part due")
    day = forms.IntegerField(
        label="Later parts due on day",
        min_value=1,
        max_value=31,
        required=False,
        help_text="Of each month; its last day where it has fewer. Empty: the day of the first part.",
    )

    def clean(self) -> dict[str, Any]:
        """The day of the month, where none was typed, is that of the first part."""
        found: dict[str, Any] = super().clean() or {}
        if found.get("day") is None and found.get("first_due"):
            found["day"] = found["first_due"].day
        return found


class EndPlanForm(Form):
    """Why a plan ends before it is paid."""

    reason = forms.CharField(label="Reason", max_length=200, help_text="Such as: two parts missed, a new plan.")
