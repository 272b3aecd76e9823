"""Choices in the words of the schedule."""

from __future__ import annotations

from typing import Any

from django import forms

from emr.accounts.models import Practitioner
from emr.ui.formats import instant
from scheduling.models import Appointment, AppointmentType, Equipment, Room
from scheduling.queries.availability import bookable_practitioners


class PractitionerField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of those who take visits, by the name over their column; empty means what ``empty_label`` says."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(bookable_practitioners(), required=False, **kwargs)

    def label_from_instance(self, obj: Practitioner) -> str:
        """``Dr A. Okafor``."""
        return obj.short_name


class AppointmentTypeField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of the kinds of visit that are offered, with its length."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(AppointmentType.objects.filter(active=True), empty_label=None, **kwargs)

    def label_from_instance(self, obj: AppointmentType) -> str:
        """``Follow-up · 20 min``."""
        return f"{obj.name} · {obj.duration_minutes} min"


class VisitField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """One of a patient's visits, which the form offers, or none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(Appointment.objects.none(), required=False, **kwargs)

    def label_from_instance(self, obj: Appointment) -> str:
        """``23-Nov-2026 09:00 · Follow-up · Dr A. Okafor``."""
        return f"{instant(obj.start_at)} · {obj.type.name} · {obj.practitioner.short_name}"


class RoomField(forms.ModelChoiceField):  # type: ignore[type-arg]
    """A room that is used, or none."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Room.objects.filter(active=True), label="Room", required=False, empty_label="No room yet", **kwargs
        )


class EquipmentField(forms.ModelMultipleChoiceField):  # type: ignore[type-arg]
    """What the visit uses beside what its type needs anyway."""

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(
            Equipment.objects.filter(active=True),
            label="Equipment",
            required=False,
            widget=forms.CheckboxSelectMultiple,
            **kwargs,
        )
