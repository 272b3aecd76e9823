"""Forms of the services of vaccines."""

from __future__ import annotations

from typing import Any

from django import forms

from billing.models import VaccineService
from emr.codes.fields import CodeField
from emr.codes.systems import CVX
from emr.ui.forms import Form
from emr.uploads.incoming import Limits, UploadField
from emr.uploads.kinds import Kind

_MAX_BYTES = 1024 * 1024


class VaccineServiceForm(Form):
    """What is charged for one vaccine."""

    cvx = CodeField(system=CVX, label="Vaccine", help_text="CVX code or words.")
    product_code = forms.CharField(label="Product", required=False, max_length=5, help_text="HCPCS or CPT.")
    administration_code = forms.CharField(label="Administration", required=False, max_length=5)
    further_code = forms.CharField(
        label="After another", required=False, max_length=5, help_text="Giving it as a further vaccine of the visit."
    )

    def clean_cvx(self) -> str:
        """The code alone."""
        return str(self.cleaned_data["cvx"].code)


class RemoveVaccineForm(Form):
    """Which vaccine's services are forgotten."""

    service: Any = forms.ModelChoiceField(VaccineService.objects.all())


class VaccineImportForm(Form):
    """A clinic's own file of vaccines."""

    file = UploadField(
        Limits((Kind.CSV,), _MAX_BYTES),
        label="CSV file",
        help_text="Columns: cvx, product, administration, and if you like further.",
    )
