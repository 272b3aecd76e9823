"""Vital signs as they are read off."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from django import forms
from django.core.exceptions import ValidationError
from django.forms import BoundField
from django.utils import timezone

from clinic import vitals
from clinic.actions.observations import Reading
from clinic.vitals import Vital
from emr.codes.units import convert, unit
from emr.shared.errors import DomainError
from emr.ui import formats
from emr.ui.forms import Form

#: A weight that differs from the last one by more than this share is asked about.
_JUMP = Decimal("0.10")
_SHORT = {"systolic": "Systolic", "diastolic": "Diastolic", "pain": "Pain (0 to 10)"}


class VitalsForm(Form):
    """One box for each vital sign, its unit beside it: the only one in the label, of several one to choose.

    ``last`` gives the latest value and unit of each code. Its units are offered first, and a weight that has jumped
    since then has to be confirmed. Feet with inches and pounds with ounces are not read yet: inches or pounds alone.
    """

    weight_confirmed = forms.BooleanField(label="The weight is right", required=False)
    effective_at = forms.DateTimeField(
        label="Measured at",
        required=False,
        input_formats=["%d-%b-%Y %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S", "%Y-%m-%d %H:%M"],
        widget=forms.DateTimeInput({"autocomplete": "off", "spellcheck": "false"}, format="%d-%b-%Y %H:%M"),
        error_messages={"invalid": "Enter a day and a time, like 23-Nov-2026 13:30."},
        initial=lambda: timezone.localtime().replace(second=0, microsecond=0),
    )
    _ORDER: ClassVar = (
        "systolic",
        "diastolic",
        "heart_rate",
        "respiratory_rate",
        "oxygen_saturation",
        "pain",
        "temperature",
        "height",
        "weight",
    )

    def __init__(self, *args: Any, last: Mapping[str, tuple[Decimal, str]] | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.last = last or {}
        self.asks_weight = False
        named = {vital.name: vital for vital in vitals.VITALS.values()}
        for name in self._ORDER:
            self._add(named[name])
        self.order_fields([*(name for name in self.fields if name != "effective_at"), "effective_at"])

    def _add(self, vital: Vital) -> None:
        label = _SHORT.get(vital.name, vital.label)
        if len(vital.units) == 1 and not label.endswith(")"):
            label = f"{label} ({unit(vital.units[0]).display})"
        self.fields[vital.name] = forms.DecimalField(
            label=label,
            required=False,
            max_digits=8,
            decimal_places=4,
            widget=forms.TextInput({"inputmode": "decimal", "autocomplete": "off"}),
        )
        if len(vital.units) > 1:
            usual = self.last.get(vital.code, (None, ""))[1]
            self.fields[f"{vital.name}_unit"] = forms.ChoiceField(
                label=f"Unit of {vital.label.lower()}",
                choices=[(code, unit(code).display) for code in vital.units],
                initial=usual if usual in vital.units else vital.units[0],
                required=False,
            )

    def rows(self) -> list[tuple[BoundField, BoundField | None]]:
        """Each value with its choice of units, if it has one."""
        return [(self[name], self[f"{name}_unit"] if f"{name}_unit" in self.fields else None) for name in self._ORDER]

    def clean(self) -> dict[str, Any]:
        """Ask about a weight that has jumped; the box to confirm it shows only then."""
        data = super().clean() or self.cleaned_data
        before = self._jumped_from()
        if before and not data.get("weight_confirmed"):
            self.asks_weight = True
            self.add_error(
                "weight_confirmed",
                ValidationError(
                    f"The last weight was {before}, more than 10 % away. Correct the new one or confirm it."
                ),
            )
        return data

    def _jumped_from(self) -> str:
        """The last weight in words if the new one is far from it."""
        weight, last = self.cleaned_data.get("weight"), self.last.get(vitals.WEIGHT)
        if weight is None or last is None:
            return ""
        said = self.cleaned_data.get("weight_unit") or vitals.VITALS[vitals.WEIGHT].units[0]
        try:
            now, before = convert(weight, said, "kg"), convert(*last, "kg")
        except DomainError:
            return ""
        jumped = before > 0 and abs(now - before) / before > _JUMP
        return f"{formats.number(round(last[0], 2).normalize())} {unit(last[1]).display}" if jumped else ""

    def readings(self) -> list[Reading]:
        """The values that were entered, with their digits and units."""
        data = self.cleaned_data
        return [
            Reading(vital.code, data[vital.name], data.get(f"{vital.name}_unit") or vital.units[0])
            for vital in vitals.VITALS.values()
            if data.get(vital.name) is not None
        ]
