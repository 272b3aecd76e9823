"""What the flow board sends: a move, and in its address what narrows it."""

from __future__ import annotations

from typing import Any

from django import forms

from emr.ui.forms import Form
from scheduling.actions.thresholds import MOST_MINUTES
from scheduling.models import Room
from scheduling.stages import HERE, Stage


class BoardForm(Form):
    """``?practitioner=…&version=…``; what is unusable counts as not given."""

    practitioner = forms.UUIDField(required=False)
    version = forms.CharField(required=False, max_length=200)

    def chosen(self) -> dict[str, Any]:
        """What was asked for."""
        self.is_valid()
        return {"practitioner": self.cleaned_data.get("practitioner"), "version": self.cleaned_data.get("version", "")}


#: What the list of rooms sends where the patient is in none.
NO_ROOM = "none"


def _rooms() -> list[tuple[str, str]]:
    rooms = Room.objects.filter(active=True)
    return [("", "As before"), (NO_ROOM, "In no room"), *((str(room.pk), room.name) for room in rooms)]


class MoveForm(Form):
    """A visit goes to a stage; ``seen`` is the one that the page showed."""

    stage = forms.ChoiceField(label="Goes to", choices=Stage.choices)
    seen = forms.ChoiceField(required=False, choices=Stage.choices, widget=forms.HiddenInput)
    room = forms.ChoiceField(
        choices=_rooms, required=False, help_text="In no room, the room is free for somebody else."
    )
    reason = forms.CharField(label="Reason", required=False, max_length=300, help_text="Needed where it goes back")

    def clean(self) -> dict[str, Any]:
        """A room, none, or neither: as before."""
        data = super().clean() or self.cleaned_data
        wanted = data.get("room")
        data["no_room"] = wanted == NO_ROOM
        data["room"] = Room.objects.get(pk=wanted) if wanted and wanted != NO_ROOM else None
        return data


class LimitsForm(Form):
    """For each stage of a patient who is here: the minutes after which it is long, and too long."""

    def __init__(self, *args: Any, limits: dict[str, tuple[int, int]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for stage in HERE:
            for name, words, usual in zip(("warn", "late"), ("long", "too long"), limits[stage], strict=True):
                self.fields[f"{name}_{stage}"] = forms.IntegerField(
                    label=f"{stage.label}: {words} after",
                    initial=usual,
                    min_value=1,
                    max_value=MOST_MINUTES,
                    error_messages={"invalid": "Enter whole minutes, like 15.", "required": "Enter minutes."},
                )

    def clean(self) -> dict[str, Any]:
        """Every pair that is the wrong way round is told beside its second field."""
        data = super().clean() or {}
        for stage in HERE:
            warn, late = data.get(f"warn_{stage}"), data.get(f"late_{stage}")
            if warn is not None and late is not None and late <= warn:
                self.add_error(f"late_{stage}", f"Too long must come after long: more than {warn} minutes.")
        return data

    def limits(self) -> dict[str, tuple[int, int]]:
        """What was entered, by stage."""
        return {stage: (self.cleaned_data[f"warn_{stage}"], self.cleaned_data[f"late_{stage}"]) for stage in HERE}

    def rows(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """A line of the page for each stage."""
        return [(stage.label, self[f"warn_{stage}"], self[f"late_{stage}"]) for stage in HERE]
