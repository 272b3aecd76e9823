"""What is entered of operations and other procedures."""

from __future__ import annotations

from datetime import datetime, time
from typing import ClassVar

from django import forms

from clinic.choices import ProcedureStatus
from clinic.forms.lists import ListForm
from emr.codes.fields import CodeField
from emr.codes.systems import SNOMED
from emr.shared.dates import clinic_zone
from emr.ui.forms import DateTextField

_STATUSES = (ProcedureStatus.COMPLETED, ProcedureStatus.STOPPED, ProcedureStatus.NOT_DONE)


class ProcedureForm(ListForm):
    """An operation or another procedure, done here or told."""

    widths: ClassVar = {"performed_start": 6, "status": 6}

    coding = CodeField(
        system=SNOMED, label="Operation or procedure", allow_text=True, help_text="What was done, and on which side."
    )
    performed_start = DateTextField(label="On", required=False, help_text="Empty if the day is not known.")
    status = forms.ChoiceField(
        choices=[(one.value, one.label) for one in _STATUSES], initial=ProcedureStatus.COMPLETED, required=False
    )
    reason = forms.CharField(label="For", max_length=300, required=False)
    note = forms.CharField(
        max_length=500, required=False, help_text="Where, by whom, complications; the year, if only that is known."
    )

    def clean_performed_start(self) -> datetime | None:
        """The day as an instant: its first in the clinic. A row that is changed keeps its time on the same day."""
        day = self.cleaned_data["performed_start"]
        if day is None:
            return None
        before = self.initial.get("performed_start")
        if isinstance(before, datetime) and before.astimezone(clinic_zone()).date() == day:
            return before
        return datetime.combine(day, time(), tzinfo=clinic_zone())

    def clean_status(self) -> str:
        """Without a word it was done."""
        return self.cleaned_data["status"] or str(ProcedureStatus.COMPLETED)
