"""Forms of charges."""

from __future__ import annotations

import re
from typing import Any

from django import forms
from django.core.exceptions import ValidationError

from billing.choices import NdcUnit
from billing.forms.services import ServiceField
from emr.ui.forms import Form, IdempotencyField, PickedDateField


class LettersField(forms.CharField):
    """Letters of box 21, such as ``AB``, to places in the list of diagnoses, such as ``[1, 2]``."""

    def clean(self, value: Any) -> Any:
        """The places; raises ValidationError for anything but letters from A to L."""
        letters = re.sub(r"[\s,]", "", str(super().clean(value) or "")).upper()
        if not re.fullmatch("[A-L]{0,4}", letters):
            raise ValidationError("Enter up to four letters of the diagnoses, the main one first, such as AB.")
        return ["ABCDEFGHIJKL".index(letter) + 1 for letter in letters]


class ChargeForm(Form):
    """One service of a visit. Without a price, the fee schedule gives it."""

    coding = ServiceField(label="Service", help_text="Code or words. Fees of this clinic come first.")
    modifiers = forms.CharField(required=False, max_length=20, help_text="Up to four, such as 25 GT.")
    diagnosis_ranks = LettersField(label="Diagnoses", required=True, initial="A", help_text="Letters, main one first.")
    quantity = forms.DecimalField(label="Units", initial=1, max_digits=8, decimal_places=3)
    unit_price = forms.DecimalField(
        label="Price each", required=False, max_digits=10, decimal_places=2, help_text="Empty: the fee schedule's."
    )
    service_date = PickedDateField(label="Day of service")
    ndc = forms.CharField(label="Drug code (NDC)", required=False, max_length=14)
    ndc_quantity = forms.DecimalField(label="Drug quantity", required=False, max_digits=10, decimal_places=3)
    ndc_unit = forms.ChoiceField(label="Drug unit", required=False, choices=[("", "–"), *NdcUnit.choices])
    request_token = IdempotencyField()

    def clean_modifiers(self) -> list[str]:
        """The modifiers one by one; the action judges each."""
        return str(self.cleaned_data["modifiers"]).replace(",", " ").upper().split()


class ReasonForm(Form):
    """Why something is taken back."""

    reason = forms.CharField(label="Reason", max_length=300)
