"""Forms of fee schedules."""

from __future__ import annotations

from django import forms

from clinic.models import Payer
from emr.codes.systems import CPT, HCPCS
from emr.ui.forms import Form, PickedDateField
from emr.uploads.incoming import Limits, UploadField
from emr.uploads.kinds import Kind

MAX_BYTES = 2 * 1024 * 1024
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


class VersionForm(Form):
    """The next version of a list."""

    effective_from = PickedDateField(label="In force from")
    percent = forms.DecimalField(
        label="Change by", initial=0, max_digits=5, decimal_places=2, help_text="Percent; negative lowers the fees."
    )


class FeeImportForm(Form):
    """A clinic's own file of fees."""

    file = UploadField(
        Limits((Kind.CSV,), MAX_BYTES),
        label="CSV file",
        help_text="Columns: code, display, amount, and if you like system.",
    )
