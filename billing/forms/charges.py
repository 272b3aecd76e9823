"""Forms of charges."""

from __future__ import annotations

import re
from typing import Any
from uuid import UUID

from django import forms
from django.core.exceptions import ValidationError

from billing.choices import NdcUnit
from billing.forms.services import ServiceField
from emr.accounts.models import Practitioner
from emr.codes.models import Concept
from emr.codes.systems import POS
from emr.ui.forms import Form, IdempotencyField, PickedDateField

#: Box 24H, in words.
EPSDT = [
    ("", "–"),
    ("Y", "Screening (Y)"),
    ("AV", "Screening: referral refused (AV)"),
    ("S2", "Screening: under treatment (S2)"),
    ("ST", "Screening: new services asked for (ST)"),
    ("NU", "Screening: nothing found (NU)"),
    ("FP", "Family planning (FP)"),
]


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
    service_date = PickedDateField(label="First day")
    service_date_end = PickedDateField(label="Last day", required=False)
    place_of_service = forms.ChoiceField(label="Place of service", required=False)
    performer = forms.ModelChoiceField(
        Practitioner.objects.none(), label="Given by", required=False, empty_label="Who saw the patient"
    )
    emergency = forms.BooleanField(label="Emergency (box 24C)", required=False)
    epsdt = forms.ChoiceField(label="Screening, family planning (box 24H)", required=False, choices=EPSDT)
    ndc = forms.CharField(label="Drug code (NDC)", required=False, max_length=14)
    ndc_quantity = forms.DecimalField(label="Drug quantity", required=False, max_digits=10, decimal_places=3)
    ndc_unit = forms.ChoiceField(label="Drug unit", required=False, choices=[("", "–"), *NdcUnit.choices])
    corrects = forms.UUIDField(required=False, widget=forms.HiddenInput())
    request_token = IdempotencyField()

    def __init__(self, *args: Any, place: str, performer: UUID | None, **kwargs: Any) -> None:
        """``place`` and ``performer`` are the visit's: offered, whatever the lists say of today."""
        super().__init__(*args, **kwargs)
        places = dict(Concept.objects.of(POS).filter(selectable=True).order_by("code").values_list("code", "display"))
        places.setdefault(place, "as the visit")
        self.offer("place_of_service", [(code, f"{code} {words}") for code, words in sorted(places.items())])
        own = Practitioner.objects.filter(pk__in=[performer] if performer else [])
        self.offer("performer", Practitioner.objects.filter(active=True) | own)

    def clean_modifiers(self) -> list[str]:
        """The modifiers one by one; the action judges each."""
        return str(self.cleaned_data["modifiers"]).replace(",", " ").upper().split()


class MoveForm(Form):
    """Whether a line goes up or down."""

    to = forms.ChoiceField(choices=[("up", "up"), ("down", "down")])


class BillableForm(Form):
    """Whether a line goes on the claim."""

    off = forms.BooleanField(required=False)


class ReasonForm(Form):
    """Why something is taken back."""

    reason = forms.CharField(label="Reason", max_length=300)
