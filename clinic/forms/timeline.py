"""What a timeline is asked for."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms

from clinic.forms.history import AsOfForm
from clinic.queries.timeline import Asked, Place
from clinic.queries.timeline_sources import EntryKind
from emr.accounts.models import User
from emr.shared.dates import clinic_zone
from emr.ui.forms import PickedDateField


class TimelineForm(AsOfForm):
    """The filters of a timeline, and of which instant's knowledge it is told."""

    kind = forms.ChoiceField(required=False, choices=[("", "Everything"), *EntryKind.choices], label="Kind")
    author = forms.ModelChoiceField(queryset=User.objects.none(), required=False, empty_label="Anybody", label="By")
    text = forms.CharField(max_length=80, required=False, label="Containing")
    since = PickedDateField(required=False, label="From")
    until = PickedDateField(required=False, label="To")
    before = forms.CharField(max_length=120, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["on"].required = False
        self.offer("author", User.objects.filter(is_service=False).order_by("last_name", "first_name", "email"))

    def clean_before(self) -> Place | None:
        """Read the place behind which the page begins."""
        try:
            return Place.read(text) if (text := self.cleaned_data["before"]) else None
        except (ValueError, OverflowError):
            raise forms.ValidationError("This page is not there. Begin again at the newest.") from None

    def clean(self) -> dict[str, Any]:
        """Refuse days in the wrong order."""
        data = super().clean()
        since, until = data.get("since"), data.get("until")
        if since and until and until < since:
            self.add_error("until", "Choose a day that isn't before the first one.")
        return data

    def asked(self) -> Asked:
        """What a valid form asks for; else everything."""
        if not self.is_bound or not self.is_valid():
            return Asked()
        data = self.cleaned_data
        until = data["until"] + timedelta(days=1) if data["until"] else None
        return Asked(
            kind=data["kind"],
            author=data["author"].pk if data["author"] else None,
            text=" ".join(data["text"].split()),
            since=_start(data["since"]),
            until=_start(until),
            before=data["before"],
        )

    def known_at(self) -> datetime | None:
        """The instant whose knowledge is asked for; None for today's."""
        asks = self.is_bound and self.is_valid() and self.cleaned_data["on"]
        return self.instant() if asks else None


def _start(day: Any) -> datetime | None:
    return datetime.combine(day, time.min, tzinfo=clinic_zone()) if day else None
