"""One move of a visit from a stage to another: its row, the statuses that follow, and the visit in the chart.

Whoever holds both locks takes the chart's visit first and the appointment after it; ``held`` does so.
"""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from clinic.actions.encounters import follow_flow
from clinic.models import Encounter
from emr.accounts.models import User
from emr.shared.errors import Conflict, DomainError
from emr.ui.formats import clock
from scheduling.choices import AppointmentStatus, CancelledBy
from scheduling.models import Appointment, AppointmentStage, Room
from scheduling.stages import BACK, ENCOUNTER, FORWARD, IN_ROOM, OF_STATUS, STATUS, Stage

#: Statuses of what is no visit of a day: nobody arrives for it.
_NOT_STANDING = {AppointmentStatus.PROPOSED, AppointmentStatus.WAITLIST, AppointmentStatus.ENTERED_IN_ERROR}
_GIVEN_UP = ["cancelled_at", "cancelled_by", "cancelled_for", "cancel_reason", "cancelled_late"]


def held(appointment: Appointment) -> Appointment:
    """The appointment under its lock, and before it the visit that it has in the chart."""
    known = Appointment.objects.values_list("encounter_id", flat=True).get(pk=appointment.pk)
    if known is not None:
        Encounter.objects.select_for_update().get(pk=known)
    return Appointment.objects.select_for_update().get(pk=appointment.pk)


def record_move(
    row: Appointment,
    stage: str,
    *,
    by: User,
    at: datetime | None = None,
    reason: str = "",
    room: Room | None = None,
    no_room: bool = False,
) -> list[str]:
    """Write the move of a locked visit and put it on the row, not yet saved; returns the changed columns.

    Raises DomainError for a move that doesn't exist, for one back without a reason, and for a time before the last.
    """
    previous = row.stage
    if previous in BACK and stage in BACK[previous]:
        if not reason.strip():
            raise DomainError("Say why the visit goes back.", field="reason")
    elif stage not in FORWARD[previous] or (row.status in _NOT_STANDING and stage != Stage.CANCELLED):
        raise refusal(row, stage)
    moment = at or timezone.now()
    if row.stage_at is not None and moment < row.stage_at:
        if at is not None:
            raise DomainError(f"The visit is {Stage(previous).label.lower()} since {clock(row.stage_at)}; not before.")
        # Two servers' clocks need not agree to the millisecond.
        moment = row.stage_at
    row.stage_room = (room or row.stage_room or row.room) if stage in IN_ROOM and not no_room else None
    AppointmentStage.objects.create(
        appointment=row, previous=previous, stage=stage, at=moment, by=by, reason=reason.strip(), room=row.stage_room
    )
    row.stage, row.stage_at = stage, moment
    return ["stage", "stage_at", "stage_room", *_status(row, previous, by=by, reason=reason)]


def refusal(row: Appointment, stage: str) -> DomainError:
    """That the visit doesn't go there, in words."""
    plain = row.stage == Stage.SCHEDULED or row.status in _NOT_STANDING
    now = row.get_status_display() if plain else Stage(row.stage).label
    return DomainError(f"This visit is {now.lower()}, so it can't become {Stage(stage).label.lower()}.")


def follow_status(row: Appointment, *, by: User) -> list[str]:
    """The move that a status, set by booking, brings with it: called off, moved, taken back."""
    stage = OF_STATUS.get(row.status)
    if stage is None or STATUS[row.stage] == row.status or (row.stage == Stage.SCHEDULED and stage == row.stage):
        return []
    # What booking wrote beside the status stays as it wrote it.
    given = {name: getattr(row, name) for name in ("status", *_GIVEN_UP)}
    reason = "Taken back" if stage in BACK.get(row.stage, ()) else row.cancel_reason
    changed = record_move(row, stage, by=by, at=row.cancelled_at, reason=reason)
    for name, value in given.items():
        setattr(row, name, value)
    return [name for name in changed if name not in {"status", *_GIVEN_UP}]


def follow_in_chart(row: Appointment, *, by: User) -> None:
    """Let the visit's status in the chart be what the stage says, once the appointment is saved."""
    status = ENCOUNTER.get(row.stage)
    if row.encounter is not None and status is not None:
        follow_flow(by=by, encounter=row.encounter, status=status)


def unchanged_since(row: Appointment, stage: str) -> None:
    """Raise Conflict where the visit is no longer in the stage that the page showed."""
    if stage and row.stage != stage:
        raise Conflict(f"Somebody moved this visit meanwhile: it is {Stage(row.stage).label.lower()} now.")


def _status(row: Appointment, previous: str, *, by: User, reason: str) -> list[str]:
    if row.status == STATUS[row.stage]:
        changed = []
    else:
        row.status, changed = STATUS[row.stage], ["status"]
    if row.stage == Stage.LEFT:
        row.cancelled_at, row.cancelled_by, row.cancelled_for = row.stage_at, by, CancelledBy.PATIENT
        row.cancel_reason = (f"Left without being seen. {reason}".strip())[:300]
        return [*changed, *_GIVEN_UP]
    if previous in {Stage.LEFT, Stage.CANCELLED}:
        row.cancelled_at = row.cancelled_by = None
        row.cancelled_for = row.cancel_reason = ""
        row.cancelled_late = False
        return [*changed, *_GIVEN_UP]
    return changed
