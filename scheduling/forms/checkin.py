"""What the front desk goes through at check-in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from emr.ui.forms import Form
from scheduling.actions.checked import left_out
from scheduling.queries.checkin import Line


class CheckInForm(Form):
    """A tick for each item that was gone through, and a reason for each that is left out."""

    done = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, lines: Sequence[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if line.asked]
        self.offer("done", [(line.item, line.label) for line in self.lines])
        for line in self.lines:
            self.fields[f"reason_{line.item}"] = forms.CharField(label=line.label, required=False, max_length=200)

    def clean(self) -> dict[str, Any]:
        """Everything that is required and left out without a reason is said at once, each beside its field."""
        data = super().clean() or {}
        for line in left_out(self.lines, data.get("done") or (), self.reasons(data)):
            self.add_error(f"reason_{line.item}", f"{line.label}: say why it is left out.")
        return data

    def reasons(self, data: dict[str, Any] | None = None) -> dict[str, str]:
        """The reasons by item."""
        said = self.cleaned_data if data is None else data
        return {line.item: said.get(f"reason_{line.item}") or "" for line in self.lines}

    def ticked(self, line: Line) -> bool:
        """Whether the box of an item is ticked: as it was sent, else what the house sees for itself."""
        if self.is_bound:
            return line.item in (self["done"].value() or ())
        return line.ticked
