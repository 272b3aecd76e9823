"""One day as a calendar: a column for each practitioner, or for each room and piece of equipment."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from functools import lru_cache

from django.urls import reverse

from emr.accounts.models import Practitioner, User
from emr.shared.dates import clinic_zone
from emr.ui.daygrid import MINUTES
from scheduling.models import AppointmentEquipment
from scheduling.openings import Span
from scheduling.queries.bookings import NOT_IN_GRID, Booking, bookings_between, minutes_of
from scheduling.queries.columns import Drawing, Scale, labels_of, lay_out, local_time, with_kinds
from scheduling.queries.grid import (
    FIRST_HOUR,
    HOUR,
    LAST_HOUR,
    Choice,
    Grid,
    GridColumn,
    Part,
    Reader,
    Terms,
    colors_of,
    column,
    counted,
    instant,
    moment,
    needed,
    openings_of,
)
from scheduling.queries.standing import Standing, around
from scheduling.wallclock import day_bounds


def day_grid(day: date, user: User, choice: Choice) -> Grid:
    """A day: a column for each practitioner who takes visits or has one, or for each room and piece of equipment."""
    zone = clinic_zone()
    bounds = day_bounds(day, zone)
    stands = around(day)
    bookings = bookings_between(*bounds, user)
    placed = tuple(one for one in bookings if one.status not in NOT_IN_GRID)
    others = tuple(_others(stands, placed))
    if choice.rooms:
        used = _equipment_used(stands, [one.id for one in placed])
        return _rooms(stands, bookings, used, day, choice, Reader.of(user), zone.key)
    return _people(stands, bookings, others, day, choice, Reader.of(user), moment(bounds), zone.key)


def _others(stands: Standing, bookings: Sequence[Booking]) -> list[Practitioner]:
    """Who takes no visits any more and still has some."""
    known = {str(one.pk) for one in stands.practitioners}
    missing = {one.practitioner_id for one in bookings} - known
    return list(Practitioner.objects.filter(pk__in=missing)) if missing else []


def _equipment_used(stands: Standing, ids: Sequence[str]) -> tuple[tuple[str, str], ...]:
    if not stands.equipment or not ids:
        return ()
    rows = AppointmentEquipment.objects.filter(appointment_id__in=ids, withdrawn=False)
    return tuple((str(one), str(other)) for one, other in rows.values_list("appointment_id", "equipment_id"))


@lru_cache(maxsize=64)
def _people(
    stands: Standing,
    bookings: tuple[Booking, ...],
    others: tuple[Practitioner, ...],
    day: date,
    choice: Choice,
    reader: Reader,
    now: int,
    zone: str,
) -> Grid:
    everybody = [*stands.practitioners, *others]
    shown = [one for one in everybody if not choice.practitioners or str(one.pk) in choice.practitioners]
    keys = {str(one.pk) for one in shown}
    bookings = tuple(one for one in bookings if one.practitioner_id in keys)
    openings = openings_of(stands, bookings)
    bounds = Span(*day_bounds(day, clinic_zone()))
    scale = _day_scale(day, bounds, needed(openings, shown, day, bookings), zone)
    columns, slots = [], []
    for one in shown:
        offered = one in stands.practitioners
        free = openings.slots(one, stands.slot_minutes, day, after=instant(now), now=instant(now)) if offered else []
        slots += free
        columns.append(
            column(
                Part(str(one.pk), one.short_name, reverse("scheduling:schedule_week", args=[day, one.pk]), day),
                one,
                openings,
                tuple(booking for booking in bookings if booking.practitioner_id == str(one.pk)),
                free,
                scale,
                Terms(stands.slot_minutes, reader, now, choice.statuses, stands.kinds),
            )
        )
    return Grid(
        columns,
        hours_of(scale),
        scale,
        bookings,
        everybody,
        min(slots, default=None),
        colors_of(bookings, stands.kinds),
    )


@lru_cache(maxsize=64)
def _rooms(
    stands: Standing,
    bookings: tuple[Booking, ...],
    used: tuple[tuple[str, str], ...],
    day: date,
    choice: Choice,
    reader: Reader,
    zone: str,
) -> Grid:
    """Rooms, then equipment, then the visits that have no room yet."""
    placed = [one for one in bookings if one.status not in NOT_IN_GRID]
    openings = openings_of(stands, bookings)
    bounds = Span(*day_bounds(day, clinic_zone()))
    scale = _day_scale(day, bounds, needed(openings, stands.practitioners, day, bookings), zone)
    parts = [(str(room.pk), room.name, [one for one in placed if one.room_id == str(room.pk)]) for room in stands.rooms]
    by_equipment: dict[str, set[str]] = {}
    for visit, thing in used:
        by_equipment.setdefault(thing, set()).add(visit)
    parts += [
        (str(thing.pk), thing.name, [one for one in placed if one.id in by_equipment.get(str(thing.pk), ())])
        for thing in stands.equipment
    ]
    parts.append(("", "No room yet", [one for one in placed if one.room_id is None]))
    columns = []
    for key, name, visits in parts:
        drawing = Drawing(key, name, scale, with_kinds(visits, stands.kinds), (), (), 0, "", False, 0, choice.statuses)
        columns.append(GridColumn(key, name, counted(len(visits)), "", lay_out(drawing), "", len(visits), 0, day))
    return Grid(
        columns, hours_of(scale), scale, bookings, list(stands.practitioners), None, colors_of(bookings, stands.kinds)
    )


def _day_scale(day: date, bounds: Span, needed: list[tuple[int, int]], zone: str) -> Scale:
    """From the first full hour to the last that anything needs, within the day."""
    start, end = minutes_of(bounds.start), minutes_of(bounds.end)
    if not needed:
        noon = start + (end - start) // 2 // HOUR * HOUR
        return Scale(noon - (12 - FIRST_HOUR) * HOUR, (LAST_HOUR - FIRST_HOUR) * HOUR // MINUTES, zone, day)
    first = max(min(one for one, _ in needed), start)
    first -= local_time(first, zone).minute
    hours = -((first - min(max(one for _, one in needed), end)) // HOUR)
    return Scale(first, hours * HOUR // MINUTES, zone, day)


def hours_of(scale: Scale) -> list[tuple[int, str]]:
    count = scale.rows * MINUTES // HOUR
    return labels_of([scale.origin + number * HOUR for number in range(count)], scale)
