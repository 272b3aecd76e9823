"""A visit that comes again: how often, until when, and what to do where it can't be booked."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from django import forms

from emr.shared.dates import parse_date
from emr.ui.forms import PickedDateField
from scheduling.actions.clashes import NEXT_FREE, OVERRIDE, SKIP
from scheduling.choices import Frequency, Weekday
from scheduling.recurrence import MOST, Rule, nth_of

_CHOICES = (SKIP, NEXT_FREE, OVERRIDE)
#: The fields in which a decision about one day is sent begin with this.
PREFIX = "clash-"


class RepeatMixin(forms.Form):
    """The fields of a repetition. Without ``frequency`` the visit stands alone."""

    frequency = forms.ChoiceField(label="Repeats", choices=[("", "Never"), *Frequency.choices], required=False)
    interval = forms.IntegerField(
        label="Every", min_value=1, max_value=52, required=False, initial=1, help_text="Days, weeks or months"
    )
    weekdays = forms.MultipleChoiceField(
        label="On", choices=Weekday.choices[:5], required=False, widget=forms.CheckboxSelectMultiple
    )
    count = forms.IntegerField(label="Number of visits", min_value=2, max_value=MOST, required=False)
    until = PickedDateField(label="Or until", required=False)

    def clean(self) -> dict[str, Any]:
        """A repetition ends, in one of the two ways."""
        data = super().clean() or {}
        if data.get("frequency") and data.get("here"):
            self.add_error("frequency", "A visit that begins now comes once. Book the coming ones by themselves.")
        read = not self.errors.keys() & {"count", "until"}
        if data.get("frequency") and read and bool(data.get("count")) == bool(data.get("until")):
            self.add_error("count", "Say how many visits, or until which day.")
        return data

    def rule(self, first: date) -> Rule | None:
        """The rule from its first day on; None for a visit that stands alone."""
        data = self.cleaned_data
        if not data.get("frequency"):
            return None
        monthly = data["frequency"] == Frequency.MONTHLY
        return Rule(
            first,
            data["frequency"],
            data.get("interval") or 1,
            tuple(data["weekdays"]) if data["frequency"] == Frequency.WEEKLY else (),
            nth_of(first) if monthly else None,
            data.get("count"),
            data.get("until"),
        )


def decisions(typed: Mapping[str, Any]) -> dict[date, str]:
    """What was decided about each day that can't be booked as it is; what is none is left out."""
    found = {parse_date(name.removeprefix(PREFIX)): str(typed[name]) for name in typed if name.startswith(PREFIX)}
    return {day: choice for day, choice in found.items() if day is not None and choice in _CHOICES}
