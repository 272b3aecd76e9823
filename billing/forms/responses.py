"""What is typed about decisions that wait for a person."""

from __future__ import annotations

from django import forms

from billing.forms.payments import MoneyField
from emr.ui.forms import Form, IdempotencyField


class LayForm(Form):
    """Which claim a decision is about."""

    claim = forms.UUIDField(widget=forms.HiddenInput)


class UseForm(Form):
    """An amount of what is kept, and the claim that it is for."""

    number = forms.CharField(label="Claim number", max_length=14)
    amount = MoneyField(label="Amount")
    request_token = IdempotencyField()

    def clean_number(self) -> str:
        """The number as claims have it."""
        return str(self.cleaned_data["number"]).strip().upper()


class GiveBackForm(Form):
    """Why money goes back to the payer."""

    back_reason = forms.CharField(
        label="Why, and how it goes back", max_length=200, help_text="Such as the check's number."
    )


class SettleForm(Form):
    """Why nothing more is done about a decision."""

    reason = forms.CharField(label="Why nothing more is done", max_length=200)


class TakeBackForm(Form):
    """Why a posted remittance comes off the ledger."""

    reason = forms.CharField(label="Why it is taken back", max_length=200)
