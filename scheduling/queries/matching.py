"""Whom a freed time suits, and which times suit one who waits."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, time, timedelta
from itertools import islice

from django.db.models import Case, IntegerField, Q, Value, When
from django.utils import timezone

from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_zone
from scheduling.choices import MOVABLE, OCCUPYING, OfferStatus, Priority, WaitlistStatus, Weekday
from scheduling.models import Appointment, WaitlistEntry, WaitlistOffer
from scheduling.openings import Openings, Slot, find_slots
from scheduling.spans import Span
from scheduling.wallclock import day_bounds

_WEEKDAYS = tuple(Weekday)
_STEP = timedelta(minutes=5)
#: The most urgent first.
RANK = Case(
    *(When(priority=one, then=Value(rank)) for rank, one in enumerate((Priority.ASAP, Priority.URGENT))),
    default=Value(2),
    output_field=IntegerField(),
)


def whom_it_suits(freed: Appointment, *, now: datetime, limit: int) -> list[tuple[WaitlistEntry, Slot]]:
    """Those who wait for a time like the one in which a visit stood, each with the time that they can be offered.

    Nobody is offered what they were offered before, or a time at which they are elsewhere. As many fewer are given as
    have an open offer of it. Seven queries at most.
    """
    start = max(freed.start_at, _next_step(now))
    if start >= freed.end_at:
        return []
    offers = WaitlistOffer.objects.filter(
        practitioner=freed.practitioner_id, start_at__lt=freed.end_at, end_at__gt=start
    )
    asked = set(offers.values_list("entry_id", flat=True))
    left = limit - offers.filter(status=OfferStatus.OPEN, expires_at__gt=now).count()
    busy = set(
        Appointment.objects.filter(status__in=OCCUPYING, start_at__lt=freed.end_at, end_at__gt=start).values_list(
            "patient_id", flat=True
        )
    )
    local = timezone.localtime(start)
    openings = Openings.read([freed.practitioner], local.date(), local.date())
    found: list[tuple[WaitlistEntry, Slot]] = []
    for entry in _waiting(freed, local):
        if len(found) >= left:
            break
        if entry.pk in asked or entry.patient_id in busy:
            continue
        slot = openings.fitting(freed.practitioner, start, entry.type.duration_minutes, kind=entry.type)
        if slot is not None and _suits(entry, slot):
            found.append((entry, slot))
    return found


def times_for(
    entry: WaitlistEntry, practitioners: Sequence[Practitioner], *, now: datetime, limit: int = 12
) -> list[Slot]:
    """The next free times that suit one who waits, the earliest first. Six to nine queries."""
    whom = [one for one in practitioners if entry.practitioner_id in {None, one.pk}]
    start = max(now, day_bounds(entry.from_day, clinic_zone())[0])
    between = (entry.earliest or time.min, entry.latest or time.max) if entry.earliest or entry.latest else None
    weekdays = [one for one in _WEEKDAYS if one in entry.weekdays]
    found = find_slots(
        whom,
        entry.type.duration_minutes,
        start=start,
        weekdays=weekdays,
        limit=3 * limit,
        kind=entry.type,
        between=between,
    )
    last = entry.until_day
    elsewhere = Appointment.objects.filter(patient=entry.patient_id, status__in=OCCUPYING, end_at__gt=now)
    busy = [Span(*row) for row in elsewhere.values_list("start_at", "end_at")]
    suiting = (
        slot
        for slot in found
        if _suits(entry, slot)
        and (last is None or timezone.localtime(slot.start_at).date() <= last)
        and not any(span.overlaps(Span(slot.start_at, slot.end_at)) for span in busy)
    )
    return list(islice(suiting, limit))


def _waiting(freed: Appointment, local: datetime) -> list[WaitlistEntry]:
    rows = WaitlistEntry.objects.filter(
        Q(practitioner=None) | Q(practitioner=freed.practitioner_id),
        Q(until_day=None) | Q(until_day__gte=local.date()),
        status=WaitlistStatus.WAITING,
        from_day__lte=local.date(),
        patient__active=True,
        patient__deceased_at=None,
    )
    rows = rows.exclude(patient=freed.patient_id).select_related("patient", "type", "earlier_than")
    return list(rows.order_by(RANK, "created_at", "pk"))


def _suits(entry: WaitlistEntry, slot: Slot) -> bool:
    start, end = timezone.localtime(slot.start_at), timezone.localtime(slot.end_at)
    old = entry.earlier_than
    if old is not None and old.status in MOVABLE and old.start_at <= slot.start_at:
        return False
    if entry.weekdays and _WEEKDAYS[start.weekday()] not in entry.weekdays:
        return False
    if entry.earliest is not None and start.time() < entry.earliest:
        return False
    return entry.latest is None or (end.date() == start.date() and end.time() <= entry.latest)


def _next_step(now: datetime) -> datetime:
    floor = now.replace(second=0, microsecond=0) - timedelta(minutes=now.minute % 5)
    return floor if floor == now else floor + _STEP
