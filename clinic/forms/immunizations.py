"""What is entered of vaccines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from clinic.choices import ImmunizationStatus
from clinic.forms.lists import ListForm, unstated
from clinic.models.immunizations import InformationSource, RefusalReason, VaccineFunding
from emr.codes.fields import CodeField
from emr.codes.systems import CVX
from emr.shared.dates import clinic_today
from emr.ui.forms import PickedDateField

_STATUSES = [(ImmunizationStatus.COMPLETED, "Given"), (ImmunizationStatus.NOT_DONE, "Not given")]


class DoseForm(ListForm):
    """A dose given, told, or refused. What the label of the vial says comes first; the rest waits behind a line."""

    widths: ClassVar = dict.fromkeys(
        (
            *("status", "primary_source", "occurrence_date", "lot_number", "expiration_date", "site", "route"),
            *("manufacturer_code", "ndc", "dose_quantity", "dose_unit", "vis_edition", "vis_given_on"),
        ),
        6,
    )
    folded: ClassVar = (
        *("refusal_reason", "status_reason", "information_source", "manufacturer_code", "ndc", "dose_quantity"),
        *("dose_unit", "funding", "note"),
    )
    fold_title: ClassVar = "Refusal, source, manufacturer, dose, funding"

    status = forms.ChoiceField(choices=_STATUSES, initial=ImmunizationStatus.COMPLETED)
    primary_source = forms.BooleanField(label="Given here", required=False, initial=True)
    occurrence_date = PickedDateField(label="On", initial=clinic_today)
    lot_number = forms.CharField(label="Lot", max_length=40, required=False)
    expiration_date = PickedDateField(label="Lot expires", required=False)
    site = forms.CharField(max_length=60, required=False, help_text="left deltoid")
    route = forms.CharField(max_length=60, required=False, help_text="intramuscular")
    vis_edition = PickedDateField(label="VIS edition", required=False, help_text="At the foot of the sheet.")
    vis_given_on = PickedDateField(label="VIS given on", required=False)
    refusal_reason = forms.ChoiceField(label="Why not given", choices=unstated(RefusalReason.choices), required=False)
    status_reason = forms.CharField(label="Why not given, in words", max_length=300, required=False)
    information_source = forms.ChoiceField(
        label="Known from", choices=unstated(InformationSource.choices), required=False
    )
    manufacturer_code = forms.CharField(label="Manufacturer", max_length=10, required=False, help_text="MVX: PMC, SKB")
    ndc = forms.CharField(label="NDC", max_length=13, required=False, help_text="49281-0425-50")
    dose_quantity = forms.DecimalField(label="Dose", required=False, min_value=Decimal(0))
    dose_unit = forms.CharField(label="Unit", max_length=20, required=False, help_text="mL")
    funding = forms.ChoiceField(label="Public funding", choices=unstated(VaccineFunding.choices), required=False)
    note = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        """A dose given here names its lot: a recall asks for it (42 U.S.C. 300aa-25)."""
        data = super().clean() or {}
        given = data.get("primary_source") and data.get("status") == ImmunizationStatus.COMPLETED
        if given and not data.get("lot_number"):
            self.add_error("lot_number", "Enter the lot of a dose given here.")
        if given and not data.get("expiration_date") and "expiration_date" not in self.errors:
            self.add_error("expiration_date", "Enter the day on which the lot expires.")
        if given and data.get("vis_edition") and not data.get("vis_given_on"):
            data["vis_given_on"] = data.get("occurrence_date")
        return data


class ImmunizationForm(DoseForm):
    """A dose of a vaccine."""

    coding = CodeField(system=CVX, label="Vaccine", help_text="CVX: type words or a code.")
    field_order = ("coding",)
