"""Which missed visits are counted."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django import forms

from emr.shared.dates import clinic_today
from emr.ui.forms import Form, PickedDateField
from scheduling.forms.fields import PractitionerField
from scheduling.models import AppointmentType


class NoShowFilter(Form):
    """A period, and whose visits of which type. Without one, the last ninety days."""

    first = PickedDateField(label="From", required=False)
    last = PickedDateField(label="Until", required=False)
    practitioner = PractitionerField(label="With", empty_label="Anyone")
    type = forms.ModelChoiceField(
        AppointmentType.objects.all(), label="Type of visit", required=False, empty_label="Any type"
    )

    @property
    def period(self) -> tuple[date, date]:
        """The first and the last day; what can't be read is the usual."""
        data: dict[str, Any] = self.cleaned_data if self.is_bound and hasattr(self, "cleaned_data") else {}
        last = data.get("last") or clinic_today()
        return data.get("first") or last - timedelta(days=90), last

    def clean(self) -> dict[str, Any]:
        """The last day doesn't come before the first."""
        data = super().clean() or {}
        first, last = data.get("first"), data.get("last")
        if first and last and last < first:
            self.add_error("last", "The last day comes before the first.")
        return data
