"""Where a visit is put in the calendar: what a drag, or the keys that do the same, send."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.dateparse import parse_datetime

from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_zone, on_calendar
from emr.ui.forms import Form, IdempotencyField
from scheduling.models import Appointment
from scheduling.queries.availability import bookable_practitioners
from scheduling.wallclock import instant_at

_LONGEST = 8 * 60


class InstantField(forms.CharField):
    """An instant as a page writes it: ``2026-11-23T15:00:00+00:00``; without a zone it is the clinic's wall clock."""

    widget = forms.HiddenInput

    def clean(self, value: Any) -> Any:
        """The instant; refuses one without a zone, or that no calendar shows."""
        text = super().clean(value)
        if not text:
            return None
        try:
            found = parse_datetime(text.replace(" ", "+"))
        except ValueError:
            found = None
        if found is None or not on_calendar(found.date()):
            raise forms.ValidationError("This is no time of the calendar. Drop the visit again.")
        return instant_at(found.date(), found.time(), clinic_zone()) if timezone.is_naive(found) else found


class PlaceForm(Form):
    """The new place, and the one that the page showed, so that a change by somebody else is noticed."""

    practitioner = forms.ModelChoiceField(
        queryset=Practitioner.objects.none(),
        widget=forms.HiddenInput,
        error_messages={"invalid_choice": "This practitioner takes no visits. Drop the visit on somebody else."},
    )
    start = InstantField()
    minutes = forms.IntegerField(min_value=5, max_value=_LONGEST, widget=forms.HiddenInput)
    was_practitioner = forms.UUIDField(widget=forms.HiddenInput)
    was_start = InstantField()
    was_minutes = forms.IntegerField(min_value=1, max_value=_LONGEST, widget=forms.HiddenInput)
    override_reason = forms.CharField(label="Why all the same", max_length=200, required=False)
    request_token = IdempotencyField(required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("practitioner", bookable_practitioners())

    def stands_as_shown(self, row: Appointment) -> bool:
        """Whether the visit is still where the page showed it."""
        shown = self.cleaned_data
        return (row.practitioner_id, row.start_at, row.end_at) == (
            shown["was_practitioner"],
            shown["was_start"],
            shown["was_start"] + timedelta(minutes=shown["was_minutes"]),
        )
