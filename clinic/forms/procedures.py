"""What is entered of operations and other procedures."""

from __future__ import annotations

from datetime import datetime, time
from typing import Any, ClassVar

from django import forms

from clinic.choices import ProcedureStatus
from clinic.forms.lists import PARTIAL, ListForm
from emr.codes.fields import CodeField
from emr.codes.systems import SNOMED
from emr.shared.dates import clinic_day, clinic_zone
from emr.ui.forms import PartialDateField

_STATUSES = (ProcedureStatus.COMPLETED, ProcedureStatus.STOPPED, ProcedureStatus.NOT_DONE)


class ProcedureForm(ListForm):
    """An operation or another procedure, done here or told."""

    widths: ClassVar = {"performed_start": 6, "status": 6}
    before: datetime | None = None

    coding = CodeField(
        system=SNOMED, label="Operation or procedure", allow_text=True, help_text="What was done, and on which side."
    )
    performed_start = PartialDateField(label="On", precision="performed_precision", required=False, help_text=PARTIAL)
    status = forms.ChoiceField(
        choices=[(one.value, one.label) for one in _STATUSES], initial=ProcedureStatus.COMPLETED, required=False
    )
    reason = forms.CharField(label="For", max_length=300, required=False)
    note = forms.CharField(max_length=500, required=False, help_text="Where, by whom, complications.")

    def show(self, row: Any, *, values: bool) -> None:
        """Remember the time of a row that is changed, too: the form asks for the day alone."""
        super().show(row, values=values)
        self.before = row.performed_start

    def clean(self) -> dict[str, Any]:
        """The day as an instant: its first in the clinic. A row that is changed keeps its time on the same day."""
        data = super().clean()
        day = data.get("performed_start")
        if day is not None:
            kept = self.before is not None and clinic_day(self.before) == day
            data["performed_start"] = self.before if kept else datetime.combine(day, time(), tzinfo=clinic_zone())
        return data

    def clean_status(self) -> str:
        """Without a word it was done."""
        return self.cleaned_data["status"] or str(ProcedureStatus.COMPLETED)
