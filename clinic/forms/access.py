"""Forms about who may open a chart and who may read a note."""

from __future__ import annotations

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError

from clinic.models import Note
from emr.access.roles import ROLES
from emr.accounts.models import User
from emr.shared.dates import clinic_today, clinic_zone
from emr.ui.forms import Form, PickedDateField

#: So long a reason is kept whole.
MAX_REASON = 300


def colleagues() -> Any:
    """Everybody who can log in, by name."""
    people = User.objects.filter(is_active=True, is_service=False).select_related("practitioner")
    return people.order_by("last_name", "first_name", "email")


class PersonField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A member of staff, family name first, as long lists are looked through."""

    def label_from_instance(self, obj: Any) -> str:
        name = f"{obj.last_name}, {obj.first_name}".strip(", ")
        return name or str(obj.email)


class RoleField(forms.ModelChoiceField):  # type: ignore[type-arg]  # not generic at run time
    """A role, by its label."""

    def label_from_instance(self, obj: Any) -> str:
        role = ROLES.get(obj.name)
        return role.label if role else str(obj.name)


class LastDayField(PickedDateField):
    """The last day on which something holds; gives the instant at which that day is over for the clinic."""

    def clean(self, value: Any) -> datetime | None:
        """Empty stays empty: no end. Raises ValidationError for a day that is over."""
        day = super().clean(value)
        if day is None:
            return None
        if day < clinic_today():
            raise ValidationError("This day is over. Choose today or a later day.")
        return datetime.combine(day + timedelta(days=1), time(), clinic_zone())


class ReasonForm(Form):
    """Why, and nothing else."""

    reason = forms.CharField(label="Reason", max_length=MAX_REASON)


class RestrictForm(ReasonForm):
    """Why, and whether the chart is then restricted: the form says it, so that sending it twice does it once."""

    restricted = forms.TypedChoiceField(
        choices=[("yes", "Restricted"), ("no", "Open")], coerce=lambda value: value == "yes", widget=forms.HiddenInput
    )


class GrantForm(ReasonForm):
    """A person or a role, why, and until when."""

    user = PersonField(label="Person", queryset=User.objects.none(), required=False, empty_label="Nobody by name")
    role = RoleField(
        label="Or everybody with the role", queryset=Group.objects.none(), required=False, empty_label="No role"
    )
    until = LastDayField(label="Last day", required=False, help_text="Empty: until it is taken back.")
    field_order = ("user", "role", "until", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("user", colleagues())
        self.offer("role", Group.objects.filter(name__in=ROLES).order_by("name"))

    def clean(self) -> dict[str, Any]:
        """One of the two, not both."""
        data = super().clean() or self.cleaned_data
        if not self.errors and bool(data.get("user")) == bool(data.get("role")):
            self.add_error("user", "Choose a person or a role, one of the two.")
        return data


class DenialForm(ReasonForm):
    """Whom to keep out, and why."""

    user = PersonField(label="Person", queryset=User.objects.none())
    field_order = ("user", "reason")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("user", colleagues())


class NoteGrantForm(ReasonForm):
    """A colleague who is to read one note, why, and until when."""

    user = PersonField(label="Colleague", queryset=User.objects.none())
    until = LastDayField(label="Last day", required=False, help_text="Empty: until it is taken back.")
    field_order = ("user", "until", "reason")

    def __init__(self, *args: Any, note: Note, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.offer("user", colleagues().exclude(pk__in=[note.author_id, note.cosigner_id or note.author_id]))


class NoteKeepForm(Form):
    """Whether a note is confidential, and who answers for it beside its author."""

    confidential = forms.BooleanField(
        label="Confidential", required=False, help_text="Nobody else sees the note, or that there is one."
    )
    cosigner = PersonField(label="Cosigner", queryset=User.objects.none(), required=False, empty_label="Nobody")

    def __init__(self, *args: Any, note: Note, **kwargs: Any) -> None:
        kwargs.setdefault("initial", {"confidential": note.confidential, "cosigner": note.cosigner_id})
        super().__init__(*args, **kwargs)
        self.offer("cosigner", colleagues().filter(groups__name="clinician").exclude(pk=note.author_id))
        if note.signed_at is not None:
            del self.fields["cosigner"]


class FindChartForm(Form):
    """Whose access to see to: a name, a birth date, an MRN."""

    q = forms.CharField(label="Patient", max_length=100, required=False)
