"""The instant at which a chart is to be shown."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django.utils import timezone

from emr.shared.dates import clinic_today, clinic_zone
from emr.ui.forms import Form, PickedDateField, PickedTimeField


class AsOfForm(Form):
    """A day of the past, and if wanted a time of it; a day without a time means its end."""

    on = PickedDateField(label="Known on")
    at = PickedTimeField(label="At", required=False)

    def clean(self) -> dict[str, Any]:
        """Refuse a day to come: nothing is known of it."""
        data = super().clean() or self.cleaned_data
        on = data.get("on")
        if on is not None and on > clinic_today():
            self.add_error("on", "Choose today or a day before.")
        return data

    def instant(self) -> datetime:
        """The instant in question, now where none was asked for or where the end of today is meant."""
        now = timezone.now()
        on = self.cleaned_data.get("on") if self.is_bound and self.is_valid() else None
        if on is None:
            return now
        at = self.cleaned_data.get("at")
        start = datetime.combine(on, at or time.min, tzinfo=clinic_zone())
        # All of the minute, or of the day, that was named.
        end = start + timedelta(minutes=1) if at else datetime.combine(on + timedelta(days=1), time.min, clinic_zone())
        return min(end - timedelta(microseconds=1), now)
