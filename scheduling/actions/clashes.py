"""What can't be booked of a series as it is, and what somebody decided about it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import islice
from uuid import UUID

from django.db import transaction
from django.db.models import Case, Exists, OuterRef, Q, When

from clinic.models import Patient
from emr.accounts.models import Practitioner
from emr.shared.errors import DomainError
from scheduling.models import Appointment, AppointmentEquipment, AppointmentType, Room
from scheduling.openings import Slot, Span, find_slots

#: What may be decided about an occurrence that can't be booked as it is.
SKIP, NEXT_FREE, OVERRIDE = "skip", "next", "override"

#: So far one looks for a time that the patient and the equipment have free too: weeks of a practitioner's free times.
_SEEN = 600
#: Of those, so many are really tried: each is booked, and given back.
_TRIED = 12
#: Books one occurrence: the day that the series names, from when to when, why all the same.
Give = Callable[[date, datetime, datetime, str], None]


@dataclass(frozen=True)
class Clash:
    """An occurrence that can't be booked as it is: why, and the next free time. ``needs_reason``: one would do."""

    day: date
    start_at: datetime
    message: str
    needs_reason: bool
    next_free: Slot | None = None


class Clashes(DomainError):
    """Some occurrences can't be booked as they are, and nobody has said what to do about them."""

    def __init__(self, clashes: list[Clash], count: int) -> None:
        many = f"{len(clashes)} of {count} visits"
        super().__init__(f"{many} can't be booked as wanted. Say what to do about each.", field="choices")
        self.clashes = clashes


@dataclass(frozen=True)
class Giver:
    """Gives the days of a series their times, as was decided where one can't be given.

    ``equipment`` are the keys of what each visit needs for itself, beside its ``room``.
    """

    give: Give
    patient: Patient
    practitioner: Practitioner
    kind: AppointmentType
    choices: Mapping[date, str]
    override_reason: str
    room: Room | None = None
    equipment: Collection[UUID] = ()

    def all(self, wanted: Sequence[tuple[date, Span]]) -> int:
        """Give every day its time; says how many were. Raises Clashes, and then the caller keeps none."""
        given, clashes = 0, []
        for day, span in wanted:
            choice = self.choices.get(day, "")
            if choice == SKIP:
                continue
            clash = self._one(day, span, choice)
            if clash is None:
                given += 1
            else:
                clashes.append(clash)
        if clashes:
            raise Clashes(clashes, len(wanted))
        return given

    def _one(self, day: date, span: Span, choice: str) -> Clash | None:
        clash = self._tried(day, span, self.override_reason if choice == OVERRIDE else "")
        if clash is None or choice == OVERRIDE:
            return clash
        free = self._next_free(day, span, keep=choice == NEXT_FREE)
        if choice == NEXT_FREE and free is not None:
            return None
        return Clash(clash.day, clash.start_at, clash.message, clash.needs_reason, free)

    def _tried(self, day: date, span: Span, why: str, *, keep: bool = True) -> Clash | None:
        try:
            with transaction.atomic():
                self.give(day, span.start, span.end, why)
                if not keep:
                    transaction.set_rollback(True)
        except DomainError as refusal:
            return Clash(day, span.start, refusal.message, refusal.field == "override_reason")
        return None

    def _next_free(self, day: date, span: Span, *, keep: bool) -> Slot | None:
        """The next time that can really be given, and given if ``keep``: others may have the patient or the room."""
        minutes = int((span.end - span.start).total_seconds() // 60)
        found = find_slots([self.practitioner], minutes, start=span.start, limit=_SEEN, kind=self.kind, room=self.room)
        away = self._away(found)
        likely = (one for one in found if not any(one.start_at < end and start < one.end_at for start, end in away))
        return next((one for one in islice(likely, _TRIED) if self._gives(day, one, keep=keep)), None)

    def _away(self, found: Sequence[Slot]) -> list[tuple[datetime, datetime]]:
        """When, among these times, the patient is elsewhere or the equipment is used. One query."""
        if not found:
            return []
        used = AppointmentEquipment.objects.filter(
            appointment=OuterRef("pk"), equipment__in=self.equipment, withdrawn=False
        )
        rows = Appointment.objects.busy(found[0].start_at, max(one.end_at for one in found))
        rows = rows.filter(Q(patient=self.patient) | Exists(used))
        return list(rows.values_list("start_at", Case(When(patient=self.patient, then="end_at"), default="until")))

    def _gives(self, day: date, slot: Slot, *, keep: bool) -> bool:
        return self._tried(day, Span(slot.start_at, slot.end_at), "", keep=keep) is None
