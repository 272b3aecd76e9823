"""What the entry forms of the chart's lists have in common, and those that all of them use."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.db import models

from clinic.actions.lists import stamp
from clinic.choices import EncounterStatus
from emr.codes.coding import Coding
from emr.codes.fields import CodeField
from emr.codes.systems import ICD10CM
from emr.shared.dates import clinic_day
from emr.shared.partial_dates import PartialDate
from emr.ui.forms import Form, PartialDateField

#: Beside a date that need not be known to the day.
PARTIAL = "A month or a year will do: Mar 2019."


def unstated(choices: Iterable[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The choices of a field that may stay open."""
    return [("", "Not stated"), *choices]


class ListForm(Form):
    """The entry of one row, or an act on one. ``widths`` says which fields share a line of the panel, in twelfths;
    those in ``folded`` wait behind a line with that title.
    """

    widths: ClassVar[dict[str, int]] = {}
    folded: ClassVar[tuple[str, ...]] = ()
    fold_title: ClassVar[str] = "More"

    def prepare(self, patient: Any) -> None:
        """Offer what depends on the patient: people, problems, plans. Called before the form is read or shown."""

    def clean(self) -> dict[str, Any]:
        """A date that may be known in part goes as two values: its day, and how exactly it is known."""
        data = super().clean() or self.cleaned_data
        for name, field in self.fields.items():
            if isinstance(field, PartialDateField) and name in data:
                data[name], data[field.precision] = field.stored(data[name])
        return data

    @property
    def seen(self) -> str:
        """The stamp of the row that was shown; empty for a new one."""
        return str(self.cleaned_data.get("seen", ""))

    def show(self, row: models.Model, *, values: bool) -> None:
        """Remember the row that the form is about; with ``values`` show them, for a form that changes them."""
        self.fields["seen"] = forms.CharField(widget=forms.HiddenInput, required=False, initial=stamp(row))
        if values:
            self.initial.update(self.values_of(row))
        for name, field in self.fields.items():
            if isinstance(field, CodeField):
                field.kept = self.initial.get(name)

    @classmethod
    def values_of(cls, row: Any) -> dict[str, Any]:
        """What the form shows of a row."""
        values = {name: getattr(row, name) for name in cls.base_fields if hasattr(row, name)}
        for name, field in cls.base_fields.items():
            if isinstance(field, PartialDateField) and values[name] is not None:
                said = values[name]
                day = clinic_day(said) if isinstance(said, datetime) else said
                values[name] = PartialDate(day, getattr(row, field.precision))
        if "coding" in cls.base_fields:
            values["coding"] = Coding(row.system, row.code, row.display)
        return values

    def main_fields(self) -> list[forms.BoundField]:
        """The fields that are always in sight."""
        return [bound for bound in self.visible_fields() if bound.name not in self.folded]

    def more_fields(self) -> list[forms.BoundField]:
        """The fields behind the line."""
        return [bound for bound in self.visible_fields() if bound.name in self.folded]

    @property
    def unfolded(self) -> bool:
        """Whether what is behind the line must be seen: it is filled, or wrong."""
        return any(bound.errors or bound.value() not in (None, "", False) for bound in self.more_fields())


class ConfirmForm(ListForm):
    """Nothing to enter: the button is the answer."""


class ErrorForm(ListForm):
    """Why a row is wrong."""

    reason = forms.CharField(
        label="What was wrong", max_length=300, help_text="The row stays on file, marked as entered in error."
    )


class DiagnosisForm(ListForm):
    """A diagnosis of a visit."""

    coding = CodeField(system=ICD10CM, label="Diagnosis", help_text="ICD-10-CM: type words or a code.")


class StatusForm(ListForm):
    """Where the patient of a visit is."""

    status = forms.ChoiceField(
        choices=[(value.value, value.label) for value in (EncounterStatus.TRIAGED, EncounterStatus.IN_PROGRESS)]
    )


class ResultsFilterForm(Form):
    """Which results to show, from the page's address; what makes no sense there is the first page of the tests."""

    kind = forms.ChoiceField(choices=[("tests", "Tests"), ("surveys", "Questionnaires"), ("social", "Social history")])
    page = forms.IntegerField(min_value=1, max_value=10_000)

    def chosen(self) -> tuple[str, int]:
        """The kind and the page."""
        self.is_valid()
        return self.cleaned_data.get("kind", "tests"), self.cleaned_data.get("page", 1)
