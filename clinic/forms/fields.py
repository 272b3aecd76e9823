"""Form fields that more than one room of the chart uses."""

from __future__ import annotations

from typing import Any

from django import forms

from emr.accounts.models import US_STATE, ZIP_CODE
from emr.shared.dates import clinic_today, parse_date
from emr.ui.forms import DateTextField


class StateField(forms.CharField):
    """A state of the United States by its two letters; ``il`` is taken as IL."""

    default_validators = [US_STATE]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "State")
        super().__init__(max_length=2, required=False, **kwargs)

    def to_python(self, value: Any) -> str:
        """The letters in upper case."""
        return str(super().to_python(value) or "").upper()


class ZipField(forms.CharField):
    """A ZIP code of five or nine digits."""

    default_validators = [ZIP_CODE]

    def __init__(self, **kwargs: Any) -> None:
        kwargs.setdefault("label", "ZIP code")
        kwargs.setdefault("error_messages", {"required": "Enter the ZIP code."})
        super().__init__(max_length=10, required=False, **kwargs)


class PeriodDateField(DateTextField):
    """As a birth date, but it may lie in the future: policies end then, and stays."""

    def to_python(self, value: object) -> Any:
        """The date; raises ``ValidationError`` for text that is none."""
        if isinstance(value, str) and value.strip():
            found = parse_date(value)
            if found is None or not 1900 <= found.year <= clinic_today().year + 50:
                raise forms.ValidationError("Enter a date, like 01-Jan-2026.", code="invalid")
            return found
        return super().to_python(value)
