"""Rooms, equipment and holidays: what the manager types."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

from django import forms
from django.forms.boundfield import BoundField

from emr.shared.dates import clinic_today
from emr.ui.forms import Form, PickedDateField
from scheduling.forms.availability import TypesField
from scheduling.holidays import federal_holidays
from scheduling.models import Equipment, Room

_SPARE_LINES = 3
_YEARS_AHEAD = 2


class RoomForm(Form):
    """A room."""

    name = forms.CharField(label="Name", max_length=40, error_messages={"required": "Give the room a name."})
    active = forms.BooleanField(label="Is in use", required=False, initial=True)

    @classmethod
    def of(cls, row: Room, typed: Any = None) -> RoomForm:
        """The form filled from a room."""
        return cls(typed, initial={"name": row.name, "active": row.active})


class EquipmentForm(Form):
    """A piece of equipment, and what can't be done without it."""

    name = forms.CharField(label="Name", max_length=60, error_messages={"required": "Give the equipment a name."})
    active = forms.BooleanField(label="Is in use", required=False, initial=True)
    needed_for = TypesField(label="Needed for", help_text="Such visits are offered only while it is free")

    @classmethod
    def of(cls, row: Equipment, typed: Any = None) -> EquipmentForm:
        """The form filled from a piece of equipment."""
        needs = list(row.needs.values_list("type", flat=True))
        return cls(typed, initial={"name": row.name, "active": row.active, "needed_for": needs})


class YearForm(Form):
    """Which year's holidays are looked at."""

    year = forms.IntegerField(required=False)

    def chosen(self) -> int:
        """The year, this one where none or none that can be planned was given."""
        this = clinic_today().year
        year: int | None = self.cleaned_data.get("year") if self.is_valid() else None
        return year if year is not None and this <= year <= this + _YEARS_AHEAD else this


class Line(NamedTuple):
    """The three fields of one holiday."""

    take: BoundField
    day: BoundField
    name: BoundField


class HolidaysForm(Form):
    """The holidays of a year, each to be taken or left, moved or renamed; and some lines for the clinic's own."""

    def __init__(self, *args: Any, year: int, standing: set[date], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        coming = [one for one in federal_holidays(year) if one.kept_on >= clinic_today()]
        offered: list[tuple[date | None, str]] = [
            (one.kept_on, one.name) for one in coming if one.kept_on not in standing
        ]
        for number, (day, name) in enumerate([*offered, *[(None, "")] * _SPARE_LINES]):
            label = name or "another day"
            self.fields[f"take_{number}"] = forms.BooleanField(label=f"Add {label}", required=False, initial=bool(name))
            self.fields[f"day_{number}"] = PickedDateField(label=f"Day of {label}", required=False, initial=day)
            self.fields[f"name_{number}"] = forms.CharField(
                label=f"Name of {label}", required=False, max_length=120, initial=name
            )

    def lines(self) -> Iterator[Line]:
        """The fields by holiday."""
        for number in range(len(self.fields) // 3):
            yield Line(self[f"take_{number}"], self[f"day_{number}"], self[f"name_{number}"])

    def clean(self) -> dict[str, Any]:
        """What is taken has a day and a name."""
        data = super().clean() or {}
        for number in range(len(self.fields) // 3):
            if not data.get(f"take_{number}"):
                continue
            if not data.get(f"day_{number}") and f"day_{number}" not in self.errors:
                self.add_error(f"day_{number}", "Enter the day.")
            if not (data.get(f"name_{number}") or "").strip():
                self.add_error(f"name_{number}", "Give the holiday a name.")
        return data

    def days(self) -> list[tuple[date, str]]:
        """The days that were taken."""
        data = self.cleaned_data
        numbers = [number for number in range(len(self.fields) // 3) if data.get(f"take_{number}")]
        return [(data[f"day_{number}"], data[f"name_{number}"]) for number in numbers]
