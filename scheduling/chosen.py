"""What a reader of the calendar has chosen to see, and the address that says it."""

from __future__ import annotations

from datetime import date
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from django.urls import reverse

from emr.shared.dates import clinic_today
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
ZOOM = 10


class Chosen(NamedTuple):
    """What was asked for. ``unread`` is a day that can't be told from what was typed."""

    practitioners: tuple[UUID, ...] = ()
    view: str = "grid"
    status: str = ""
    zoom: int = ZOOM
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
        parts += [f"zoom={self.zoom}"] if self.zoom != ZOOM else []
        parts += [f"status={self.status}"] if self.status else []
        return f"?{'&'.join(parts)}" if parts else ""

    def with_practitioner(self, one: UUID) -> Chosen:
        """With this practitioner's column as well, or without it where it was there."""
        others = tuple(other for other in self.practitioners if other != one)
        return self._replace(practitioners=others if len(others) < len(self.practitioners) else (*others, one))


def day_url(day: date, chosen: Chosen) -> str:
    """The page of a day with these filters; today has the short address."""
    return _day_path(None if day == clinic_today() else day) + chosen.query()


@lru_cache(maxsize=256)
def _day_path(day: date | None) -> str:
    return reverse("scheduling:schedule_day", args=[day] if day else [])


def week_url(day: date, practitioner_id: UUID, chosen: Chosen) -> str:
    """The page of a practitioner's week with these filters."""
    return reverse("scheduling:schedule_week", args=[day, practitioner_id]) + chosen.query()
