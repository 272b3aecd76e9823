"""Waiting for a time: what the front desk types, and what a patient answers."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms

from clinic.models import Patient
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today, on_calendar, parse_date
from emr.ui.forms import DateTextField, Form, IdempotencyField, PickedDateField, PickedTimeField
from scheduling.actions.waitlist import address
from scheduling.choices import MOVABLE, OfferVia, Priority, Weekday
from scheduling.forms.fields import AppointmentTypeField, PractitionerField, VisitField
from scheduling.models import Appointment, WaitlistEntry
from scheduling.queries.availability import bookable_practitioners
from scheduling.queries.booking import read_slot


class WaitForm(Form):
    """Which times would do. What is left empty may be anything."""

    type = AppointmentTypeField(label="Type of visit", error_messages={"required": "Choose the type of visit."})
    practitioner = PractitionerField(label="With", empty_label="Anyone")
    priority = forms.ChoiceField(label="How urgent", choices=Priority.choices, initial=Priority.ROUTINE)
    weekdays = forms.MultipleChoiceField(
        label="Days", choices=Weekday.choices[:5], required=False, widget=forms.CheckboxSelectMultiple
    )
    earliest = PickedTimeField(label="Not before", required=False)
    latest = PickedTimeField(label="Over by", required=False)
    from_day = PickedDateField(label="From")
    until_day = PickedDateField(label="Until", required=False)
    earlier_than = VisitField(label="Instead of", empty_label="A visit of its own")
    note = forms.CharField(label="Note", required=False, max_length=300, help_text="What the visit is for")
    by_email = forms.BooleanField(
        label="May be offered times by e-mail", required=False, help_text="The mail says no more than that there is one"
    )
    request_token = IdempotencyField()

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        kwargs["initial"] = {"from_day": clinic_today(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        visits = Appointment.objects.filter(patient=patient, status__in=MOVABLE).select_related("type", "practitioner")
        self.offer("earlier_than", visits)


class OfferForm(Form):
    """Which time is offered to one who waits, and how they are told; ``day`` and ``practitioner`` show other times."""

    slot = forms.CharField(required=False, label="Time")
    practitioner = PractitionerField(label="With", empty_label="Anyone")
    day = PickedDateField(label="Day")
    via = forms.ChoiceField(
        label="How the patient is told",
        choices=OfferVia.choices,
        initial=OfferVia.PHONE,
        widget=forms.RadioSelect,
        error_messages={"required": "Say how the patient is told."},
    )

    def __init__(self, *args: Any, entry: WaitlistEntry, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._practitioners = list(bookable_practitioners())
        if not (entry.by_email and address(entry.patient)):
            self.offer("via", [(OfferVia.PHONE, OfferVia.PHONE.label)])
            self.fields["via"].help_text = "The patient has not agreed to offers by e-mail."

    @property
    def bookable(self) -> list[Practitioner]:
        """All who take visits."""
        return self._practitioners

    @property
    def practitioners(self) -> list[Practitioner]:
        """Those whose times are shown: the chosen one, or everybody."""
        chosen = str(self["practitioner"].value() or "")
        return [one for one in self._practitioners if str(one.pk) == chosen] or self._practitioners

    @property
    def shown_day(self) -> date:
        """The day whose free times are shown."""
        typed = self["day"].value()
        found = typed if isinstance(typed, date) else parse_date(str(typed or ""))
        return found if found is not None and on_calendar(found) else clinic_today()

    def clean(self) -> dict[str, Any]:
        """Turn the choice into ``start_at`` and ``who``."""
        data = super().clean() or {}
        found = read_slot(data.get("slot", ""))
        who = next((one for one in self._practitioners if found and one.pk == found[0]), None)
        if found is None or who is None:
            self.add_error("slot", "Choose a time.")
            return data
        return {**data, "who": who, "start_at": found[1]}


class WithdrawForm(Form):
    """Why somebody waits no longer."""

    reason = forms.CharField(
        label="Reason", max_length=200, error_messages={"required": "Say why the patient waits no longer."}
    )


class WaitlistFilter(Form):
    """Which of those who wait are shown."""

    practitioner = PractitionerField(label="With", empty_label="Anyone")
    show = forms.ChoiceField(
        label="Show", required=False, choices=[("", "Waiting"), ("offered", "Offered a time"), ("closed", "Closed")]
    )


class AnswerForm(Form):
    """A patient's answer to an offer, after the date of birth."""

    birth_date = DateTextField(label="Date of birth", error_messages={"required": "Enter your date of birth."})
    answer = forms.ChoiceField(
        choices=[("show", ""), ("yes", ""), ("no", "")], required=False, widget=forms.HiddenInput
    )
