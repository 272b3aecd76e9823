"""Forms of fee schedules."""

from __future__ import annotations

from django import forms

from clinic.models import Payer
from emr.codes.systems import CPT, HCPCS
from emr.ui.forms import Form, PickedDateField

SYSTEMS = [(HCPCS, "HCPCS"), (CPT, "CPT")]


class FeeScheduleForm(Form):
    """A new list of fees."""

    name = forms.CharField(max_length=60)
    payer = forms.ModelChoiceField(
        Payer.objects.filter(active=True), required=False, empty_label="The clinic's own", help_text="Agreed fees only."
    )
    effective_from = PickedDateField(label="In force from")
    effective_until = PickedDateField(label="Until", required=False)


class FeeForm(Form):
    """One fee."""

    system = forms.ChoiceField(label="Code system", choices=SYSTEMS)
    code = forms.CharField(max_length=10)
    display = forms.CharField(label="Words", max_length=500)
    amount = forms.DecimalField(max_digits=10, decimal_places=2, min_value=0)


class EndForm(Form):
    """The last day of a list."""

    effective_until = PickedDateField(label="Last day")


class FeeImportForm(Form):
    """A clinic's own file of fees."""

    file = forms.FileField(label="CSV file", help_text="Columns: code, display, amount, and if you like system.")

    def clean_file(self) -> bytes:
        """The file's bytes; raises ValidationError above two megabytes."""
        upload = self.cleaned_data["file"]
        if upload.size > 2_000_000:
            raise forms.ValidationError("The file is larger than 2 MB. Split it.")
        content: bytes = upload.read()
        return content
