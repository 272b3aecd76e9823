"""What a clinician types into the chart's lists."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, ClassVar

from django import forms

from clinic.choices import AllergyCategory, AllergyCriticality, EncounterStatus, ImmunizationStatus, ReactionSeverity
from emr.codes.fields import CodeField
from emr.codes.systems import CVX, ICD10CM, RXNORM
from emr.shared.dates import clinic_today
from emr.ui.forms import DateTextField, Form, PickedDateField


def _words(choices: Any) -> list[tuple[str, str]]:
    return [("", "Not stated"), *choices]


class ListForm(Form):
    """The entry of one row. ``widths`` says which fields share a line of the side panel, in twelfths."""

    widths: ClassVar[dict[str, int]] = {}


class ProblemForm(ListForm):
    """A problem: ICD-10-CM by search."""

    coding = CodeField(system=ICD10CM, label="Problem", help_text="ICD-10-CM: type words or a code.")
    onset_date = DateTextField(label="Since", required=False)
    note = forms.CharField(max_length=500, required=False)


class ResolveForm(ListForm):
    """The end of a problem."""

    abatement_date = DateTextField(label="Resolved on", required=False, help_text="Empty for today.")


class ConfirmForm(ListForm):
    """Nothing to enter: the button is the answer."""


class DiagnosisForm(ListForm):
    """A diagnosis of a visit."""

    coding = CodeField(system=ICD10CM, label="Diagnosis", help_text="ICD-10-CM: type words or a code.")


class StatusForm(ListForm):
    """Where the patient of a visit is."""

    status = forms.ChoiceField(
        choices=[(value.value, value.label) for value in (EncounterStatus.TRIAGED, EncounterStatus.IN_PROGRESS)]
    )


class AllergyForm(ListForm):
    """An allergy: the substance first."""

    widths: ClassVar = {"severity": 6, "criticality": 6}

    coding = CodeField(
        system=RXNORM,
        label="Drug or substance",
        allow_text=True,
        help_text="A substance without a code is kept as text and not checked by alerts.",
    )
    reactions = forms.CharField(
        label="Past reactions", max_length=300, required=False, help_text="Separate several by commas."
    )
    severity = forms.ChoiceField(label="Severity of these", choices=_words(ReactionSeverity.choices), required=False)
    criticality = forms.ChoiceField(choices=_words(AllergyCriticality.choices), required=False)
    category = forms.ChoiceField(label="Kind", choices=_words(AllergyCategory.choices), required=False)
    note = forms.CharField(max_length=500, required=False)

    def clean_reactions(self) -> list[str]:
        """The reactions, one by one."""
        return [words.strip() for words in self.cleaned_data["reactions"].split(",") if words.strip()]


class MedicationForm(ListForm):
    """A drug and how it is taken."""

    widths: ClassVar = {"dose_quantity": 6, "dose_unit": 6, "route": 6, "frequency": 6}

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


class StopForm(ListForm):
    """Why a drug is stopped."""

    reason = forms.CharField(label="Why is it stopped", max_length=300)
    on = DateTextField(label="Stopped on", required=False, help_text="Empty for today.")


class ImmunizationForm(ListForm):
    """A dose given, told, or refused."""

    widths: ClassVar = {
        "status": 6,
        "primary_source": 6,
        "occurrence_date": 6,
        "lot_number": 6,
        "expiration_date": 6,
        "site": 6,
        "route": 6,
    }

    coding = CodeField(system=CVX, label="Vaccine", help_text="CVX: type words or a code.")
    status = forms.ChoiceField(
        choices=[(ImmunizationStatus.COMPLETED, "Given"), (ImmunizationStatus.NOT_DONE, "Not given")],
        initial=ImmunizationStatus.COMPLETED,
    )
    primary_source = forms.BooleanField(label="Given here", required=False, initial=True)
    occurrence_date = PickedDateField(label="On", initial=clinic_today)
    lot_number = forms.CharField(label="Lot", max_length=40, required=False)
    expiration_date = PickedDateField(label="Lot expires", required=False)
    site = forms.CharField(max_length=60, required=False, help_text="left deltoid")
    route = forms.CharField(max_length=60, required=False, help_text="intramuscular")
    status_reason = forms.CharField(label="Why not given", max_length=300, required=False)


class ErrorForm(ListForm):
    """Why a row is wrong."""

    reason = forms.CharField(
        label="What was wrong", max_length=300, help_text="The row stays on file, marked as entered in error."
    )


class ResultsFilterForm(Form):
    """Which results to show, from the page's address; what makes no sense there is the first page of the tests."""

    kind = forms.ChoiceField(choices=[("tests", "Tests"), ("surveys", "Questionnaires"), ("social", "Social history")])
    page = forms.IntegerField(min_value=1, max_value=10_000)

    def chosen(self) -> tuple[str, int]:
        """The kind and the page."""
        self.is_valid()
        return self.cleaned_data.get("kind", "tests"), self.cleaned_data.get("page", 1)
