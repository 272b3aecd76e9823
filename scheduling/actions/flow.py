"""Visits carried through the day: confirmed, arrived, checked in, roomed, seen, out of the door.

Every function locks the appointment it decides on. ``at`` is when the thing happened, for visits that are told
afterwards (a sample year, an import); it defaults to now.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime

from django.utils import timezone

from clinic.actions.encounters import open_encounter
from clinic.choices import EncounterClass
from clinic.models import Encounter
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import DomainError
from scheduling.actions.checked import was_checked, write_check
from scheduling.actions.no_shows import came_after_all, follow_up_no_show
from scheduling.actions.placing import save_visit
from scheduling.actions.staging import follow_in_chart, held, record_move, refusal, unchanged_since
from scheduling.choices import CheckItem, ConfirmedVia
from scheduling.models import Appointment, Room
from scheduling.stages import FORWARD, FROM_CHART, IN_ROOM, Stage

#: CMS place of service codes that are no office: telehealth (02, 10) and the patient's home (12).
_CLASS_BY_PLACE = {"02": EncounterClass.VIRTUAL, "10": EncounterClass.VIRTUAL, "12": EncounterClass.HOME}
#: Stages from which a check-in begins.
_BEFORE = (Stage.SCHEDULED, Stage.ARRIVED, Stage.NOSHOW)


@action
def mark_arrived(
    *, by: User, appointment: Appointment, at: datetime | None = None, walked_in: bool = False
) -> Appointment:
    """Record that the patient is here. A second arrival changes nothing."""
    row = held(appointment)
    if row.stage == Stage.ARRIVED:
        return row
    if row.stage not in {Stage.SCHEDULED, Stage.NOSHOW}:
        raise refusal(row, Stage.ARRIVED)
    _arrive(row, by=by, at=at, walked_in=walked_in)
    return row


@action
def check_in(
    *,
    by: User,
    appointment: Appointment,
    done: Collection[str],
    reasons: Mapping[str, str],
    at: datetime | None = None,
) -> Encounter:
    """Check the patient in and open the visit, once: however often this is called, it gives the same encounter.

    ``done`` names the lines (``Line.key``, of most the ``CheckItem``) that were gone through, ``reasons`` says by line
    or item why one is left out. What is not on file can't be done; what was kept the first time stays. The visit
    belongs to the practitioner who was booked, whoever checks in. Raises DomainError for a visit that was called off,
    and, its field ``reason_<key>``, for a required line that is left out without a reason.
    """
    row = held(appointment)
    if row.encounter is not None and row.stage not in _BEFORE:
        return row.encounter
    if Stage.CHECKED_IN not in FORWARD[row.stage]:
        raise refusal(row, Stage.CHECKED_IN)
    return _check_in(row, by=by, done=done, reasons=reasons, at=at)


@action
def complete(*, by: User, appointment: Appointment, at: datetime | None = None) -> Appointment:
    """Record that the visit is over. A second time changes nothing."""
    return move(by=by, appointment=appointment, stage=Stage.COMPLETED, at=at)


@action
def mark_no_show(*, by: User, appointment: Appointment, at: datetime | None = None) -> Appointment:
    """Record that the patient didn't come. Raises DomainError before the visit's time."""
    row = held(appointment)
    if row.stage == Stage.NOSHOW:
        return row
    changed = record_move(row, Stage.NOSHOW, by=by, at=at)
    moment = at or timezone.now()
    if moment < row.start_at:
        raise DomainError("The visit's time has not come yet. Cancel it if the patient called it off.")
    save_visit(row, *changed)
    follow_in_chart(row, by=by)
    follow_up_no_show(by=by, appointment=row, at=moment)
    return row


@action
def move(
    *,
    by: User,
    appointment: Appointment,
    stage: str,
    seen: str = "",
    reason: str = "",
    room: Room | None = None,
    no_room: bool = False,
    at: datetime | None = None,
) -> Appointment:
    """Take a visit to a stage, forward, or back with a reason. The same stage again changes nothing but the room.

    Without ``room`` the visit keeps the one that it has; with ``no_room`` it is in none.

    ``seen`` is the stage that the page showed: where somebody else moved the visit meanwhile, Conflict is raised.
    Raises DomainError for a move that doesn't exist, for a room that is no longer used, and for a check-in that nobody
    went through (``check_in``), unless ``reason`` says why: it stands beside each item.
    """
    wanted = Stage(stage)
    if wanted == Stage.CANCELLED:
        raise DomainError("Cancel the visit on its own page, where the reason is asked for.")
    row = held(appointment)
    if row.stage == wanted:
        return _change_room(row, room, no_room=no_room)
    unchanged_since(row, seen)
    if room is not None and not room.active:
        raise DomainError(f"{room.name} is no longer used. Choose another room.", field="room")
    if wanted == Stage.ARRIVED and row.stage in {Stage.SCHEDULED, Stage.NOSHOW}:
        _arrive(row, by=by, at=at)
        return row
    if wanted == Stage.CHECKED_IN and (row.encounter is None or row.stage in _BEFORE):
        _skip_check_in(row, by=by, reason=reason, at=at)
        return row
    if wanted == Stage.NOSHOW:
        return mark_no_show(by=by, appointment=row, at=at)
    missed = row.stage == Stage.NOSHOW
    changed = record_move(row, wanted, by=by, at=at, reason=reason, room=room, no_room=no_room)
    save_visit(row, *changed)
    follow_in_chart(row, by=by)
    if missed:
        came_after_all(by=by, appointment=row)
    return row


@action
def confirm(*, by: User, appointment: Appointment, via: ConfirmedVia | str, at: datetime | None = None) -> Appointment:
    """Record that the patient said that they will come. A second time changes nothing; the stage stays as it is.

    Raises DomainError for a visit that isn't to come any more.
    """
    row = held(appointment)
    if row.confirmed_at is not None:
        return row
    if row.stage != Stage.SCHEDULED:
        raise DomainError(f"This visit is {Stage(row.stage).label.lower()}; there is nothing to confirm.")
    row.confirmed_at, row.confirmed_by, row.confirmed_via = at or timezone.now(), by, ConfirmedVia(via)
    row.save(update_fields=["confirmed_at", "confirmed_by", "confirmed_via", "updated_at"])
    return row


def follow_chart(by: User, encounter: Encounter) -> None:
    """What a change of the visit in the chart, whose row is locked, says of where the patient is."""
    row = Appointment.objects.select_for_update().filter(encounter=encounter).first()
    if row is None or encounter.status not in FROM_CHART:
        return
    ended, begins = FROM_CHART[encounter.status]
    if row.stage in ended:
        changed = record_move(row, begins, by=by, reason="Told by the chart")
        save_visit(row, *changed)


def _arrive(row: Appointment, *, by: User, at: datetime | None, walked_in: bool = False) -> None:
    missed = row.stage == Stage.NOSHOW
    changed = record_move(row, Stage.ARRIVED, by=by, at=at)
    row.arrived_at, row.arrived_by = row.stage_at, by
    row.walked_in = row.walked_in or walked_in
    save_visit(row, *changed, "arrived_at", "arrived_by", "walked_in")
    if missed:
        came_after_all(by=by, appointment=row)


def _check_in(
    row: Appointment,
    *,
    by: User,
    done: Collection[str],
    reasons: Mapping[str, str],
    at: datetime | None,
    reason: str = "",
) -> Encounter:
    write_check(row, by=by, done=done, reasons=reasons)
    if row.stage in {Stage.SCHEDULED, Stage.NOSHOW}:
        _arrive(row, by=by, at=at)
    changed = record_move(row, Stage.CHECKED_IN, by=by, at=at, reason=reason)
    row.checked_in_at, row.checked_in_by = row.stage_at, by
    if row.encounter is None:
        row.encounter = _open(row, by=by)
        changed.append("encounter")
    save_visit(row, *changed, "checked_in_at", "checked_in_by")
    follow_in_chart(row, by=by)
    encounter: Encounter = row.encounter
    return encounter


def _skip_check_in(row: Appointment, *, by: User, reason: str, at: datetime | None) -> None:
    if not reason.strip() and not was_checked(row):
        raise DomainError("Check the patient in on the check-in page, or say here why it is skipped.", field="reason")
    _check_in(row, by=by, done=(), reasons=dict.fromkeys(CheckItem, reason), at=at, reason=reason)


def _open(row: Appointment, *, by: User) -> Encounter:
    return open_encounter(
        by=by,
        patient=row.patient,
        practitioner=row.practitioner,
        period_start=row.stage_at or timezone.now(),
        reason=row.reason,
        type_display=row.type.name,
        place_of_service=row.type.place_of_service,
        class_code=_CLASS_BY_PLACE.get(row.type.place_of_service, EncounterClass.AMBULATORY),
    )


def _change_room(row: Appointment, room: Room | None, *, no_room: bool) -> Appointment:
    wanted = None if no_room else room or row.stage_room
    if row.stage in IN_ROOM and row.stage_room != wanted:
        row.stage_room = wanted
        row.save(update_fields=["stage_room", "updated_at"])
    return row
