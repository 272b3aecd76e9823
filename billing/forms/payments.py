"""Forms of money over the counter."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing.choices import PaymentKind, PaymentMethod
from billing.queries.payments_day import DayFilter
from emr.ui.forms import Form, IdempotencyField, PickedDateField

#: Digits with or without a comma before each three of them, and at most two after the point.
_AMOUNT = re.compile(r"(-?)\s*\$?\s*(\d+|\d{1,3}(?:,\d{3})+)?(?:\.(\d{0,2}))?", re.ASCII)
_TAKEN = [(kind.value, kind.label) for kind in PaymentKind if kind is not PaymentKind.REFUND]


class MoneyField(forms.DecimalField):
    """An amount as people type it: ``25``, ``25.00``, ``$ 1,250``, with the spaces and digits of any keyboard.

    A comma stands before three digits alone: ``25,00`` is refused, and not 2,500 dollars. So is all that only
    programmers write: ``1e3``, ``1_000``, ``NaN``.
    """

    def __init__(self, **kwargs: Any) -> None:
        large = "This amount is too large. Look where its point stands."
        said = {"invalid": "Enter an amount in dollars and cents, like 25.00.", "max_digits": large}
        kwargs.setdefault("error_messages", said | {"max_whole_digits": large})
        super().__init__(max_digits=10, decimal_places=2, **kwargs)

    def prepare_value(self, value: Any) -> Any:
        """A number of ours with its cents; what was typed as it was."""
        return f"{value:.2f}" if isinstance(value, Decimal) else value

    def to_python(self, value: Any) -> Any:
        """The number, without what people put around it."""
        text = unicodedata.normalize("NFKC", str(value if value is not None else "")).strip()
        read = _AMOUNT.fullmatch(text)
        if read and (read[2] or read[3]):
            text = f"{read[1]}{(read[2] or '0').replace(',', '')}.{read[3] or '0'}"
        elif text:
            raise ValidationError(self.error_messages["invalid"], code="invalid")
        return super().to_python(text)


class PaymentForm(Form):
    """Money from a patient."""

    amount = MoneyField(label="Amount")
    kind = forms.ChoiceField(label="For", choices=_TAKEN)
    method = forms.ChoiceField(label="Paid by", choices=PaymentMethod, initial=PaymentMethod.CARD)
    reference = forms.CharField(
        label="Reference", required=False, max_length=40, help_text="Number of the check; last four digits of the card."
    )
    request_token = IdempotencyField()


class RefundForm(Form):
    """Unapplied credit that is given back."""

    amount = MoneyField(label="Amount")
    method = forms.ChoiceField(label="Given back by", choices=PaymentMethod, initial=PaymentMethod.CHECK)
    reference = forms.CharField(label="Reference", required=False, max_length=40, help_text="Number of the check.")
    reason = forms.CharField(label="Reason", max_length=200)
    request_token = IdempotencyField()


class ReversalForm(Form):
    """Why a payment is taken back."""

    reason = forms.CharField(label="Reason", max_length=200, help_text="Such as: the check bounced, the wrong patient.")


class BroughtForwardForm(Form):
    """What a patient owed when this ledger began."""

    amount = MoneyField(label="Balance", help_text="What the patient owes; a credit begins with a minus.")
    reason = forms.CharField(label="Where it comes from", max_length=200)
    request_token = IdempotencyField()


class PaymentsDayForm(Form):
    """The address of the payments of a day. Nonsense in it shows today, and all."""

    day = PickedDateField(label="Day", required=False)
    method = forms.ChoiceField(label="Method", required=False, choices=[("", "Any method"), *PaymentMethod.choices])
    kind = forms.ChoiceField(label="For", required=False, choices=[("", "Anything"), *PaymentKind.choices])
    user = forms.UUIDField(required=False)

    def chosen(self, today: date) -> DayFilter:
        """What is to be shown."""
        self.is_valid()
        data = self.cleaned_data
        return DayFilter(data.get("day") or today, data.get("method") or "", data.get("kind") or "", data.get("user"))


class DayCloseForm(Form):
    """The drawer, counted. ``payments_seen`` is how many payments the page showed."""

    counted_cash = MoneyField(label="Cash in the drawer", help_text="Without the float that stays in it.")
    difference_reason = forms.CharField(
        label="Reason for a difference", max_length=200, required=False, help_text="Needed when the cash differs."
    )
    payments_seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0)
