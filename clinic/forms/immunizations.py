"""What is entered of vaccines."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.db.models import QuerySet

from clinic.choices import ImmunizationStatus
from clinic.forms.lists import ListForm, unstated
from clinic.models.immunizations import InformationSource, RefusalReason, VaccineFunding
from clinic.udi import UnreadableUDI, parse_udi
from emr.accounts.models import Practitioner
from emr.codes.fields import CodeField
from emr.codes.systems import CVX
from emr.shared.dates import clinic_today
from emr.ui.forms import PartialDateField, PickedDateField, PickedDateInput

#: The longest lot number; how the code of a vial begins, scanned or typed with its brackets.
_LOT = 40
_LABELS = ("(01)", "]d2", "\x1d01")
_STATUSES = [(ImmunizationStatus.COMPLETED, "Given"), (ImmunizationStatus.NOT_DONE, "Not given")]


class DoseForm(ListForm):
    """A dose given, told, or refused. What the label of the vial says comes first; the rest waits behind a line."""

    widths: ClassVar = dict.fromkeys(
        (
            *("status", "primary_source", "occurrence_date", "lot_number", "expiration_date", "site", "route"),
            *("manufacturer_code", "ndc", "dose_quantity", "dose_unit", "vis_edition", "vis_given_on"),
            *("performer", "orderer"),
        ),
        6,
    )
    folded: ClassVar = (
        *("refusal_reason", "status_reason", "information_source", "manufacturer_code", "ndc", "dose_quantity"),
        *("dose_unit", "performer", "orderer", "funding", "note"),
    )
    fold_title: ClassVar = "Refusal, source, manufacturer, dose, who, funding"

    status = forms.ChoiceField(choices=_STATUSES, initial=ImmunizationStatus.COMPLETED)
    primary_source = forms.BooleanField(label="Given here", required=False, initial=True)
    occurrence_date = PartialDateField(
        label="On",
        precision="occurrence_precision",
        widget=PickedDateInput,
        initial=clinic_today,
        help_text="Of a dose told: a year will do.",
    )
    lot_number = forms.CharField(
        label="Lot", max_length=120, required=False, help_text="Or scan the square code of the vial."
    )
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
    performer = forms.ModelChoiceField(
        label="Given by", queryset=Practitioner.objects.none(), required=False, empty_label="Who records it"
    )
    orderer = forms.ModelChoiceField(
        label="Ordered by", queryset=Practitioner.objects.none(), required=False, empty_label="Not stated"
    )
    funding = forms.ChoiceField(label="Public funding", choices=unstated(VaccineFunding.choices), required=False)
    note = forms.CharField(max_length=500, required=False)

    def prepare(self, patient: Any) -> None:
        """Offer the clinic's people."""
        self._offer(Practitioner.objects.filter(active=True))

    def show(self, row: Any, *, values: bool) -> None:
        """Who gave or ordered the dose stays a choice, though they have left."""
        super().show(row, values=values)
        own = [key for key in (row.performer_id, row.orderer_id) if key]
        self._offer(Practitioner.objects.filter(active=True) | Practitioner.objects.filter(pk__in=own))

    def _offer(self, practitioners: QuerySet[Practitioner]) -> None:
        self.offer("performer", practitioners)
        self.offer("orderer", practitioners)

    def clean(self) -> dict[str, Any]:
        """A dose given here names its lot: a recall asks for it (42 U.S.C. 300aa-25)."""
        data = super().clean() or {}
        self._read_label(data)
        given = data.get("primary_source") and data.get("status") == ImmunizationStatus.COMPLETED
        if given and not data.get("lot_number") and "lot_number" not in self.errors:
            self.add_error("lot_number", "Enter the lot of a dose given here.")
        if given and not data.get("expiration_date") and "expiration_date" not in self.errors:
            self.add_error("expiration_date", "Enter the day on which the lot expires.")
        if given and data.get("vis_edition") and not data.get("vis_given_on"):
            data["vis_given_on"] = data.get("occurrence_date")
        return data

    def _read_label(self, data: dict[str, Any]) -> None:
        """The square code of a vial is GS1's: it says the lot, and until when it may be given."""
        text = data.get("lot_number") or ""
        if text.startswith(_LABELS) or (text.startswith("01") and len(text) > _LOT):
            try:
                found = parse_udi(text)
            except UnreadableUDI as error:
                self.add_error("lot_number", str(error))
                return
            data["lot_number"] = found.lot_number
            data["expiration_date"] = found.expiration_date or data.get("expiration_date")
        elif len(text) > _LOT:
            self.add_error("lot_number", f"A lot has at most {_LOT} characters.")


class ImmunizationForm(DoseForm):
    """A dose of a vaccine."""

    coding = CodeField(system=CVX, label="Vaccine", help_text="CVX: type words or a code.")
    field_order = ("coding",)
