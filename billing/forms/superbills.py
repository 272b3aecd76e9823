"""The days of a superbill."""

from __future__ import annotations

from datetime import date
from typing import Any

from emr.ui.forms import Form, PickedDateField


class SuperbillForm(Form):
    """From a day to a day, both counted."""

    first = PickedDateField(label="First day")
    last = PickedDateField(label="Last day", help_text="This day is counted too.")

    def clean(self) -> dict[str, Any]:
        """The days in their order."""
        found: dict[str, Any] = super().clean() or {}
        first, last = found.get("first"), found.get("last")
        if isinstance(first, date) and isinstance(last, date) and last < first:
            self.add_error("last", "The last day is before the first.")
        return found
