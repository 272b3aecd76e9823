"""Hours set and ended, time blocked and given back."""

from __future__ import annotations

from datetime import date, datetime, time

from django.db.models import Q

from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.errors import DomainError
from emr.ui.formats import day
from scheduling.choices import Weekday
from scheduling.models import Schedule, ScheduleException


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
) -> Schedule:
    """Give a practitioner a session of the week, on the clinic's wall clock.

    The same session again gives the row that is there. Raises DomainError where it runs into another one.
    """
    if start_time >= end_time:
        raise DomainError("A session ends after it begins.", field="end_time")
    if effective_until is not None and effective_until < effective_from:
        raise DomainError("The last day comes before the first.", field="effective_until")
    Practitioner.objects.select_for_update(no_key=True).get(pk=practitioner.pk)
    session = Schedule(
        created_by=by,
        practitioner=practitioner,
        weekday=Weekday(weekday),
        start_time=start_time,
        end_time=end_time,
        effective_from=effective_from,
        effective_until=effective_until,
    )
    for other in _overlapping(session):
        if _key(other) == _key(session):
            return other
        raise DomainError(
            f"This runs into {other} of {practitioner.short_name}, which holds from {day(other.effective_from)}. "
            "End that one first.",
            field="start_time",
        )
    session.save(force_insert=True)
    return session


@action
def end_hours(*, by: User, schedule: Schedule, effective_until: date) -> Schedule:
    """Let a session hold for the last time on ``effective_until``; visits that stand later stay.

    Raises DomainError for a day before the session began.
    """
    row = Schedule.objects.select_for_update().get(pk=schedule.pk)
    if effective_until < row.effective_from:
        raise DomainError(f"These hours begin on {day(row.effective_from)}.", field="effective_until")
    row.effective_until = effective_until
    row.save(update_fields=["effective_until", "updated_at"])
    return row


@action
def block_time(
    *, by: User, practitioner: Practitioner | None, start_at: datetime, end_at: datetime, reason: str
) -> ScheduleException:
    """Close a stretch of time for one practitioner, or for the whole clinic when none is named.

    Visits that stand in it stay: whoever blocks the time moves them. Raises DomainError without a reason.
    """
    if start_at >= end_at:
        raise DomainError("It ends after it begins.", field="end_at")
    if not reason.strip():
        raise DomainError("Say why, in the words that the schedule shall show: Lunch, Vacation.", field="reason")
    return ScheduleException.objects.create(
        created_by=by, practitioner=practitioner, start_at=start_at, end_at=end_at, reason=reason.strip()
    )


@action
def withdraw_block(*, by: User, exception: ScheduleException) -> ScheduleException:
    """Open the time again. A second time changes nothing."""
    row = ScheduleException.objects.select_for_update().get(pk=exception.pk)
    if not row.withdrawn:
        row.withdrawn = True
        row.save(update_fields=["withdrawn", "updated_at"])
    return row


def _overlapping(session: Schedule) -> list[Schedule]:
    rows = Schedule.objects.filter(
        Q(effective_until=None) | Q(effective_until__gte=session.effective_from),
        practitioner=session.practitioner,
        weekday=session.weekday,
        start_time__lt=session.end_time,
        end_time__gt=session.start_time,
    )
    if session.effective_until is not None:
        rows = rows.filter(effective_from__lte=session.effective_until)
    return list(rows)


def _key(session: Schedule) -> tuple[time, time, date, date | None]:
    return session.start_time, session.end_time, session.effective_from, session.effective_until
