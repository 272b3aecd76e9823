"""What narrows the calendar: its address and nothing else."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple, cast
from uuid import UUID

from django import forms
from django.http import QueryDict

from emr.shared.dates import on_calendar, parse_date
from emr.ui.forms import Form
from scheduling.choices import AppointmentStatus

#: Groups of statuses, by the word in the address.
GROUPS: dict[str, tuple[str, frozenset[str]]] = {
    "coming": ("To come", frozenset({AppointmentStatus.BOOKED, AppointmentStatus.PENDING})),
    "here": ("Here", frozenset({AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN})),
    "done": ("Completed", frozenset({AppointmentStatus.FULFILLED})),
    "missed": ("No-show", frozenset({AppointmentStatus.NOSHOW})),
    "cancelled": ("Cancelled", frozenset({AppointmentStatus.CANCELLED})),
}
#: How many minutes a step of the grid is: what a visit is moved by, and how tall an hour is drawn.
ZOOMS = (5, 10, 15)
_ZOOM = 10
#: As many columns can be chosen one by one.
_MOST = 50


class Chosen(NamedTuple):
    """What was asked for. ``unread`` is a day that can't be told from what was typed."""

    practitioners: tuple[UUID, ...] = ()
    view: str = "grid"
    status: str = ""
    zoom: int = _ZOOM
    columns: str = ""
    day: date | None = None
    unread: str = ""

    @property
    def statuses(self) -> frozenset[str] | None:
        """The statuses asked for, None for any."""
        return GROUPS[self.status][1] if self.status else None

    def query(self) -> str:
        """The part of an address that asks for the same on another day, with its question mark."""
        # Keys, numbers and words of ours: nothing that an address would have to escape.
        parts = [f"practitioner={one}" for one in self.practitioners]
        parts += [f"view={self.view}"] if self.view != "grid" else []
        parts += [f"columns={self.columns}"] if self.columns else []
        parts += [f"zoom={self.zoom}"] if self.zoom != _ZOOM else []
        parts += [f"status={self.status}"] if self.status else []
        return f"?{'&'.join(parts)}" if parts else ""

    def with_practitioner(self, one: UUID) -> Chosen:
        """With this practitioner's column as well, or without it where it was there."""
        others = tuple(other for other in self.practitioners if other != one)
        return self._replace(practitioners=others if len(others) < len(self.practitioners) else (*others, one))


class DayForm(Form):
    """``?practitioner=…&practitioner=…&view=list&status=here&zoom=5&columns=rooms&day=…``; what is unusable counts as
    not given."""

    view = forms.ChoiceField(required=False, choices=[("grid", "Grid"), ("list", "List"), ("print", "Print")])
    status = forms.ChoiceField(required=False, choices=[(word, label) for word, (label, _) in GROUPS.items()])
    zoom = forms.TypedChoiceField(required=False, choices=[(str(one), one) for one in ZOOMS], coerce=int)
    columns = forms.ChoiceField(required=False, choices=[("rooms", "Rooms")])
    day = forms.CharField(required=False, max_length=40)

    def chosen(self) -> Chosen:
        """What was asked for."""
        self.is_valid()
        data = self.cleaned_data
        typed = data.get("day") or ""
        found: date | None = parse_date(typed) if typed else None
        if found is not None and not on_calendar(found):
            found = None
        return Chosen(
            practitioners=_keys(cast(QueryDict, self.data).getlist("practitioner")),
            view=data.get("view") or "grid",
            status=data.get("status") or "",
            zoom=data.get("zoom") or _ZOOM,
            columns=data.get("columns") or "",
            day=found,
            unread=typed if typed and found is None else "",
        )


def _keys(texts: list[str]) -> tuple[UUID, ...]:
    """The keys among what an address names, each once."""
    found: dict[UUID, None] = {}
    for text in texts[:_MOST]:
        try:
            found[UUID(text)] = None
        except ValueError:
            continue
    return tuple(found)
