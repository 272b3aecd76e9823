"""Waiting for a time: what the front desk types, and what a patient answers."""

from __future__ import annotations

from typing import Any

from django import forms

from clinic.models import Patient
from emr.shared.dates import clinic_today
from emr.ui.formats import instant
from emr.ui.forms import DateTextField, Form, IdempotencyField, PickedDateField, PickedTimeField
from scheduling.choices import MOVABLE, Priority, Weekday
from scheduling.forms.fields import AppointmentTypeField, PractitionerField
from scheduling.models import Appointment


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
    earlier_than = forms.ModelChoiceField(
        Appointment.objects.none(), label="Instead of", required=False, empty_label="A visit of its own"
    )
    note = forms.CharField(label="Note", required=False, max_length=300, help_text="What the visit is for")
    by_email = forms.BooleanField(
        label="May be offered times by e-mail", required=False, help_text="The mail says no more than that there is one"
    )
    request_token = IdempotencyField()

    def __init__(self, *args: Any, patient: Patient, **kwargs: Any) -> None:
        kwargs["initial"] = {"from_day": clinic_today(), **kwargs.get("initial", {})}
        super().__init__(*args, **kwargs)
        visits = Appointment.objects.filter(patient=patient, status__in=MOVABLE).select_related("type", "practitioner")
        field = self.fields["earlier_than"]
        field.queryset = visits  # type: ignore[attr-defined]
        field.label_from_instance = _visit_words  # type: ignore[attr-defined]


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


def _visit_words(row: Appointment) -> str:
    return f"{instant(row.start_at)} · {row.type.name} · {row.practitioner.short_name}"
