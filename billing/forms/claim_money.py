"""Forms of a claim's money: what isn't asked for any more, what somebody else is asked for, what goes back."""

from __future__ import annotations

from typing import Any, cast

from django import forms

from billing.choices import AdjustmentReason, Side
from billing.forms.payments import MoneyField
from emr.ui.forms import Form, IdempotencyField


class WriteOffForm(Form):
    """An amount that isn't asked for any more."""

    side = forms.ChoiceField(label="Owed by", choices=Side)
    amount = MoneyField(label="Amount")
    reason_code = forms.ChoiceField(label="Reason", choices=[("", "Choose a reason"), *AdjustmentReason.choices])
    reason = forms.CharField(label="Remark", required=False, max_length=200)
    request_token = IdempotencyField()

    def clean_side(self) -> Side:
        """Who owes it."""
        return Side(self.cleaned_data["side"])

    def clean_reason_code(self) -> AdjustmentReason:
        """Why."""
        return AdjustmentReason(self.cleaned_data["reason_code"])


class TransferForm(Form):
    """An amount that somebody else than the payer is asked for."""

    amount = MoneyField(label="Amount")
    to = forms.ChoiceField(label="To be paid by")
    reason = forms.CharField(label="Reason", max_length=200, help_text="Such as: not covered, deductible.")
    request_token = IdempotencyField()

    def __init__(self, *args: Any, payers: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = cast(forms.ChoiceField, self.fields["to"])
        field.choices = [("", "The patient"), *payers]
        field.required = False


class PayerRefundForm(Form):
    """Money that a payer paid beyond what was owed."""

    amount = MoneyField(label="Amount")
    reason = forms.CharField(label="Reason", max_length=200, help_text="Why, and how it goes back: the check's number.")
    request_token = IdempotencyField()


class UndoForm(Form):
    """Why something is taken back."""

    reason = forms.CharField(label="Reason", max_length=200)
