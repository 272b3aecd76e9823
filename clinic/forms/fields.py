"""Form fields that more than one room of the chart uses."""

from __future__ import annotations

from typing import Any

from django import forms

from emr.accounts.models import US_STATE, ZIP_CODE


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
