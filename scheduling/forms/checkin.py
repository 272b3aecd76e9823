"""What the front desk goes through at check-in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms

from emr.ui.forms import Form
from scheduling.actions.checked import REASON_LENGTH, left_out
from scheduling.queries.checkin import Line


class CheckInForm(Form):
    """A tick for each item that was gone through, and a reason for each that is left out."""

    done = forms.MultipleChoiceField(required=False)

    def __init__(self, *args: Any, lines: Sequence[Line], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.lines = [line for line in lines if line.asked]
        self.offer("done", [(line.key, line.label) for line in self.lines])
        for line in self.lines:
            most = _room(line, self.lines)
            self.fields[f"reason_{line.key}"] = forms.CharField(label=line.label, required=False, max_length=most)

    def clean(self) -> dict[str, Any]:
        """Everything that is required and left out without a reason is said at once, each beside its field."""
        data = super().clean() or {}
        for line in left_out(self.lines, data.get("done") or (), self.reasons(data)):
            self.add_error(f"reason_{line.key}", f"{line.label}: say why it is left out.")
        return data

    def reasons(self, data: dict[str, Any] | None = None) -> dict[str, str]:
        """The reasons by line."""
        said = self.cleaned_data if data is None else data
        return {line.key: said.get(f"reason_{line.key}") or "" for line in self.lines}

    def ticked(self, line: Line) -> bool:
        """Whether the box of an item is ticked: as it was sent, else what the house sees for itself."""
        if self.is_bound:
            return line.key in (self["done"].value() or ())
        return line.ticked


def _room(line: Line, lines: Sequence[Line]) -> int:
    """How long a reason may be: those of several policies are kept together, each with its place before it."""
    together = sum(one.item == line.item for one in lines)
    return REASON_LENGTH if together == 1 else REASON_LENGTH // together - len(f"{line.place}: ; ")
