"""Booking, moving, cancelling: what the front desk types."""

from __future__ import annotations

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone

from clinic.models import Patient
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today, clinic_zone, on_calendar, parse_date
from emr.ui.forms import Form, IdempotencyField, PickedDateField, PickedTimeField
from scheduling.actions.slots import STEP_MINUTES
from scheduling.actions.walk_ins import beginning
from scheduling.choices import CancelledBy, Scope
from scheduling.forms.fields import AppointmentTypeField, EquipmentField, PractitionerField, RoomField
from scheduling.forms.newcomer import NewcomerMixin, read_newcomer
from scheduling.forms.repeat import RepeatMixin
from scheduling.models import AppointmentType
from scheduling.queries.availability import bookable_practitioners
from scheduling.queries.booking import read_slot
from scheduling.wallclock import instant_at


class TimeForm(Form):
    """When and with whom: a free time from the list, or another time with a reason."""

    practitioner = PractitionerField(label="With", empty_label="Anyone")
    day = PickedDateField(label="Day", error_messages={"invalid": "Enter a day, like 23-Nov-2026."})
    slot = forms.CharField(required=False, label="Time")
    time = PickedTimeField(label="Another time", required=False, help_text="Also outside the hours")
    override_reason = forms.CharField(
        label="Why outside the hours", required=False, max_length=200, help_text="Only where the hours don't allow it"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._practitioners = list(bookable_practitioners())

    @property
    def practitioners(self) -> list[Practitioner]:
        """Those among whom a time is looked for: the chosen one, or everybody."""
        chosen = str(self["practitioner"].value() or "")
        return [one for one in self._practitioners if str(one.pk) == chosen] or self._practitioners

    @property
    def shown_day(self) -> date:
        """The day whose free times are shown: the typed one, else today."""
        typed = self["day"].value()
        found = typed if isinstance(typed, date) else parse_date(str(typed or ""))
        return found if found is not None and on_calendar(found) else clinic_today()

    def clean(self) -> dict[str, Any]:
        """Turn the choice into ``start_at`` and ``who``; another time wins over the list."""
        data = super().clean() or {}
        if data.get("here"):
            if data.get("practitioner") is None and not self.has_error("practitioner"):
                self.add_error("practitioner", "Choose with whom the patient is here.")
            return {**data, "who": data.get("practitioner"), "start_at": beginning(timezone.now())}
        found = self._typed_time(data) if data.get("time") else read_slot(data.get("slot", ""))
        if found is None:
            if not self.has_error("time") and not self.has_error("practitioner"):
                self.add_error("slot", "Choose a time.")
            return data
        who = next((one for one in self._practitioners if one.pk == found[0]), None)
        if who is None:
            self.add_error("slot", "Choose a time.")
            return data
        return {**data, "who": who, "start_at": found[1]}

    def _typed_time(self, data: dict[str, Any]) -> tuple[UUID, datetime] | None:
        wall: time = data["time"]
        if data.get("practitioner") is None:
            self.add_error("practitioner", "Choose with whom, when you type a time.")
            return None
        if data.get("day") is None:
            return None
        return data["practitioner"].pk, instant_at(data["day"], wall, clinic_zone())


class BookForm(NewcomerMixin, RepeatMixin, TimeForm):
    """A new visit, or a series of them; of somebody on file, or of somebody new."""

    patient = forms.UUIDField(
        widget=forms.HiddenInput, error_messages={"required": "Find the patient, then choose them."}
    )
    q = forms.CharField(
        label="Find the patient", required=False, help_text="Name and date of birth, telephone number or MRN"
    )
    type = AppointmentTypeField(label="Type of visit", error_messages={"required": "Choose the type of visit."})
    reason = forms.CharField(
        label="Reason", required=False, max_length=200, help_text="In the patient's words: cough for two weeks"
    )
    comment = forms.CharField(label="Note for the front desk", required=False, max_length=300)
    room = RoomField()
    equipment = EquipmentField()
    minutes = forms.IntegerField(
        label="Length", min_value=5, max_value=480, required=False, help_text="Empty: as long as its type"
    )
    here = forms.BooleanField(label="The patient is here now", required=False, help_text="Walked in: begins at once")
    instead_of = forms.UUIDField(required=False)
    back = forms.ChoiceField(choices=[("", ""), ("flow", "flow")], required=False, widget=forms.HiddenInput)
    recall = forms.UUIDField(required=False, widget=forms.HiddenInput)
    request_token = IdempotencyField()

    field_order = [
        *("patient", "q", *NewcomerMixin.base_fields),
        *("type", "practitioner", "day", "slot", "time", "override_reason"),
    ]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._types = list(AppointmentType.objects.filter(active=True))

    @property
    def length(self) -> int:
        """The minutes that were typed, else those of the chosen type, or of the first one."""
        typed = str(self["minutes"].value() or "")
        if typed.isdecimal() and 5 <= int(typed) <= 480:
            return int(typed)
        chosen = str(self["type"].value() or "")
        found = next((one for one in self._types if str(one.pk) == chosen), None) or next(iter(self._types), None)
        return found.duration_minutes if found else 20

    @property
    def kind(self) -> AppointmentType | None:
        """The chosen type, or the first one."""
        chosen = str(self["type"].value() or "")
        return next((one for one in self._types if str(one.pk) == chosen), None) or next(iter(self._types), None)

    def clean_minutes(self) -> int | None:
        """A length in steps of the calendar."""
        minutes: int | None = self.cleaned_data["minutes"]
        if minutes is not None and minutes % STEP_MINUTES:
            raise forms.ValidationError("The length is in steps of five minutes.")
        return minutes

    @property
    def patient_id(self) -> UUID | None:
        """The chosen patient."""
        return _uuid(self["patient"].value())

    @classmethod
    def opened(cls, query: QueryDict) -> BookForm:
        """The form as a link opens it: ``?patient=…&practitioner=…&start=…&day=…``; what is unusable is left out.

        ``here=1`` is for somebody who stands at the desk, ``back=flow`` leads back to the flow board, ``recall=…``
        names the recall that the visit is for.
        """
        found = read_slot(f"{query.get('practitioner', '')}@{query.get('start', '')}")
        start_day = timezone.localtime(found[1]).date() if found else None
        return cls(
            initial={
                "patient": _uuid(query.get("patient")),
                "practitioner": _uuid(query.get("practitioner")),
                "day": start_day or parse_date(query.get("day", "")) or clinic_today(),
                "slot": f"{found[0]}@{found[1].isoformat()}" if found else "",
                "type": _uuid(query.get("type")),
                "here": query.get("here") == "1",
                "back": query.get("back", ""),
                "recall": _uuid(query.get("recall")),
            }
        )

    @classmethod
    def kept(cls, typed: QueryDict, *, visible: QuerySet[Patient] | None = None) -> BookForm:
        """The form with what was typed so far, not yet judged; a new patient begins as what was looked for."""
        initial = {name: typed.get(name, "") for name in cls.base_fields}
        if initial["newcomer"] and not (initial["family_name"] or initial["given_name"]):
            initial |= read_newcomer(initial["q"])
        return cls(initial=initial, visible=visible)


class MoveForm(TimeForm):
    """Another time for a visit. A drag sends ``start``, ``end`` and ``practitioner`` instead of a choice."""

    room = RoomField()
    minutes = forms.IntegerField(label="Length", min_value=5, max_value=480, required=False)
    scope = forms.ChoiceField(
        label="Which visits", choices=Scope.choices, required=False, initial=Scope.THIS, widget=forms.RadioSelect
    )
    request_token = IdempotencyField(required=False)

    @classmethod
    def kept(cls, typed: QueryDict) -> MoveForm:
        """The form with what was typed so far, not yet judged."""
        return cls(initial={name: typed.get(name, "") for name in cls.base_fields})


class CancelForm(Form):
    """Why a visit doesn't take place."""

    cancelled_for = forms.ChoiceField(
        label="Who called it off",
        choices=[one for one in CancelledBy.choices if one[0] != CancelledBy.MOVED],
        widget=forms.RadioSelect,
        error_messages={"required": "Say who called it off."},
    )
    reason = forms.CharField(
        label="Reason", max_length=300, error_messages={"required": "Say why the visit is cancelled."}
    )


class ScopedCancelForm(CancelForm):
    """The same for a visit of a series."""

    scope = forms.ChoiceField(
        label="Which visits", choices=Scope.choices, required=False, initial=Scope.THIS, widget=forms.RadioSelect
    )


class WordsForm(Form):
    """What is said about a visit; its time stays."""

    reason = forms.CharField(label="Reason", required=False, max_length=200, help_text="In the patient's words")
    comment = forms.CharField(label="Note for the front desk", required=False, max_length=300)
    scope = forms.ChoiceField(
        label="Which visits", choices=Scope.choices, required=False, initial=Scope.THIS, widget=forms.RadioSelect
    )


class RestoreForm(Form):
    """A cancellation is taken back."""

    override_reason = forms.CharField(
        label="Why it stands all the same", required=False, max_length=200, help_text="Kept with the visit."
    )


def _uuid(value: object) -> UUID | None:
    try:
        return UUID(str(value))
    except ValueError:
        return None
