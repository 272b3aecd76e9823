"""Hours, closed time, and kinds of visit: what the manager types."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms

from emr.shared.dates import clinic_today, clinic_zone
from emr.ui.forms import Form, PickedDateField, PickedTimeField
from scheduling.choices import Weekday
from scheduling.forms.fields import PractitionerField
from scheduling.models import AppointmentType
from scheduling.wallclock import day_bounds, instant_at


class HoursForm(Form):
    """One session on one or more weekdays."""

    weekdays = forms.MultipleChoiceField(
        label="Days",
        choices=Weekday.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one day."},
    )
    start_time = PickedTimeField(label="From", error_messages={"required": "Enter a time, like 08:00."})
    end_time = PickedTimeField(label="Until", error_messages={"required": "Enter a time, like 17:00."})
    effective_from = PickedDateField(label="Holds from", initial=clinic_today)
    effective_until = PickedDateField(label="Holds until", required=False)


class EndHoursForm(Form):
    """The last day of a session."""

    effective_until = PickedDateField(label="Last day", initial=clinic_today)


class ExceptionForm(Form):
    """Closed time: whole days, or hours of one day."""

    practitioner = PractitionerField(label="For", empty_label="The whole clinic")
    first_day = PickedDateField(label="First day", error_messages={"required": "Enter the first day."})
    last_day = PickedDateField(label="Last day", required=False, help_text="Empty for one day")
    start_time = PickedTimeField(label="From", required=False, help_text="Empty for the whole day")
    end_time = PickedTimeField(label="Until", required=False)
    reason = forms.CharField(
        label="Reason",
        max_length=120,
        help_text="As the schedule shows it: Lunch, Vacation, Holiday",
        error_messages={"required": "Say why, in the words that the schedule shall show."},
    )

    def clean(self) -> dict[str, Any]:
        """Turn days and times into the two instants."""
        data = super().clean() or {}
        first: date | None = data.get("first_day")
        start: time | None = data.get("start_time")
        end: time | None = data.get("end_time")
        if first is None:
            return data
        if (start is None) != (end is None):
            self.add_error("end_time" if end is None else "start_time", "Enter both times, or neither.")
            return data
        last: date = data.get("last_day") or first
        if last < first:
            self.add_error("last_day", "The last day comes before the first.")
        return {**data, "start_at": _begin(first, start), "end_at": _end(last, end)}


class AppointmentTypeForm(Form):
    """A kind of visit."""

    name = forms.CharField(label="Name", max_length=60, error_messages={"required": "Give the type a name."})
    duration_minutes = forms.IntegerField(label="Length", min_value=5, max_value=480)
    place_of_service = forms.ChoiceField(
        label="Where",
        choices=[("11", "Office (11)"), ("10", "Video, patient at home (10)"), ("12", "Patient's home (12)")],
    )
    takes_copay = forms.BooleanField(label="A copay is due", required=False)
    active = forms.BooleanField(label="Is offered", required=False, initial=True)

    @classmethod
    def of(cls, row: AppointmentType, typed: Any = None) -> AppointmentTypeForm:
        """The form filled from a type."""
        return cls(typed, initial={name: getattr(row, name) for name in cls.base_fields})


def _begin(day: date, wall: time | None) -> datetime:
    zone = clinic_zone()
    return instant_at(day, wall, zone) if wall else day_bounds(day, zone)[0]


def _end(day: date, wall: time | None) -> datetime:
    zone = clinic_zone()
    return instant_at(day, wall, zone) if wall else day_bounds(day, zone)[1]
