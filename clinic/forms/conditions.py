"""What is entered of problems."""

from __future__ import annotations

from typing import ClassVar

from django import forms

from clinic.choices import ConditionClinicalStatus, VerificationStatus
from clinic.forms.lists import PARTIAL, ListForm
from emr.codes.fields import CodeField
from emr.codes.systems import ICD10CM
from emr.ui.forms import PartialDateField

_SURE = (VerificationStatus.CONFIRMED, VerificationStatus.PROVISIONAL, VerificationStatus.DIFFERENTIAL)


class ProblemForm(ListForm):
    """A problem: ICD-10-CM by search."""

    widths: ClassVar = {"onset_date": 6, "verification_status": 6}

    coding = CodeField(system=ICD10CM, label="Problem", help_text="ICD-10-CM: type words or a code.")
    onset_date = PartialDateField(label="Since", precision="onset_precision", required=False, help_text=PARTIAL)
    verification_status = forms.ChoiceField(
        label="Certainty",
        choices=[(one.value, one.label) for one in (*_SURE, VerificationStatus.REFUTED)],
        initial=VerificationStatus.CONFIRMED,
        required=False,
    )
    chronic = forms.BooleanField(label="Chronic", required=False)
    note = forms.CharField(max_length=500, required=False)

    def clean_verification_status(self) -> str:
        """Without a word it is certain."""
        return self.cleaned_data["verification_status"] or str(VerificationStatus.CONFIRMED)


class ProblemChangeForm(ProblemForm):
    """A problem as it stands, to be mended: what it is, since when, how it stands."""

    widths: ClassVar = {**ProblemForm.widths, "clinical_status": 6, "abatement_date": 6}

    clinical_status = forms.ChoiceField(label="State", choices=ConditionClinicalStatus.choices)
    abatement_date = PartialDateField(
        label="Until", precision="abatement_precision", ends=True, required=False, help_text=PARTIAL
    )
    field_order = ("coding", "clinical_status", "verification_status", "onset_date", "abatement_date")


class ResolveForm(ListForm):
    """The end of a problem."""

    abatement_date = PartialDateField(
        label="Resolved on",
        precision="abatement_precision",
        ends=True,
        required=False,
        help_text="Empty for today. A month or a year will do.",
    )
