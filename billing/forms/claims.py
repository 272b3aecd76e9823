"""Forms of the claims' worklist."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.actions.batches import MAX_MARGIN
from billing.choices import BatchStyle, ClaimState
from billing.queries.claims import MAX_BATCH, Filter
from emr.ui.forms import Form, IdempotencyField


class KeysField(forms.MultipleChoiceField):
    """Keys that check boxes send."""

    default_error_messages = {"required": "Choose at least one row.", "invalid_list": "Choose at least one row."}

    def validate(self, value: Any) -> None:
        """At least one, and not more than a print run takes."""
        if self.required and not value:
            raise forms.ValidationError(self.error_messages["required"])
        if len(value) > MAX_BATCH:
            raise forms.ValidationError(f"Choose at most {MAX_BATCH} rows.")

    def clean(self, value: Any) -> Any:
        """The keys as UUIDs; one that is none is an error."""
        keys = super().clean(value)
        return [forms.UUIDField().clean(key) for key in keys]


class SelectionForm(Form):
    """The rows that are chosen on a worklist."""

    claim = KeysField()


class VisitsForm(Form):
    """The visits that are chosen on the list of what is ready to bill."""

    visit = KeysField()


class ClaimFilterForm(Form):
    """The worklist's address: states, payer, practitioner, and where the page begins. Nonsense in it shows all."""

    state = forms.MultipleChoiceField(required=False, choices=ClaimState.choices)
    payer = forms.UUIDField(required=False)
    practitioner = forms.UUIDField(required=False)
    before = forms.UUIDField(required=False)

    def chosen(self) -> Filter:
        """What is to be shown."""
        self.is_valid()
        data = self.cleaned_data
        return Filter(tuple(data.get("state") or ()), data.get("payer"), data.get("practitioner"))

    def before_key(self) -> Any:
        """Where the page begins, None for the first."""
        return self.cleaned_data.get("before")


class BatchForm(Form):
    """How a batch is printed."""

    style = forms.ChoiceField(choices=BatchStyle.choices, initial=BatchStyle.DATA_ONLY, widget=forms.RadioSelect)
    margin_left = forms.DecimalField(
        label="Shift to the right",
        initial=0,
        min_value=-MAX_MARGIN,
        max_value=MAX_MARGIN,
        decimal_places=1,
        max_digits=4,
        help_text="In points (72 to the inch); negative shifts to the left.",
    )
    margin_top = forms.DecimalField(
        label="Shift down",
        initial=0,
        min_value=-MAX_MARGIN,
        max_value=MAX_MARGIN,
        decimal_places=1,
        max_digits=4,
        help_text="In points; negative shifts up.",
    )
    request_token = IdempotencyField()
