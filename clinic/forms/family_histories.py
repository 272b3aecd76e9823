"""What is entered of relatives."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms

from clinic.forms.lists import ListForm
from clinic.models.family_histories import FamilyRelationship
from emr.codes.fields import CodeField
from emr.codes.systems import ICD10CM

_LIVING = [("", "Not known"), ("False", "Living"), ("True", "Died")]


class RelativeForm(ListForm):
    """One condition of one relative. Ages in years."""

    widths: ClassVar = {"relationship": 6, "onset_age": 6, "deceased": 6, "death_age": 6}

    relationship = forms.ChoiceField(label="Relative", choices=[("", "Choose"), *FamilyRelationship.choices])
    onset_age = forms.IntegerField(label="Began at age", required=False, min_value=0, max_value=120)
    coding = CodeField(
        system=ICD10CM, label="Condition", allow_text=True, help_text="ICD-10-CM by words or code, or plain words."
    )
    deceased = forms.TypedChoiceField(
        label="Lives", choices=_LIVING, required=False, coerce=lambda text: text == "True", empty_value=None
    )
    death_age = forms.IntegerField(label="Died at age", required=False, min_value=0, max_value=120)
    contributed_to_death = forms.BooleanField(label="Died of it", required=False)
    note = forms.CharField(max_length=500, required=False)

    def clean(self) -> dict[str, Any]:
        """An age at death says that somebody died."""
        data = super().clean() or {}
        if data.get("deceased") is None and (data.get("death_age") is not None or data.get("contributed_to_death")):
            data["deceased"] = True
        return data
