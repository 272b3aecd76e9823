"""What is entered of implanted devices."""

from __future__ import annotations

from typing import ClassVar

from django import forms

from clinic.actions.devices import read_udi
from clinic.forms.lists import PARTIAL, ListForm
from emr.shared.errors import DomainError
from emr.ui.forms import DateTextField, PartialDateField


class DeviceForm(ListForm):
    """A device: scan or type its label first; lot, serial number and days are read out of it."""

    widths: ClassVar = {"body_site": 6, "implanted_on": 6, "manufacturer": 6, "model_number": 6}

    udi = forms.CharField(
        label="UDI",
        max_length=250,
        required=False,
        help_text="Scan or type the whole identifier of the label, with its brackets. Lot, serial number and days are "
        "read out of it.",
    )
    display = forms.CharField(label="Device", max_length=200, help_text="Pacemaker, knee prosthesis, coronary stent.")
    body_site = forms.CharField(label="Where", max_length=100, required=False, help_text="left knee")
    implanted_on = PartialDateField(
        label="Implanted on", precision="implanted_precision", required=False, help_text=PARTIAL
    )
    manufacturer = forms.CharField(max_length=120, required=False)
    model_number = forms.CharField(label="Model", max_length=60, required=False)
    note = forms.CharField(max_length=500, required=False)

    def clean_udi(self) -> str:
        """The identifier, if it can be read."""
        text = str(self.cleaned_data["udi"])
        if text:
            try:
                read_udi(text)
            except DomainError as error:
                raise forms.ValidationError(error.message) from error
        return text


class RemoveDeviceForm(ListForm):
    """Why a device was taken out."""

    reason = forms.CharField(label="Why was it taken out", max_length=300)
    on = DateTextField(label="Taken out on", required=False, help_text="Empty for today.")
