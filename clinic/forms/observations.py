"""Vital signs as they are read off."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils import timezone

from clinic import vitals
from clinic.actions.observations import Reading, check_readings
from clinic.doubts import doubts
from clinic.growth import TWO_YEARS, age_in_months
from clinic.measures import UnreadableMeasure, read_measure
from clinic.models import Observation, Patient
from clinic.vitals import VITALS, Vital
from emr.codes.units import unit
from emr.shared.dates import clinic_zone
from emr.ui.forms import Form

_SHORT = {"systolic": "Systolic", "diastolic": "Diastolic", "pain": "Pain (0 to 10)"}
_HELP = {
    "height": "Also 5'11 or 71 in.",
    "weight": "Also 12 lb 3 oz.",
    "systolic": "Or both: 120/80.",
    "oxygen_flow": "Empty for room air.",
}
_BOTH = re.compile(r"\s*(\d+)\s*/\s*(\d+)\s*")


class _Confirmed(forms.MultipleChoiceField):
    """The values that were ticked as right. Which ones are asked about is known only when all are read."""

    def valid_value(self, value: str) -> bool:
        """Whatever was ticked; what isn't asked about any more means nothing."""
        return True


class VitalsForm(Form):
    """One box for each vital sign, its unit beside it: the only one in the label, of several one to choose.

    A unit that is typed counts more than the one that is chosen: 5'11, 71 in, 12 lb 3 oz, 98.6 F. ``last`` gives the
    latest value of each code; its units are offered first. What is doubtful has to be confirmed, each value by itself.
    With ``only`` the form asks for these codes alone; ``usual`` is then the unit that is offered first.
    """

    confirmed = _Confirmed(label="Is this right?", required=False, widget=forms.CheckboxSelectMultiple)
    effective_at = forms.DateTimeField(
        label="Measured at",
        required=False,
        input_formats=["%d-%b-%Y %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput({"autocomplete": "off", "spellcheck": "false"}, format="%d-%b-%Y %H:%M"),
        error_messages={"invalid": "Enter a day and a time, like 23-Nov-2026 13:30."},
        initial=lambda: timezone.localtime().replace(second=0, microsecond=0),
    )
    _ORDER: ClassVar = (
        vitals.SYSTOLIC,
        vitals.DIASTOLIC,
        vitals.HEART_RATE,
        vitals.RESPIRATORY_RATE,
        vitals.OXYGEN_SATURATION,
        vitals.PAIN,
        vitals.TEMPERATURE,
        vitals.HEIGHT,
        vitals.WEIGHT,
        vitals.HEAD,
        vitals.OXYGEN_FLOW,
        vitals.OXYGEN_CONCENTRATION,
    )

    def __init__(
        self,
        *args: Any,
        patient: Patient,
        last: Mapping[str, Observation],
        only: tuple[str, ...] = (),
        at: datetime | None = None,
        usual: str = "",
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.patient, self.last, self.at, self.usual = patient, last, at, usual
        self.asked: list[Vital] = []
        self.said: list[Reading] = []
        months = age_in_months(patient.birth_date, timezone.localdate(at))
        offered = [code for code in self._ORDER if code != vitals.HEAD or months < vitals.HEAD_UNTIL]
        for code in only or offered:
            self._add(VITALS[code], months)
        if at is not None:
            del self.fields["effective_at"]
        names = [name for name in self.fields if name not in {"confirmed", "effective_at"}]
        self.order_fields([*names, "confirmed", "effective_at"])

    def _add(self, vital: Vital, months: float) -> None:
        label = _SHORT.get(vital.name, vital.label)
        if vital.code == vitals.HEIGHT and months < TWO_YEARS:
            label = "Length (lying)"
        if len(vital.units) == 1 and not label.endswith(")"):
            label = f"{label} ({unit(vital.units[0]).display})"
        self.asked.append(vital)
        self.fields[vital.name] = forms.CharField(
            label=label,
            required=False,
            max_length=20,
            help_text=_HELP.get(vital.name, ""),
            widget=forms.TextInput({"autocomplete": "off", "spellcheck": "false"}),
        )
        if len(vital.units) > 1:
            before = self.last.get(vital.code)
            usual = self.usual or (before.value_unit if before is not None else "")
            self.fields[f"{vital.name}_unit"] = forms.ChoiceField(
                label=f"Unit of {vital.label.lower()}",
                choices=[(code, unit(code).display) for code in vital.units],
                initial=usual if usual in vital.units else vital.units[0],
                required=False,
            )

    def rows(self) -> list[tuple[BoundField, BoundField | None]]:
        """Each value with its choice of units, if it has one."""
        names = [vital.name for vital in self.asked]
        return [(self[name], self[f"{name}_unit"] if f"{name}_unit" in self.fields else None) for name in names]

    @property
    def asks(self) -> bool:
        """Whether there is something to confirm."""
        return bool(getattr(self.fields["confirmed"], "choices", None))

    def clean(self) -> dict[str, Any]:
        """Read what was typed, and ask about what is doubtful."""
        data = super().clean() or self.cleaned_data
        self._split_pressure()
        self.said = [reading for vital in self.asked if (reading := self._read(vital)) is not None]
        if not self.errors:
            with self.refusals():
                self._ask()
        return data

    def _split_pressure(self) -> None:
        match = _BOTH.fullmatch(self.cleaned_data.get("systolic") or "")
        if match and not self.cleaned_data.get("diastolic"):
            self.cleaned_data.update(systolic=match[1], diastolic=match[2])

    def _read(self, vital: Vital) -> Reading | None:
        text = self.cleaned_data.get(vital.name)
        if not text:
            return None
        usual = self.cleaned_data.get(f"{vital.name}_unit") or vital.units[0]
        try:
            measure = read_measure(text, units=vital.units, usual=usual)
        except UnreadableMeasure as error:
            self.add_error(vital.name, str(error))
            return None
        return Reading(vital.code, measure.value, measure.unit)

    def _ask(self) -> None:
        """One box to tick for each doubtful value. What stands beyond its limits is refused, not asked about."""
        at = self.at or self.cleaned_data.get("effective_at") or timezone.now()
        check_readings(self.said, patient=self.patient, effective_at=at)
        on = at.astimezone(clinic_zone()).date()
        found = doubts(self.said, patient=self.patient, on=on, last=self.last)
        self.offer("confirmed", [(doubt.key, doubt.text) for doubt in found.values()])
        if {doubt.key for doubt in found.values()} - set(self.cleaned_data.get("confirmed", [])):
            self.add_error("confirmed", ValidationError("Correct the value, or tick it if it is right."))

    def readings(self) -> list[Reading]:
        """The values that were entered, with their digits and units."""
        return self.said


class MomentsForm(Form):
    """Where a page of the flowsheet begins or ends. What is no moment is as if it weren't there."""

    before = forms.CharField(required=False)
    after = forms.CharField(required=False)

    def chosen(self) -> tuple[datetime | None, datetime | None]:
        """The moments before and after which to read."""
        self.is_valid()
        return _moment(self.cleaned_data.get("before")), _moment(self.cleaned_data.get("after"))


def _moment(text: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text or "")
    except ValueError:
        return None
    return moment if moment.tzinfo else None


class CorrectionForm(VitalsForm):
    """The right value for one that was recorded wrong."""

    reason = forms.CharField(label="Why", max_length=300, initial="Typed wrong")
