"""What a clinician types into the chart's lists."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django import forms
from django.utils import timezone

from clinic import vitals
from clinic.actions.observations import Reading
from clinic.choices import AllergyCategory, AllergyCriticality, ImmunizationStatus, ReactionSeverity
from emr.codes.fields import CodeField
from emr.codes.systems import CVX, ICD10CM, RXNORM
from emr.codes.units import unit
from emr.ui.forms import DateTextField, Form, PickedDateField


def _words(choices: Any) -> list[tuple[str, str]]:
    return [("", "Not stated"), *choices]


class ProblemForm(Form):
    """A problem: ICD-10-CM by search."""

    coding = CodeField(system=ICD10CM, label="Problem", help_text="ICD-10-CM: type words or a code.")
    onset_date = DateTextField(label="Since", required=False)
    note = forms.CharField(max_length=500, required=False)


class ResolveForm(Form):
    """The end of a problem."""

    abatement_date = DateTextField(label="Resolved on", required=False, help_text="Empty for today.")


class AllergyForm(Form):
    """An allergy: the substance first."""

    coding = CodeField(
        system=RXNORM,
        label="Drug or substance",
        allow_text=True,
        help_text="A substance without a code is kept as text and not checked by alerts.",
    )
    reactions = forms.CharField(
        label="Past reactions", max_length=300, required=False, help_text="Separate several by commas."
    )
    severity = forms.ChoiceField(choices=_words(ReactionSeverity.choices), required=False)
    criticality = forms.ChoiceField(choices=_words(AllergyCriticality.choices), required=False)
    category = forms.ChoiceField(choices=_words(AllergyCategory.choices), required=False)
    note = forms.CharField(max_length=500, required=False)

    def clean_reactions(self) -> list[str]:
        """The reactions, one by one."""
        return [words.strip() for words in self.cleaned_data["reactions"].split(",") if words.strip()]


class MedicationForm(Form):
    """A drug and how it is taken."""

    coding = CodeField(
        system=RXNORM, label="Drug", allow_text=True, help_text="Generic name, strength and form, for example."
    )
    dose_quantity = forms.DecimalField(label="Dose", required=False, min_value=Decimal(0))
    dose_unit = forms.CharField(label="Unit", max_length=40, required=False, help_text="mg, tablet, puff")
    route = forms.CharField(max_length=60, required=False, help_text="by mouth")
    frequency = forms.CharField(max_length=120, required=False, help_text="In words: twice a day.")
    as_needed = forms.BooleanField(label="As needed", required=False)
    reason = forms.CharField(label="For", max_length=300, required=False)
    effective_start = DateTextField(label="Started", required=False)
    note = forms.CharField(max_length=500, required=False)


class StopForm(Form):
    """Why a drug is stopped."""

    reason = forms.CharField(label="Why is it stopped", max_length=300)
    on = DateTextField(label="Stopped on", required=False, help_text="Empty for today.")


class ImmunizationForm(Form):
    """A dose given, told, or refused."""

    coding = CodeField(system=CVX, label="Vaccine", help_text="CVX: type words or a code.")
    status = forms.ChoiceField(
        choices=[(ImmunizationStatus.COMPLETED, "Given"), (ImmunizationStatus.NOT_DONE, "Not given")],
        initial=ImmunizationStatus.COMPLETED,
    )
    primary_source = forms.BooleanField(label="Given here", required=False, initial=True)
    occurrence_date = PickedDateField(label="On")
    lot_number = forms.CharField(label="Lot", max_length=40, required=False)
    expiration_date = PickedDateField(label="Lot expires", required=False)
    site = forms.CharField(max_length=60, required=False, help_text="left deltoid")
    route = forms.CharField(max_length=60, required=False, help_text="intramuscular")
    status_reason = forms.CharField(label="Why not given", max_length=300, required=False)


class ErrorForm(Form):
    """Why a row is wrong."""

    reason = forms.CharField(
        label="What was wrong", max_length=300, help_text="The row stays on file, marked as entered in error."
    )


class VitalsForm(Form):
    """Vital signs as they are read off, each with its unit. Feet and inches, pounds and ounces go into the usual box."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for vital in vitals.VITALS.values():
            single = vital.units[0] if len(vital.units) == 1 else None
            words = f"{vital.label} ({unit(single).display})" if single else vital.label
            self.fields[vital.name] = forms.DecimalField(
                label=words,
                required=False,
                max_digits=8,
                decimal_places=4,
                widget=forms.TextInput({"inputmode": "decimal"}),
            )
            if single is None:
                self.fields[f"{vital.name}_unit"] = forms.ChoiceField(
                    label=f"Unit of {vital.label.lower()}",
                    choices=[(code, unit(code).display) for code in vital.units],
                    required=False,
                )
        self.fields["effective_at"] = forms.DateTimeField(
            label="Measured at",
            required=False,
            widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
            initial=lambda: timezone.localtime().replace(second=0, microsecond=0),
        )

    def readings(self) -> list[Reading]:
        """The values that were entered, with their digits and units."""
        data = self.cleaned_data
        return [
            Reading(vital.code, data[vital.name], data.get(f"{vital.name}_unit") or vital.units[0])
            for vital in vitals.VITALS.values()
            if data.get(vital.name) is not None
        ]
