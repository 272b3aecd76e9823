"""The room that a visit has by itself: that of the session in which it stands."""

from __future__ import annotations

from django.utils import timezone

from emr.shared.dates import clinic_zone
from scheduling.actions.placing import may_stand
from scheduling.hours import sessions_on
from scheduling.models import Appointment, Room, Schedule
from scheduling.openings import Span


def room_of_session(row: Appointment) -> Room | None:
    """The room of the session in which the visit lies; None outside the hours, or where the session has none."""
    zone = clinic_zone()
    day = timezone.localtime(row.start_at, zone).date()
    held = Schedule.objects.touching(day, day).filter(practitioner=row.practitioner_id, room__active=True)
    for session, span in sessions_on(held.select_related("room"), day, zone):
        if span.holds(Span(row.start_at, row.end_at)):
            return session.room
    return None


def give_room_of_session(row: Appointment) -> None:
    """Let a visit that names no room have its session's, not yet saved, unless another visit has that room then.

    Call it under the practitioner's lock. It locks the room, so that two who would have it wait for each other.
    """
    found = room_of_session(row) if row.room_id is None else None
    if found is None:
        return
    room = Room.objects.select_for_update(no_key=True).get(pk=found.pk)
    others = Appointment.objects.busy(row.start_at, row.busy_until or row.end_at, without=row).filter(room=room)
    if may_stand(row)[2]:
        # The session takes several patients at one time, in this very room.
        others = others.exclude(practitioner=row.practitioner_id, shares_room=True)
    if room.active and not others.exists():
        row.room = room
