"""Hours, closed time, and kinds of visit: what the manager types."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms

from clinic.choices import NoteType
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui.forms import Form, PickedDateField, PickedTimeField
from scheduling.actions.availability import Terms
from scheduling.choices import ExceptionKind, TypeColor, Weekday
from scheduling.forms.fields import PractitionerField
from scheduling.models import AppointmentType, Room, Schedule
from scheduling.wallclock import day_bounds, instant_at


class TypesField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """Some of the kinds of visit that are offered; none chosen means what the help text says."""

    def __init__(self, **kwargs: Any) -> None:
        rows = AppointmentType.objects.filter(active=True)
        super().__init__(rows, required=False, widget=forms.CheckboxSelectMultiple, **kwargs)


class RoomField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the rooms in use, or none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Room.objects.filter(active=True), required=False, empty_label="Any room", **kwargs)


class SessionForm(Form):
    """What can be said of a session beside its weekday."""

    start_time = PickedTimeField(label="From", error_messages={"required": "Enter a time, like 08:00."})
    end_time = PickedTimeField(label="Until", error_messages={"required": "Enter a time, like 17:00."})
    effective_from = PickedDateField(label="Holds from", initial=clinic_today)
    effective_until = PickedDateField(label="Holds until", required=False, help_text="Empty for no end")
    capacity = forms.IntegerField(label="Patients at one time", initial=1, min_value=1, max_value=50)
    room = RoomField(label="Room")
    interval_weeks = forms.TypedChoiceField(
        label="Held",
        coerce=int,
        initial=1,
        choices=[(1, "Every week"), *((n, f"Every {n} weeks") for n in range(2, 9))],
        help_text="Counted from the first one",
    )
    release_hours = forms.IntegerField(
        label="Keep free until",
        required=False,
        min_value=1,
        max_value=720,
        help_text="Held for those who call at short notice. Empty: open to all at once",
    )
    appointment_types = TypesField(label="Only for these types of visit", help_text="None checked: for every type")

    def session(self) -> dict[str, Any]:
        """The keywords of the actions: times, days, and the terms."""
        data = dict(self.cleaned_data)
        names = ("appointment_types", "capacity", "room", "interval_weeks")
        terms = Terms(**{name: data.pop(name) for name in names}, release_hours=data.pop("release_hours") or 0)
        return {**data, "terms": terms}


class HoursForm(SessionForm):
    """One session on one or more weekdays."""

    weekdays = forms.MultipleChoiceField(
        label="Days",
        choices=Weekday.choices,
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Choose at least one day."},
    )
    field_order = ("weekdays",)


class ChangeHoursForm(SessionForm):
    """A session as it is to be from a day on."""

    @classmethod
    def of(cls, row: Schedule, typed: Any = None) -> ChangeHoursForm:
        """The form filled from a session; it begins today, or when the session does."""
        names = ("start_time", "end_time", "effective_until", "capacity", "room", "interval_weeks")
        initial: dict[str, Any] = {name: getattr(row, name) for name in names}
        initial["effective_from"] = max(row.effective_from, clinic_today())
        initial["release_hours"] = row.release_hours or None
        initial["appointment_types"] = list(row.appointment_types.all())
        form = cls(typed, initial=initial)
        form.fields["effective_from"].label = "Change it from"
        return form


class EndHoursForm(Form):
    """The last day of a session."""

    effective_until = PickedDateField(label="Last day", initial=clinic_today)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # It stands beside another form with a field of the same name.
        super().__init__(*args, **{"auto_id": "end_%s", **kwargs})


class CopyWeekForm(Form):
    """Whose week to take over, and from when."""

    source = PractitionerField(label="The week of", empty_label="Choose")
    copy_from = PickedDateField(label="Holds from", initial=clinic_today)

    def clean_source(self) -> Practitioner:
        """Somebody has to be chosen."""
        found: Practitioner | None = self.cleaned_data["source"]
        if found is None:
            raise forms.ValidationError("Choose whose week to copy.")
        return found


class OverrideForm(Form):
    """The hours of one day, in one or two parts; none at all for a day away."""

    day = PickedDateField(label="Day", error_messages={"required": "Enter the day."})
    start_time = PickedTimeField(label="From", required=False, help_text="Empty: away all day")
    end_time = PickedTimeField(label="Until", required=False)
    second_start = PickedTimeField(label="and from", required=False)
    second_end = PickedTimeField(label="Until", required=False)
    override_reason = forms.CharField(
        label="Reason",
        max_length=120,
        help_text="As the schedule shows it: Training, Late clinic",
        error_messages={"required": "Say why, in the words that the schedule shall show."},
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # It stands beside another form with fields of the same names.
        super().__init__(*args, **{"auto_id": "day_%s", **kwargs})

    def clean(self) -> dict[str, Any]:
        """Each part has both its times."""
        data = super().clean() or {}
        parts = []
        for first, last in (("start_time", "end_time"), ("second_start", "second_end")):
            begin, end = data.get(first), data.get(last)
            if begin is not None and end is not None:
                parts.append((begin, end))
            elif (begin is None) != (end is None) and not {first, last} & set(self.errors):
                self.add_error(last if end is None else first, "Enter both times, or neither.")
        return {**data, "hours": parts}


class ExceptionForm(Form):
    """Closed time or extra hours: whole days, or hours of one day."""

    practitioner = PractitionerField(label="For", empty_label="The whole clinic")
    kind = forms.ChoiceField(
        label="What",
        required=False,
        choices=[("", "Closed, or time off"), (ExceptionKind.EXTRA_HOURS.value, "Extra hours")],
    )
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
        elif start is not None and end is not None and (last, end) <= (first, start):
            self.add_error("end_time", "It ends after it begins.")
        return {**data, "start_at": _begin(first, start), "end_at": _end(last, end)}


class AppointmentTypeForm(Form):
    """A kind of visit."""

    name = forms.CharField(label="Name", max_length=60, error_messages={"required": "Give the type a name."})
    duration_minutes = forms.IntegerField(label="Length", min_value=5, max_value=480)
    place_of_service = forms.ChoiceField(
        label="Where",
        choices=[("11", "Office (11)"), ("10", "Video, patient at home (10)"), ("12", "Patient's home (12)")],
    )
    note_type = forms.ChoiceField(
        label="Note", choices=[("", "Progress note, as usual"), *NoteType.choices], required=False
    )
    color = forms.ChoiceField(label="Colour on the schedule", choices=TypeColor.choices, initial=TypeColor.SLATE)
    buffer_minutes = forms.IntegerField(
        label="Kept free after it", min_value=0, max_value=120, initial=0, help_text="For cleaning or notes"
    )
    no_show_fee = forms.DecimalField(
        label="No-show fee",
        min_value=0,
        max_digits=8,
        decimal_places=2,
        initial=0,
        help_text="0 for none; the billers are asked to follow it up",
    )
    takes_copay = forms.BooleanField(label="A copay is due", required=False)
    online_bookable = forms.BooleanField(label="Patients may book it online", required=False)
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
