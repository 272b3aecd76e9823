"""What narrows the day's page: its address and nothing else."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from emr.shared.dates import on_calendar, parse_date
from emr.ui.forms import Form
from scheduling.choices import AppointmentStatus

#: Groups of statuses in the list, by the word in the address.
GROUPS: dict[str, tuple[str, frozenset[str]]] = {
    "coming": ("To come", frozenset({AppointmentStatus.BOOKED, AppointmentStatus.PENDING})),
    "here": ("Here", frozenset({AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN})),
    "done": ("Completed", frozenset({AppointmentStatus.FULFILLED})),
    "missed": ("No-show", frozenset({AppointmentStatus.NOSHOW})),
    "cancelled": ("Cancelled", frozenset({AppointmentStatus.CANCELLED})),
}


class DayForm(Form):
    """``?practitioner=…&view=list&status=here&day=…``; what is unusable counts as not given."""

    practitioner = forms.UUIDField(required=False)
    view = forms.ChoiceField(required=False, choices=[("grid", "Grid"), ("list", "List"), ("print", "Print")])
    status = forms.ChoiceField(required=False, choices=[(word, label) for word, (label, _) in GROUPS.items()])
    day = forms.CharField(required=False, max_length=40)

    def chosen(self) -> dict[str, Any]:
        """What was asked for."""
        self.is_valid()
        data = self.cleaned_data
        typed = data.get("day") or ""
        found: date | None = parse_date(typed) if typed else None
        if found is not None and not on_calendar(found):
            found = None
        return {
            "practitioner": data.get("practitioner"),
            "view": data.get("view") or "grid",
            "status": data.get("status") or "",
            "day": found,
            "unread": typed if typed and found is None else "",
        }
