"""The form of a good-faith estimate."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.forms.boundfield import BoundField

from billing.forms.services import ServiceField
from emr.accounts.models import Practitioner
from emr.codes.coding import Coding
from emr.codes.fields import CodeEntry
from emr.codes.queries.concepts import lookup
from emr.codes.systems import ICD10CM
from emr.ui.forms import Form, IdempotencyField, PickedDateField

#: Rows for services on the page.
ROWS = 6


class OptionalServiceField(ServiceField):
    """A service, or nothing."""

    def clean(self, value: Any) -> Coding | None:
        """None where nothing was entered, else as every field of services."""
        entry = value if isinstance(value, CodeEntry) else CodeEntry(text=str(value or ""))
        return super().clean(value) if entry.text or entry.choice else None


class EstimateForm(Form):
    """What the patient is expected to have done, when, and by whom."""

    service_date = PickedDateField(label="Day of the visit", required=False, help_text="Empty: not booked yet.")
    practitioners = forms.ModelMultipleChoiceField(
        label="Expected practitioners",
        queryset=Practitioner.objects.filter(active=True).exclude(npi=""),
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose who is expected to see the patient."},
    )
    diagnoses = forms.CharField(
        label="Diagnosis codes", required=False, max_length=120, help_text="If they are known, such as: I10 E11.9."
    )
    apart = forms.CharField(
        label="Booked apart",
        required=False,
        max_length=300,
        help_text="What else is likely to be needed and isn't in this estimate, such as: an X-ray elsewhere.",
    )
    request_token = IdempotencyField()

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for number in range(1, ROWS + 1):
            self.fields[f"service_{number}"] = OptionalServiceField(label=f"Service {number}", required=False)
            self.fields[f"units_{number}"] = forms.DecimalField(
                label="Units",
                required=False,
                min_value=Decimal("0.001"),
                max_value=999,
                decimal_places=3,
                initial=1,
                widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
            )

    def rows(self) -> list[tuple[BoundField, BoundField]]:
        """The fields of each service."""
        return [(self[f"service_{number}"], self[f"units_{number}"]) for number in range(1, ROWS + 1)]

    def services(self) -> list[tuple[Coding, Decimal]]:
        """The services that were entered, with their units; one where none were typed."""
        data = self.cleaned_data
        found = ((data.get(f"service_{n}"), data.get(f"units_{n}")) for n in range(1, ROWS + 1))
        return [(coding, units or Decimal(1)) for coding, units in found if coding]

    def clean_diagnoses(self) -> list[Coding]:
        """The codes that were typed, each with its words. Raises ValidationError naming those that are none."""
        typed = self.cleaned_data["diagnoses"].replace(",", " ").split()
        found = [(code, lookup(ICD10CM, code)) for code in typed]
        unknown = [code for code, concept in found if concept is None]
        if unknown:
            raise ValidationError(f"Not an ICD-10-CM code: {', '.join(unknown)}.")
        return [Coding(ICD10CM, concept.code, concept.display) for _, concept in found if concept]
