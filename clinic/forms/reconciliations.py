"""Going through the medications: one small form for each drug, those for drugs that are not on the list, the whole."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.http import QueryDict

from clinic.actions.lists import stamp
from clinic.actions.reconciliations import Decision
from clinic.forms.medications import MedicationForm
from clinic.models import MedicationReconciliation, MedicationStatement, Patient
from clinic.models.reconciliations import ReconciliationOutcome
from clinic.queries.medications import directions
from emr.shared.errors import DomainError
from emr.ui.forms import Form

#: Lines for drugs that the patient takes and the list lacks.
NEW_LINES = 3
_DIRECTIONS = ("dose_quantity", "dose_unit", "route", "frequency", "as_needed", "dosage_text")
_OUTCOMES = [
    (ReconciliationOutcome.CONTINUE, "Goes on"),
    (ReconciliationOutcome.CHANGE, "Change"),
    (ReconciliationOutcome.STOP, "Stop"),
]


class DecisionForm(Form):
    """What becomes of one drug of the list."""

    outcome = forms.ChoiceField(
        label="Decision", choices=_OUTCOMES, widget=forms.RadioSelect, initial=ReconciliationOutcome.CONTINUE
    )
    dose_quantity = forms.DecimalField(label="Dose", required=False, min_value=Decimal(0))
    dose_unit = forms.CharField(label="Unit", max_length=40, required=False)
    route = forms.CharField(max_length=60, required=False)
    frequency = forms.CharField(max_length=120, required=False)
    dosage_text = forms.CharField(label="Directions in words", max_length=500, required=False)
    as_needed = forms.BooleanField(label="As needed", required=False)
    reason = forms.CharField(label="Why is it stopped", max_length=300, required=False)
    seen = forms.CharField(widget=forms.HiddenInput, required=False)

    def __init__(self, row: MedicationStatement, data: QueryDict | None) -> None:
        self.row = row
        self.directions = directions(row)
        shown = {name: getattr(row, name) for name in _DIRECTIONS}
        super().__init__(data, prefix=f"m-{row.pk.hex}", initial={**shown, "seen": stamp(row)})

    def clean(self) -> dict[str, Any]:
        """A change changes something, a stop has its reason."""
        data = super().clean() or {}
        outcome = data.get("outcome")
        if outcome == ReconciliationOutcome.STOP and not data.get("reason", "").strip():
            self.add_error("reason", "Say why it is stopped.")
        same = all(data.get(name) == getattr(self.row, name) for name in _DIRECTIONS)
        if outcome == ReconciliationOutcome.CHANGE and same and not self.errors:
            self.add_error("outcome", "Nothing is changed: write the new directions, or choose that it goes on.")
        return data

    def decision(self) -> Decision:
        """What was decided."""
        data = self.cleaned_data
        values = {name: data[name] for name in _DIRECTIONS}
        return Decision(self.row.pk, data["outcome"], values, data["reason"], data["seen"])


class NewDrugForm(MedicationForm):
    """A drug that the patient takes and the list lacks; an empty one is none."""

    asked: ClassVar = ("coding", "dose_quantity", "dose_unit", "route", "frequency")

    def __init__(self, number: int, data: QueryDict | None, patient: Patient) -> None:
        super().__init__(data, prefix=f"new-{number}", empty_permitted=True)
        for name in set(self.fields) - set(self.asked):
            del self.fields[name]
        for field in self.fields.values():
            field.help_text = ""
        self.prepare(patient)

    def values(self) -> dict[str, Any]:
        """What was entered; empty for an empty line."""
        taken = {*self.asked, "reasons"}
        return {name: value for name, value in self.cleaned_data.items() if name in taken and value not in (None, "")}


class ReconciliationForm(Form):
    """With what the list was compared; it holds the forms of its drugs, and is valid when all of them are."""

    source = forms.ChoiceField(label="Compared with", choices=MedicationReconciliation.Source.choices)
    comment = forms.CharField(label="Remark", max_length=500, required=False)

    def __init__(self, data: QueryDict | None, patient: Patient, rows: Iterable[MedicationStatement]) -> None:
        super().__init__(data)
        self.drugs = [DecisionForm(row, data) for row in rows]
        self.new = [NewDrugForm(number, data, patient) for number in range(NEW_LINES)]

    def clean(self) -> dict[str, Any]:
        """Each drug's own form; what is wrong there is said here too, so that the summary names the drug."""
        for part in self.drugs:
            if not part.is_valid():
                self.add_error(None, f"{part.row.display}: look at its line.")
        for number, line in enumerate(self.new, 1):
            if not line.is_valid():
                self.add_error(None, f"New drug {number}: look at its line.")
        return super().clean() or {}

    def said(self) -> dict[str, Any]:
        """What the action takes."""
        added = [line.values() for line in self.new if line.has_changed()]
        return {**self.cleaned_data, "decisions": [part.decision() for part in self.drugs], "added": added}

    def take(self, error: DomainError) -> None:
        """A refusal of the action, which names its drug."""
        super().take(DomainError(error.message) if error.field == "coding" else error)
