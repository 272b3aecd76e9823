"""Sessions of the week: added, changed from a day on, ended, withdrawn, copied."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Any

from django.db import IntegrityError, transaction

from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.ui.formats import day
from scheduling.choices import Weekday
from scheduling.models import AppointmentType, Room, Schedule, ScheduleType
from scheduling.models.availability import NO_OVERLAP, ROOM_ONCE
from scheduling.weeks import common_day, next_held

_LARGEST_CAPACITY, _MOST_WEEKS, _LONGEST_HOLD = 50, 8, 720
_WEEK = timedelta(weeks=1)


@dataclass(frozen=True, kw_only=True)
class Terms:
    """What holds in a session beside its time.

    No ``appointment_types`` means every kind of visit. ``release_hours`` above 0 holds the session back until so many
    hours before it begins.
    """

    appointment_types: Sequence[AppointmentType] = ()
    capacity: int = 1
    room: Room | None = None
    interval_weeks: int = 1
    release_hours: int = 0


@action
def set_hours(
    *,
    by: User,
    practitioner: Practitioner,
    weekday: Weekday | str,
    start_time: time,
    end_time: time,
    effective_from: date,
    effective_until: date | None = None,
    terms: Terms | None = None,
) -> Schedule:
    """Give a practitioner a session of the week, on the clinic's wall clock.

    The same session again gives the row that is there. Raises DomainError where it runs into another one, or into
    somebody else's in the same room.
    """
    terms = terms or Terms()
    session = Schedule(
        created_by=by,
        practitioner=practitioner,
        weekday=Weekday(weekday),
        start_time=start_time,
        end_time=end_time,
        effective_from=effective_from,
        effective_until=effective_until,
        **_columns(terms),
    )
    _check(session)
    _lock(practitioner, terms.room)
    for other in _colliding(session):
        if _is_same(session, other, terms):
            return other
        raise _collision(session, other)
    _check_room(session)
    with _refusing(session):
        session.save(force_insert=True)
    _take_types(session, terms.appointment_types, by)
    return session


@action
def set_week(
    *, by: User, practitioner: Practitioner, weekdays: Sequence[Weekday | str], **session: Any
) -> list[Schedule]:
    """The same session on several weekdays, all or none; ``session`` are the other keywords of :func:`set_hours`."""
    return [set_hours(by=by, practitioner=practitioner, weekday=weekday, **session) for weekday in weekdays]


@action
def change_hours(
    *,
    by: User,
    schedule: Schedule,
    start_time: time,
    end_time: time,
    effective_from: date,
    effective_until: date | None = None,
    terms: Terms,
) -> Schedule:
    """Let a session be another one from a day on: the old one ends the day before, in the same step.

    A session that hasn't begun by then is withdrawn whole. Visits that stand stay. Raises DomainError as
    :func:`set_hours` does.
    """
    row = Schedule.objects.select_for_update().get(pk=schedule.pk)
    # Every other week stays the same every other week.
    first = next_held(row, effective_from) if terms.interval_weeks == row.interval_weeks > 1 else None
    first = first or effective_from
    if row.withdrawn or (row.effective_until is not None and row.effective_until < effective_from):
        raise Conflict("This session has ended by then. Look at the week again.", field="effective_from")
    if row.effective_from < effective_from:
        row.effective_until = effective_from - timedelta(days=1)
        row.save(update_fields=["effective_until", "updated_at"])
    elif row.effective_from < clinic_today():
        raise DomainError(
            f"This session has been held since {day(row.effective_from)}. Choose a day after that.",
            field="effective_from",
        )
    else:
        row.withdrawn = True
        row.save(update_fields=["withdrawn", "updated_at"])
    return set_hours(
        by=by,
        practitioner=row.practitioner,
        weekday=row.weekday,
        start_time=start_time,
        end_time=end_time,
        effective_from=first,
        effective_until=effective_until,
        terms=terms,
    )


@action
def end_hours(*, by: User, schedule: Schedule, effective_until: date) -> Schedule:
    """Let a session hold for the last time on ``effective_until``; visits that stand later stay.

    Raises DomainError for a day before the session began.
    """
    row = Schedule.objects.select_for_update().get(pk=schedule.pk)
    if effective_until < row.effective_from:
        raise DomainError(f"These hours begin on {day(row.effective_from)}.", field="effective_until")
    row.effective_until = effective_until
    with _refusing(row):
        row.save(update_fields=["effective_until", "updated_at"])
    return row


@action
def withdraw_hours(*, by: User, schedule: Schedule) -> Schedule:
    """Take back a session that was never held. A second time changes nothing.

    Raises DomainError for one that has begun: it is ended, so that the past stays as it was.
    """
    row = Schedule.objects.select_for_update().get(pk=schedule.pk)
    if row.effective_from < clinic_today():
        raise DomainError(f"This session has been held since {day(row.effective_from)}. End it instead.")
    if not row.withdrawn:
        row.withdrawn = True
        row.save(update_fields=["withdrawn", "updated_at"])
    return row


@action
def copy_week(
    *, by: User, source: Practitioner, to: Practitioner, effective_from: date, effective_until: date | None = None
) -> list[Schedule]:
    """Give a practitioner the week that another one has on ``effective_from``, rooms left out.

    Raises DomainError where a session runs into one that is there, and where there is nothing to copy.
    """
    if source == to:
        raise DomainError("Choose somebody else to copy from.", field="source")
    rows = Schedule.objects.touching(effective_from).filter(practitioner=source).prefetch_related("appointment_types")
    firsts = [(row, next_held(row, effective_from)) for row in rows]
    # What begins later is no part of the week of that day.
    held = [(row, first) for row, first in firsts if first and first < effective_from + row.interval_weeks * _WEEK]
    if not held:
        raise DomainError(f"{source.short_name} has no hours from {day(effective_from)} on.", field="source")
    return [
        set_hours(
            by=by,
            practitioner=to,
            weekday=row.weekday,
            start_time=row.start_time,
            end_time=row.end_time,
            effective_from=first if row.interval_weeks > 1 else effective_from,
            effective_until=effective_until,
            terms=_terms_of(row),
        )
        for row, first in held
    ]


def _terms_of(row: Schedule) -> Terms:
    return Terms(
        appointment_types=list(row.appointment_types.all()),
        capacity=row.capacity,
        interval_weeks=row.interval_weeks,
        release_hours=row.release_hours,
    )


def _columns(terms: Terms) -> dict[str, Any]:
    return {
        "capacity": terms.capacity,
        "room": terms.room,
        "interval_weeks": terms.interval_weeks,
        "held": terms.release_hours > 0,
        "release_hours": terms.release_hours,
    }


def _check(session: Schedule) -> None:
    """Refuse what no session can be."""
    if session.start_time >= session.end_time:
        raise DomainError("A session ends after it begins.", field="end_time")
    if session.effective_until is not None and session.effective_until < session.effective_from:
        raise DomainError("The last day comes before the first.", field="effective_until")
    limits = (
        ("capacity", 1, _LARGEST_CAPACITY),
        ("interval_weeks", 1, _MOST_WEEKS),
        ("release_hours", 0, _LONGEST_HOLD),
    )
    for name, least, most in limits:
        if not least <= getattr(session, name) <= most:
            raise DomainError(f"Enter a number from {least} to {most}.", field=name)


def _lock(practitioner: Practitioner, room: Room | None) -> None:
    Practitioner.objects.select_for_update(no_key=True).get(pk=practitioner.pk)
    if room is not None and not Room.objects.select_for_update(no_key=True).get(pk=room.pk).active:
        raise DomainError(f"{room.name} is no longer used. Choose another room.", field="room")


def _colliding(session: Schedule, **whose: Any) -> list[Schedule]:
    """The sessions that meet it on some day: of the same practitioner, unless ``whose`` says otherwise."""
    rows = Schedule.objects.touching(session.effective_from, session.effective_until).filter(
        weekday=session.weekday, start_time__lt=session.end_time, end_time__gt=session.start_time
    )
    rows = rows.filter(**(whose or {"practitioner": session.practitioner})).select_related("practitioner")
    return [other for other in rows if common_day(session, other) is not None]


def _check_room(session: Schedule) -> None:
    if session.room is None:
        return
    for other in _colliding(session, room=session.room):
        if other.practitioner_id == session.practitioner_id:
            continue
        raise DomainError(
            f"{other.practitioner.short_name} has {session.room.name} then: {other}. Choose another room.", field="room"
        )


def _collision(session: Schedule, other: Schedule) -> DomainError:
    return DomainError(
        f"This runs into {other} of {session.practitioner.short_name}, which holds from {day(other.effective_from)}. "
        "End that one first.",
        field="start_time",
    )


@contextmanager
def _refusing(session: Schedule) -> Iterator[None]:
    """Tell in words why the database refused a session: two that were added at once, or one that was prolonged."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError as error:
        refused = getattr(getattr(error.__cause__, "diag", None), "constraint_name", "")
        if refused == ROOM_ONCE:
            _check_room(session)
        if refused != NO_OVERLAP:
            raise
        other = next(iter(_colliding(session)), session)
        raise _collision(session, other) from error


def _take_types(session: Schedule, kinds: Sequence[AppointmentType], by: User) -> None:
    for kind in kinds:
        ScheduleType.objects.create(created_by=by, schedule=session, type=kind)


def _is_same(session: Schedule, other: Schedule, terms: Terms) -> bool:
    names = ("start_time", "end_time", "effective_from", "effective_until", *_columns(terms))
    kinds = set(other.appointment_types.values_list("pk", flat=True))
    return all(getattr(session, name) == getattr(other, name) for name in names) and kinds == {
        kind.pk for kind in terms.appointment_types
    }
