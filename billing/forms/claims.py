"""Forms of the claims' worklist."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from billing.actions.batches import MAX_MARGIN
from billing.choices import BatchStyle
from billing.models import TradingPartner
from billing.queries.claims import MAX_BATCH
from emr.ui.forms import Form, IdempotencyField, ModelForm


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


class MarginsForm(Form):
    """By how much a print is shifted on the paper."""

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


class BatchForm(MarginsForm):
    """How a batch is drawn, and to whom it goes."""

    style = forms.ChoiceField(
        label="File", choices=BatchStyle.choices, initial=BatchStyle.DATA_ONLY, widget=forms.RadioSelect
    )
    partner = forms.ModelChoiceField(
        TradingPartner.objects.filter(active=True),
        label="Sent to",
        required=False,
        empty_label="–",
        help_text="For an 837P.",
    )
    again = forms.BooleanField(label="I mean to send them again", required=False)
    request_token = IdempotencyField()

    def clean(self) -> dict[str, Any]:
        """An 837P goes to somebody; paper to nobody."""
        data: dict[str, Any] = super().clean() or {}
        if data.get("style") != BatchStyle.X12:
            data["partner"] = None
        elif data.get("partner") is None:
            self.add_error("partner", "Choose whom the file is sent to.")
        return data


def _own_id(text: str) -> str:
    """An id as envelopes spell it."""
    spelled = text.strip().upper()
    if not (2 <= len(spelled) <= 15 and spelled.isascii() and spelled.isalnum()):
        raise forms.ValidationError("An id has 2 to 15 letters and digits.")
    return spelled


class PartnerForm(ModelForm):
    """The addresses on the envelope of an 837P."""

    class Meta:
        model = TradingPartner
        fields = (
            *("name", "sender_qualifier", "sender_id", "receiver_qualifier", "receiver_id"),
            *("usage", "contact_name", "contact_phone", "active"),
        )
        labels: ClassVar[dict[str, str]] = {
            "sender_qualifier": "Our id's kind (ISA05)",
            "sender_id": "Our id (ISA06)",
            "receiver_qualifier": "Their id's kind (ISA07)",
            "receiver_id": "Their id (ISA08)",
            "usage": "Files are meant as (ISA15)",
            "contact_name": "Whom they call about a file",
            "contact_phone": "Telephone",
            "active": "In use",
        }

    def clean_sender_id(self) -> str:
        """Upper-case letters and digits."""
        return _own_id(self.cleaned_data["sender_id"])

    def clean_receiver_id(self) -> str:
        """Upper-case letters and digits."""
        return _own_id(self.cleaned_data["receiver_id"])
