"""What is typed about disclosures and patients' requests."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any

from django import forms

from clinic.disclosing import DisclosureMeans, DisclosurePurpose, RequestKind
from clinic.models import Note, NoteAddendum
from clinic.queries.disclosures import addenda_of
from clinic.rules import notes_visible_to
from emr.accounts.models import User
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui.forms import Form, PickedDateField


def instant_of(day: date | None) -> datetime | None:
    """The instant that a day stands for: now for today or none, else its noon in the clinic."""
    if day is None or day == clinic_today():
        return None
    return datetime.combine(day, time(12), tzinfo=clinic_zone())


class DisclosureForm(Form):
    """One disclosure, written down by hand."""

    recipient = forms.CharField(max_length=120, label="Given to", help_text="Person or organization.")
    recipient_address = forms.CharField(max_length=200, required=False, label="Their address")
    purpose = forms.ChoiceField(choices=[("", "Choose"), *DisclosurePurpose.choices])
    what = forms.CharField(max_length=300, label="What was given", widget=forms.Textarea({"rows": 2}))
    how = forms.ChoiceField(choices=[("", "Choose"), *DisclosureMeans.choices])
    on = PickedDateField(required=False, label="On", help_text="Empty for today.")
    note = forms.CharField(max_length=300, required=False, label="Basis or remark")

    def values(self) -> dict[str, Any]:
        """The arguments of the action."""
        plain = {name: value for name, value in self.cleaned_data.items() if name != "on"}
        return {**plain, "at": instant_of(self.cleaned_data["on"])}


class RequestForm(Form):
    """What a patient asks."""

    kind = forms.ChoiceField(choices=RequestKind.choices, label="What kind", widget=forms.RadioSelect)
    what = forms.CharField(max_length=1000, label="What the patient asks", widget=forms.Textarea({"rows": 4}))
    about = forms.ModelChoiceField(Note.objects.none(), required=False, label="About the note", empty_label="No note")
    on = PickedDateField(required=False, label="Asked on", help_text="Empty for today.")

    def __init__(self, *args: Any, user: User, notes: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("about", notes_visible_to(user, notes).select_related("encounter").order_by("-created_at"))

    def values(self) -> dict[str, Any]:
        """The arguments of the action."""
        data = self.cleaned_data
        return {
            "kind": data["kind"],
            "what": data["what"],
            "about": data["about"],
            "requested_at": instant_of(data["on"]),
        }


class DecisionForm(Form):
    """The clinic's answer."""

    accept = forms.TypedChoiceField(
        choices=[("yes", "Accept"), ("no", "Deny")],
        coerce=lambda value: value == "yes",
        label="Decision",
        widget=forms.RadioSelect,
    )
    reason = forms.CharField(
        max_length=500,
        required=False,
        widget=forms.Textarea({"rows": 3}),
        help_text="A denial says why: the patient is told.",
    )
    addendum = forms.ModelChoiceField(
        NoteAddendum.objects.none(), required=False, label="Done by the addendum", empty_label="None"
    )

    def __init__(self, *args: Any, user: User, patient: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("addendum", addenda_of(patient).filter(note__in=notes_visible_to(user, patient.notes.all())))


class DisagreementForm(Form):
    """What a patient states who disagrees with a denial."""

    text = forms.CharField(max_length=1000, label="The patient's statement", widget=forms.Textarea({"rows": 4}))


class DisclosureReportForm(Form):
    """A period, and whether only what a patient must be told is shown."""

    since = PickedDateField(required=False, label="From")
    until = PickedDateField(required=False, label="Until")
    accountable = forms.BooleanField(required=False, label="Only what patients must be told")

    def chosen(self) -> tuple[date | None, date | None, bool]:
        """First and last day, and the choice; what could not be read is not asked."""
        data = self.cleaned_data if self.is_bound and self.is_valid() else {}
        return data.get("since"), data.get("until"), bool(data.get("accountable"))
