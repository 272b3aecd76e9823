"""Time that differs from the week: closed, off, extra; the hours of one day set anew; holidays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date, datetime, time
from itertools import pairwise

from django.db.models import F

from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.dates import clinic_zone
from emr.shared.errors import DomainError
from emr.ui.formats import clock, day
from scheduling.choices import ExceptionKind
from scheduling.models import ScheduleException
from scheduling.openings import Openings
from scheduling.spans import Span, less, merged
from scheduling.wallclock import day_bounds, instant_at


@action
def block_time(
    *,
    by: User,
    practitioner: Practitioner | None,
    start_at: datetime,
    end_at: datetime,
    reason: str,
    kind: ExceptionKind | str | None = None,
) -> ScheduleException:
    """Close a stretch of time for one practitioner, or for the whole clinic when none is named; or, as extra hours,
    open it for one.

    ``kind`` defaults to time off for somebody and to closed for the clinic. Visits that stand in it stay: whoever
    blocks the time moves them. Raises DomainError without a reason, and for what is closed or open already.
    """
    kind = ExceptionKind(kind or (ExceptionKind.TIME_OFF if practitioner else ExceptionKind.CLOSED))
    if start_at >= end_at:
        raise DomainError("It ends after it begins.", field="end_at")
    if not reason.strip():
        raise DomainError("Say why, in the words that the schedule shall show: Lunch, Vacation.", field="reason")
    if kind in ExceptionKind.personal() and practitioner is None:
        raise DomainError(f"{kind.label} is somebody's: choose whose.", field="practitioner")
    if kind == ExceptionKind.HOLIDAY and practitioner is not None:
        raise DomainError(
            "A holiday is the whole clinic's. For one practitioner choose time off.", field="practitioner"
        )
    _refuse_twice(practitioner, kind, Span(start_at, end_at))
    return ScheduleException.objects.create(
        created_by=by, practitioner=practitioner, kind=kind, start_at=start_at, end_at=end_at, reason=reason.strip()
    )


@action
def withdraw_block(*, by: User, exception: ScheduleException) -> ScheduleException:
    """Let the week's hours hold again. A second time changes nothing."""
    row = ScheduleException.objects.select_for_update().get(pk=exception.pk)
    if not row.withdrawn:
        row.withdrawn = True
        row.save(update_fields=["withdrawn", "updated_at"])
    return row


@action
def override_day(
    *, by: User, practitioner: Practitioner, day: date, hours: Sequence[tuple[time, time]], reason: str
) -> list[ScheduleException]:
    """Set the hours of one day anew: what the week has beyond them is time off, what it lacks is extra hours.

    No ``hours`` mean that the practitioner is away all day. Earlier ones of that day alone are withdrawn. Raises
    DomainError for hours that end before they begin or overlap, and without a reason.
    """
    if not reason.strip():
        raise DomainError("Say why, in the words that the schedule shall show: Training, Late clinic.", field="reason")
    wanted = _wanted(day, hours)
    bounds = Span(*day_bounds(day, clinic_zone()))
    Practitioner.objects.select_for_update(no_key=True).get(pk=practitioner.pk)
    for row in ScheduleException.objects.filter(
        practitioner=practitioner, withdrawn=False, start_at__gte=bounds.start, end_at__lte=bounds.end
    ):
        withdraw_block(by=by, exception=row)
    openings = Openings.read([practitioner], day, day)
    holidays: list[ScheduleException] = []
    closed: list[ScheduleException] = []
    for row in openings.blocks(practitioner.pk):
        (holidays if row.kind == ExceptionKind.HOLIDAY else closed).append(row)
    for row in closed:
        if any(Span(row.start_at, row.end_at).overlaps(span) for span in wanted):
            raise DomainError(
                f"{row.get_kind_display()} stands in these hours: {row.reason}. Open that again first.", field="day"
            )
    week = less(openings.sessions(practitioner.pk, day), [Span(row.start_at, row.end_at) for row in holidays])
    changes = [(ExceptionKind.TIME_OFF, less(week, wanted)), (ExceptionKind.EXTRA_HOURS, less(wanted, week))]
    return [
        block_time(by=by, practitioner=practitioner, start_at=span.start, end_at=span.end, reason=reason, kind=kind)
        for kind, spans in changes
        for span in spans
    ]


@action
def add_holidays(*, by: User, days: Iterable[tuple[date, str]]) -> list[ScheduleException]:
    """Close the clinic on whole days. A day that is a holiday already is passed over."""
    made = []
    for holiday, name in days:
        start, end = day_bounds(holiday, clinic_zone())
        same = ScheduleException.objects.filter(kind=ExceptionKind.HOLIDAY, withdrawn=False)
        if not same.filter(start_at__lt=end, end_at__gt=start).exists():
            made.append(
                block_time(
                    by=by, practitioner=None, start_at=start, end_at=end, reason=name, kind=ExceptionKind.HOLIDAY
                )
            )
    return made


def _wanted(day: date, hours: Sequence[tuple[time, time]]) -> list[Span]:
    zone = clinic_zone()
    for begin, end in hours:
        if begin >= end:
            raise DomainError("These hours end before they begin.", field="end_time")
    ordered = sorted(hours)
    if any(later[0] < earlier[1] for earlier, later in pairwise(ordered)):
        raise DomainError("The two parts of the day overlap.", field="second_start")
    return merged(Span(instant_at(day, begin, zone), instant_at(day, end, zone)) for begin, end in hours)


def _refuse_twice(practitioner: Practitioner | None, kind: ExceptionKind, span: Span) -> None:
    """The same once more is a slip of the hand; what only overlaps may be meant."""
    other = (
        ScheduleException.objects.filter(practitioner=practitioner, kind=kind, withdrawn=False)
        .filter(start_at__lte=span.start, end_at__gte=span.end)
        .order_by(F("start_at"))
        .first()
    )
    if other is not None:
        raise DomainError(
            f"{other.get_kind_display()} stands there already: {other.reason}, {day(other.start_at)} "
            f"{clock(other.start_at)} to {day(other.end_at)} {clock(other.end_at)}.",
            field="first_day",
        )
