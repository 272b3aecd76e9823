"""What is entered of medications."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from clinic.choices import MedicationStatus
from clinic.forms.lists import PARTIAL, ListForm
from clinic.forms.safety import SafetyMixin
from emr.codes.fields import CodeField
from emr.codes.systems import RXNORM
from emr.ui.forms import DateTextField, PartialDateField


class DirectionsForm(ListForm):
    """How a drug is taken, and what for."""

    widths: ClassVar = {"dose_quantity": 6, "dose_unit": 6, "route": 6, "frequency": 6}

    dose_quantity = forms.DecimalField(label="Dose", required=False, min_value=Decimal(0))
    dose_unit = forms.CharField(label="Unit", max_length=40, required=False, help_text="mg, tablet, puff")
    route = forms.CharField(max_length=60, required=False, help_text="by mouth")
    frequency = forms.CharField(max_length=120, required=False, help_text="In words: twice a day.")
    as_needed = forms.BooleanField(label="As needed", required=False)
    reason = forms.CharField(label="For", max_length=300, required=False)
    effective_start = PartialDateField(label="Started", precision="start_precision", required=False, help_text=PARTIAL)
    note = forms.CharField(max_length=500, required=False)


class MedicationForm(SafetyMixin, DirectionsForm):
    """A drug and how it is taken, checked against what the patient takes and is allergic to."""

    coding = CodeField(
        system=RXNORM, label="Drug", allow_text=True, help_text="Generic name, strength and form, for example."
    )
    field_order = ("coding",)

    def clean(self) -> dict[str, Any]:
        """Ask why, where a safety check stops the drug."""
        super().clean()
        self.weigh(self.cleaned_data.get("coding"))
        return self.cleaned_data


class MedicationChangeForm(DirectionsForm):
    """Other directions for a drug, or a pause."""

    status = forms.ChoiceField(
        label="State", choices=[(one.value, one.label) for one in (MedicationStatus.ACTIVE, MedicationStatus.ON_HOLD)]
    )
    dosage_text = forms.CharField(label="Directions in words", max_length=500, required=False)


class StopForm(ListForm):
    """How a drug ends: a course that is finished, or one that is stopped, then why."""

    reason = forms.CharField(label="Why is it stopped", max_length=300, required=False)
    completed = forms.BooleanField(label="The course is finished as planned", required=False)
    on = DateTextField(label="Ended on", required=False, help_text="Empty for today.")
