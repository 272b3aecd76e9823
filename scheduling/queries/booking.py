"""What the booking page shows: who comes, which times are free, where else there is one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from uuid import UUID

from django.db.models import Count, Max, Q, QuerySet
from django.utils import timezone

from clinic.models import Patient
from clinic.queries.patients import Hit, describe, with_details
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_zone, on_calendar
from scheduling.choices import MOVABLE, AppointmentStatus, CancelledBy, WaitlistStatus
from scheduling.models import Appointment, AppointmentType, WaitlistEntry
from scheduling.openings import GRACE, Openings, Slot, find_slots
from scheduling.wallclock import day_bounds

NEXT_COUNT = 6


@dataclass(frozen=True)
class FreeDay:
    """The free times of a day, a practitioner at a time, and the next ones where the day has none."""

    day: date
    groups: list[tuple[str, list[Slot]]]
    chosen: Slot | None
    """The time that was asked for, if it is free; it may lie between the offered ones."""
    elsewhere: list[Slot]

    @property
    def count(self) -> int:
        """How many times are offered."""
        return sum(len(slots) for _, slots in self.groups)


def slot_value(slot: Slot) -> str:
    """A slot as the value of a form's field."""
    return f"{slot.practitioner_id}@{slot.start_at.isoformat()}"


def read_slot(value: str) -> tuple[UUID, datetime] | None:
    """Practitioner and start of a slot's value; None for anything else."""
    who, _, when = value.partition("@")
    try:
        found = UUID(who), datetime.fromisoformat(when)
    except ValueError:
        return None
    return found if timezone.is_aware(found[1]) and on_calendar(found[1].date()) else None


def free_day(
    practitioners: Sequence[Practitioner],
    minutes: int,
    day: date,
    *,
    wanted: str = "",
    without: Appointment | None = None,
    kind: AppointmentType | None = None,
) -> FreeDay:
    """The free times of ``minutes`` on a day. ``wanted`` is offered too where it fits between visits.

    Only sessions that take the ``kind`` count. Three or four queries; more only where the day has nothing.
    """
    openings = Openings.read(practitioners, day, day, without=without, kind=kind)
    now = timezone.now()
    groups = [(one.short_name, openings.slots(one, minutes, day, after=now, kind=kind)) for one in practitioners]
    chosen = _between(openings, practitioners, minutes, day, wanted, kind)
    if chosen is not None:
        groups = [
            (name, sorted({*slots, chosen}) if name == chosen.practitioner_name else slots) for name, slots in groups
        ]
    groups = [(name, slots) for name, slots in groups if slots]
    start = max(now, day_bounds(day, clinic_zone())[0])
    elsewhere = (
        [] if groups else find_slots(practitioners, minutes, start=start, limit=NEXT_COUNT, without=without, kind=kind)
    )
    return FreeDay(day, groups, chosen, elsewhere)


def patient_card(patient_id: UUID, known: QuerySet[Patient]) -> Hit | None:
    """The patient in words, with identifiers enough to be sure; None where the reader may not know of them."""
    patient = with_details(known.filter(pk=patient_id), known).first()
    return describe(patient) if patient is not None else None


@dataclass(frozen=True)
class Standing:
    """What the front desk should know before it books somebody: what was missed, and what is still to come today."""

    missed: int
    last_missed: date | None
    late: int
    today: list[Appointment]
    waits: list[str]


def patient_standing(patient_id: UUID) -> Standing:
    """Missed visits and late cancellations of the last two years, today's visits to come, and what they wait for.

    Three queries.
    """
    since = timezone.now() - timedelta(days=730)
    rows = Appointment.objects.filter(patient=patient_id)
    facts = rows.filter(start_at__gte=since).aggregate(
        missed=Count("pk", filter=Q(status=AppointmentStatus.NOSHOW)),
        last=Max("start_at", filter=Q(status=AppointmentStatus.NOSHOW)),
        late=Count("pk", filter=Q(cancelled_late=True, cancelled_for=CancelledBy.PATIENT)),
    )
    now = timezone.now()
    end = day_bounds(timezone.localdate(), clinic_zone())[1]
    today = rows.filter(status__in=MOVABLE, start_at__gt=now, start_at__lt=end).select_related("practitioner", "type")
    waits = WaitlistEntry.objects.filter(patient=patient_id, status=WaitlistStatus.WAITING)
    last = timezone.localtime(facts["last"]).date() if facts["last"] else None
    return Standing(facts["missed"], last, facts["late"], list(today), list(waits.values_list("type__name", flat=True)))


def _between(
    openings: Openings,
    practitioners: Sequence[Practitioner],
    minutes: int,
    day: date,
    wanted: str,
    kind: AppointmentType | None,
) -> Slot | None:
    """The wanted time, when it lies on that day, is not over or has only just begun, and the whole visit fits."""
    found = read_slot(wanted)
    one = next((one for one in practitioners if found and one.pk == found[0]), None)
    if found is None or one is None:
        return None
    slot = openings.fitting(one, found[1], minutes, after=timezone.now() - GRACE, kind=kind)
    return slot if slot is not None and timezone.localtime(slot.start_at).date() == day else None
