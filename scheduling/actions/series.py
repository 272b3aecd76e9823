"""Visits that come again: a series booked, and some of it moved, changed or called off.

Every occurrence is a visit of its own, booked like any other: what one visit may not, no series may. Those that have
begun or are over are never touched. One that was moved by itself stays where it was agreed, when the rest is moved.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from django.utils import timezone

from clinic.models import Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.dates import clinic_zone
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from scheduling.actions.booking import book
from scheduling.actions.cancelling import cancel
from scheduling.actions.clashes import SKIP, Clash, Clashes, Giver
from scheduling.actions.freeing import time_freed
from scheduling.actions.moving import give_up, replacement, stand
from scheduling.actions.placing import hold_room
from scheduling.actions.replays import made_by
from scheduling.actions.slots import check_time
from scheduling.choices import MOVABLE, CancelledBy, Scope
from scheduling.models import Appointment, AppointmentSeries, AppointmentType, Equipment, Room
from scheduling.openings import Span
from scheduling.recurrence import MOST, Rule, Shift
from scheduling.wallclock import instant_at

__all__ = ["Clash", "Clashes", "book_series", "cancel_series", "change_series", "move_series", "rule_of", "targets"]


@action
def book_series(
    *,
    by: User,
    patient: Patient,
    practitioner: Practitioner,
    type: AppointmentType,  # noqa: A002  # the field's name
    rule: Rule,
    wall_time: time,
    minutes: int | None = None,
    room: Room | None = None,
    equipment: Sequence[Equipment] = (),
    reason: str = "",
    comment: str = "",
    override_reason: str = "",
    choices: Mapping[date, str] | None = None,
    request_token: UUID | None = None,
    at: datetime | None = None,
) -> AppointmentSeries:
    """Book every occurrence of the rule, or none.

    ``wall_time`` is the clinic's wall clock on each day. ``choices`` says for a day what to do where it can't be booked
    as it is: ``skip`` it, take the ``next`` free time, or ``override``, with ``override_reason``. Raises Clashes, which
    carries those of which nothing was said, Conflict for a form that was sent for another patient before, DomainError
    for a rule that asks for more visits than a series may have; the same ``request_token`` gives the series it made.
    """
    token = request_token or uuid7()
    Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
    made = made_by(AppointmentSeries.objects.all(), token, patient)
    if made is not None:
        return made
    if rule.is_cut_off:
        raise DomainError(
            f"A series has at most {MOST} visits, within three years. Choose fewer, or an earlier last day.",
            field="until" if rule.until else "count",
        )
    length = minutes or type.duration_minutes
    series = _write(
        AppointmentSeries(
            created_by=by, patient=patient, practitioner=practitioner, type=type, minutes=length, request_token=token
        ),
        rule,
        wall_time,
    )
    common: dict[str, Any] = {
        **{"by": by, "patient": patient, "practitioner": practitioner, "type": type, "room": room, "reason": reason},
        **{"comment": comment, "series": series, "at": at, "equipment": equipment},
    }

    def give(day: date, start: datetime, end: datetime, why: str) -> None:
        book(**common, start_at=start, end_at=end, series_day=day, override_reason=why)

    needed = {one.pk for one in equipment} | set(type.equipment_needs.values_list("equipment", flat=True))
    giver = Giver(give, patient, practitioner, type, choices or {}, override_reason, room, needed)
    if not giver.all([(day, _span(day, wall_time, timedelta(minutes=length))) for day in rule.days()]):
        raise DomainError("No visit is left to book. Choose another rule, or leave out fewer.", field="count")
    return series


@action
def move_series(
    *,
    by: User,
    appointment: Appointment,
    scope: Scope | str,
    start_at: datetime,
    end_at: datetime | None = None,
    practitioner: Practitioner | None = None,
    room: Room | None = None,
    override_reason: str = "",
    choices: Mapping[date, str] | None = None,
    at: datetime | None = None,
) -> list[Appointment]:
    """Move visits of a series as far as this one is moved from its day, and to its time; gives the new visits.

    ``room`` is given to each. They become a series of their own. ``choices`` as for ``book_series``, where ``skip``
    leaves a visit as it stands. Raises Clashes.
    """
    now = at or timezone.now()
    rows = targets(appointment, scope, now=now, unmoved=True)
    this = next((row for row in rows if row.pk == appointment.pk), appointment)
    series = _series_of(appointment)
    choices = choices or {}
    local = start_at.astimezone(clinic_zone())
    shift = Shift.between(_day(this), local.date(), series.frequency)
    length = (end_at - start_at) if end_at is not None else this.end_at - this.start_at
    who = practitioner or this.practitioner
    moving = [row for row in rows if choices.get(_day(row)) != SKIP]
    if not moving:
        raise DomainError("No visit of this series is to come.", field="scope")
    if Scope(scope) == Scope.THIS:
        raise ValueError("One visit alone is moved by reschedule().")
    Patient.objects.select_for_update(no_key=True).get(pk=this.patient_id)
    rest = _rest(series, moving, by=by, shift=shift, wall=local.time(), length=length, who=who)
    for row in moving:
        give_up(row, by=by, now=now)
    of_day = {_day(row): row for row in moving}
    made: list[Appointment] = []

    def give(day: date, start: datetime, end: datetime, why: str) -> None:
        row = of_day[day]
        check_time(
            patient=row.patient, practitioner=who, kind=row.type, span=Span(start, end), override_reason=why, now=now
        )
        new = replacement(row, by=by, span=Span(start, end), practitioner=who, override_reason=why)
        new.series, new.series_day, new.room = rest, shift.day(day), room or new.room
        hold_room(new.room)
        stand(new, by=by)
        made.append(new)

    needed = set(this.equipment.filter(withdrawn=False).values_list("equipment", flat=True))
    giver = Giver(give, this.patient, who, this.type, choices, override_reason, room, needed)
    giver.all([(day, _span(shift.day(day), local.time(), length)) for day in map(_day, moving)])
    for row in moving:
        time_freed(by=by, row=row, now=now)
    return made


@action
def cancel_series(
    *,
    by: User,
    appointment: Appointment,
    scope: Scope | str,
    reason: str,
    cancelled_for: CancelledBy | str,
    at: datetime | None = None,
) -> list[Appointment]:
    """Call off visits of a series, those that were moved by themselves too. Raises DomainError without a reason."""
    rows = targets(appointment, scope, now=at or timezone.now())
    if not rows:
        raise DomainError("No visit of this series is to come.", field="scope")
    return [cancel(by=by, appointment=row, reason=reason, cancelled_for=cancelled_for, at=at) for row in rows]


@action
def change_series(
    *,
    by: User,
    appointment: Appointment,
    scope: Scope | str = Scope.THIS,
    reason: str,
    comment: str,
    at: datetime | None = None,
) -> list[Appointment]:
    """Change what is said about a visit, or about more of its series; times stay."""
    rows = targets(appointment, scope, now=at or timezone.now())
    if not rows:
        raise DomainError("A visit that has begun or is over stays as it is.")
    for row in rows:
        row.reason, row.comment = reason.strip(), comment.strip()
        row.save(update_fields=["reason", "comment", "updated_at"])
    return rows


def targets(appointment: Appointment, scope: Scope | str, *, now: datetime, unmoved: bool = False) -> list[Appointment]:
    """The visits that a change is for, under their locks, the earliest first: to come and not yet begun.

    With ``unmoved`` without those that were moved by themselves, unless it is this one.
    """
    rows = Appointment.objects.select_for_update().filter(status__in=MOVABLE)
    if appointment.series_id is None or Scope(scope) == Scope.THIS:
        return list(rows.filter(pk=appointment.pk))
    rows = rows.filter(series=appointment.series_id, start_at__gt=now)
    if Scope(scope) == Scope.FOLLOWING:
        rows = rows.filter(series_day__gte=appointment.series_day)
    found = sorted(rows.order_by("pk"), key=lambda row: row.start_at)
    if not unmoved:
        return found
    series = _series_of(appointment)
    return [row for row in found if row.pk == appointment.pk or _by_rule(row, series)]


def rule_of(series: AppointmentSeries) -> Rule:
    """The rule by which the series was booked."""
    return Rule(
        series.first_day,
        series.frequency,
        series.interval,
        tuple(series.weekdays),
        series.nth,
        series.count,
        series.until,
    )


def _write(series: AppointmentSeries, rule: Rule, wall_time: time) -> AppointmentSeries:
    series.frequency, series.interval = rule.frequency, rule.interval
    series.weekdays, series.nth = list(rule.weekdays), rule.nth
    series.first_day, series.wall_time = rule.first, wall_time
    series.count, series.until = rule.count, rule.until
    series.save(force_insert=True)
    return series


def _rest(
    series: AppointmentSeries,
    moving: list[Appointment],
    *,
    by: User,
    shift: Shift,
    wall: time,
    length: timedelta,
    who: Practitioner,
) -> AppointmentSeries:
    """The series that the moved visits become; the old one ends before them."""
    days = [_day(row) for row in moving]
    rule = shift.rule(replace(rule_of(series), first=min(days), count=None, until=max(days)))
    series.count, series.until = None, max(series.first_day, min(days) - timedelta(days=1))
    series.save(update_fields=["count", "until", "updated_at"])
    return _write(
        AppointmentSeries(
            created_by=by,
            patient=series.patient,
            practitioner=who,
            type=series.type,
            minutes=length // timedelta(minutes=1),
            split_from=series,
        ),
        rule,
        wall,
    )


def _series_of(appointment: Appointment) -> AppointmentSeries:
    if appointment.series_id is None:
        raise DomainError("This visit stands alone.", field="scope")
    return AppointmentSeries.objects.select_for_update().get(pk=appointment.series_id)


def _day(row: Appointment) -> date:
    """The day that the series names for the visit."""
    if row.series_day is None:
        raise TypeError("A visit that stands alone is in no series.")
    return row.series_day


def _span(day: date, wall: time, length: timedelta) -> Span:
    start = instant_at(day, wall, clinic_zone())
    return Span(start, start + length)


def _by_rule(row: Appointment, series: AppointmentSeries) -> bool:
    """Whether the visit stands when and with whom its series says."""
    told = instant_at(_day(row), series.wall_time, clinic_zone())
    return (row.start_at, row.practitioner_id) == (told, series.practitioner_id)
