"""A week of one practitioner: a column for each day, on the clinic's wall clock."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import lru_cache

from django.urls import reverse

from emr.accounts.models import Practitioner, User
from emr.shared.dates import clinic_zone
from emr.ui.daygrid import MINUTES
from emr.ui.formats import day_short, weekday
from scheduling.openings import Openings
from scheduling.queries.bookings import Booking, bookings_between
from scheduling.queries.columns import Scale, local_time
from scheduling.queries.grid import (
    FIRST_HOUR,
    HOUR,
    LAST_HOUR,
    WEEK,
    WORKDAYS,
    Choice,
    Grid,
    Part,
    Reader,
    Terms,
    colors_of,
    column,
    instant,
    moment,
    needed,
    openings_of,
)
from scheduling.queries.standing import Standing, around
from scheduling.wallclock import day_bounds


def week_grid(first: date, practitioner: Practitioner, user: User, choice: Choice) -> Grid:
    """The week that begins on ``first`` of one practitioner: a column for each day on which something is."""
    zone = clinic_zone()
    last = first + timedelta(WEEK - 1)
    bounds = (day_bounds(first, zone)[0], day_bounds(last, zone)[1])
    stands = around(first)
    key = str(practitioner.pk)
    bookings = tuple(one for one in bookings_between(*bounds, user) if one.practitioner_id == key)
    return _week(stands, bookings, practitioner, first, choice, Reader.of(user), moment(bounds), zone.key)


@lru_cache(maxsize=64)
def _week(
    stands: Standing,
    bookings: tuple[Booking, ...],
    practitioner: Practitioner,
    first: date,
    choice: Choice,
    reader: Reader,
    now: int,
    zone: str,
) -> Grid:
    openings = openings_of(stands, bookings)
    offered = practitioner in stands.practitioners
    by_day: dict[date, list[Booking]] = {}
    for booking in bookings:
        by_day.setdefault(local_time(booking.start, zone).date(), []).append(booking)
    days = [first + timedelta(n) for n in range(WEEK)]
    days = [
        one for n, one in enumerate(days) if n < WORKDAYS or by_day.get(one) or openings.sessions(practitioner.pk, one)
    ]
    window = _wall_window(openings, practitioner, days, by_day, zone)
    columns, slots = [], []
    for one in days:
        scale = Scale(window[0] * HOUR, (window[1] - window[0]) * HOUR // MINUTES, zone, one, wall=True)
        free = (
            openings.slots(practitioner, stands.slot_minutes, one, after=instant(now), now=instant(now))
            if offered
            else []
        )
        slots += free
        columns.append(
            column(
                Part(
                    one.isoformat(),
                    f"{weekday(one)[:3]} {day_short(one)}",
                    reverse("scheduling:schedule_day", args=[one]),
                    one,
                ),
                practitioner,
                openings,
                tuple(by_day.get(one, ())),
                free,
                scale,
                Terms(stands.slot_minutes, reader, now, choice.statuses, stands.kinds),
            )
        )
    scale = Scale(window[0] * HOUR, (window[1] - window[0]) * HOUR // MINUTES, zone, first, wall=True)
    labels = [(n * HOUR // MINUTES + 1, f"{(window[0] + n) % 24:02d}:00") for n in range(window[1] - window[0])]
    everybody = list(stands.practitioners)
    everybody += [] if offered else [practitioner]
    return Grid(
        columns, labels, scale, bookings, everybody, min(slots, default=None), colors_of(bookings, stands.kinds)
    )


def _wall_window(
    openings: Openings,
    practitioner: Practitioner,
    days: Sequence[date],
    by_day: dict[date, list[Booking]],
    zone: str,
) -> tuple[int, int]:
    """First and last hour on the wall that any of the days needs."""
    hours: list[tuple[float, float]] = []
    for one in days:
        spans = needed(openings, [practitioner], one, by_day.get(one, ()))
        for start, end in spans:
            ends = local_time(end, zone)
            last = 24.0 if ends.date() > one else ends.hour + ends.minute / 60
            begins = local_time(start, zone)
            hours.append((begins.hour if begins.date() == one else 0, last))
    if not hours:
        return FIRST_HOUR, LAST_HOUR
    return int(min(start for start, _ in hours)), -int(-max(end for _, end in hours) // 1)
