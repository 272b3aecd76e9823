"""Forms of the inbox: what it shows, and what it does to the rows that are chosen."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.queries.inbox import KINDS
from clinic.queries.people import receivers
from emr.ui.forms import Form, PickedDateField


class InboxFilter(Form):
    """Which rows the inbox shows; what it does not know is no filter."""

    show = forms.ChoiceField(required=False, choices=[("", "Open"), ("done", "Done")])
    kind = forms.ChoiceField(required=False, choices=[("", "All"), *((kind.name, kind.label) for kind in KINDS)])
    whose = forms.ChoiceField(
        label="Whose",
        required=False,
        choices=[("", "All of it"), ("mine", "Mine alone"), ("shared", "Shared"), ("covered", "For who is away")],
    )
    due = forms.ChoiceField(
        label="Due",
        required=False,
        choices=[("", "Any time"), ("late", "Overdue"), ("today", "By today"), ("week", "Within a week")],
    )
    mark = forms.ChoiceField(
        label="Only", required=False, choices=[("", "Everything"), ("urgent", "Urgent, abnormal or critical")]
    )

    @property
    def wanted(self) -> dict[str, str]:
        """The filters that mean something, by name."""
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}


class ActForm(Form):
    """What is done to the chosen rows."""

    item = forms.CharField(required=False)
    act = forms.ChoiceField(choices=[("done", "Done"), ("assign", "Assign"), ("due", "Due")])
    to = forms.ChoiceField(label="To", required=False)
    day = PickedDateField(label="Due", required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("to", [("", "Choose somebody"), *receivers()])

    def clean(self) -> None:
        """To give something away needs somebody to give it to; another last day needs the day."""
        data = self.cleaned_data
        if data.get("act") == "due" and not data.get("day") and not self.errors:
            self.add_error("day", "Choose the day until which it is to be done.")
        if data.get("act") == "assign" and not data.get("to"):
            self.add_error("to", "Choose whom to give it to.")
