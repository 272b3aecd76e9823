"""Appointments in words: for the day, the patient's own list, and the page of one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

from django.http import Http404
from django.utils import timezone

from clinic.choices import EncounterStatus
from clinic.models import Encounter, Patient
from emr.audit.models import LogEntry
from emr.shared.dates import age_text
from emr.ui import formats
from scheduling.choices import MOVABLE, OCCUPYING, TRANSITIONS, AppointmentStatus, CancelledBy
from scheduling.models import Appointment

#: What a reader sees of a patient of whom they may not know.
RESERVED = "Reserved"
#: The visit's own state, once it has begun, says more than the appointment's.
_UNDER_WAY = frozenset({EncounterStatus.TRIAGED, EncounterStatus.IN_PROGRESS})

#: The columns from which a visit is told, for a query of many.
TOLD = (
    *("status", "start_at", "end_at", "arrived_at", "reason", "type__name", "room__name", "encounter__status"),
    *("patient__family_name", "patient__given_name", "patient__birth_date", "patient__mrn"),
    *("practitioner__family_name", "practitioner__given_name", "practitioner__credentials"),
)


@dataclass(frozen=True)
class Visit:
    """One appointment in words. ``patient_id`` is None where the reader may not know of the patient."""

    id: UUID
    patient_id: UUID | None
    name: str
    age: str
    born: str
    mrn: str
    type_name: str
    reason: str
    practitioner_name: str
    room: str
    start_at: datetime
    end_at: datetime
    status: str
    state: str
    """What colour follows: the appointment's status, or the visit's once it is under way."""
    word: str
    waiting: int | None
    """Minutes since arrival, while the patient waits."""

    @property
    def day(self) -> date:
        """The day on the clinic's wall clock."""
        return timezone.localtime(self.start_at).date()

    @property
    def occupies(self) -> bool:
        """Whether it takes its practitioner's time."""
        return self.status in OCCUPYING

    @property
    def can_check_in(self) -> bool:
        """Whether check-in is the next step."""
        return AppointmentStatus.CHECKED_IN in TRANSITIONS[self.status]

    @property
    def can_arrive(self) -> bool:
        """Whether the patient may be marked as here."""
        return AppointmentStatus.ARRIVED in TRANSITIONS[self.status]

    @property
    def can_miss(self) -> bool:
        """Whether it may be called a no-show: not before its time."""
        return AppointmentStatus.NOSHOW in TRANSITIONS[self.status] and self.start_at <= timezone.now()

    @property
    def can_move(self) -> bool:
        """Whether it may be given another time."""
        return self.status in MOVABLE

    @property
    def can_cancel(self) -> bool:
        """Whether it may be called off."""
        return AppointmentStatus.CANCELLED in TRANSITIONS[self.status]

    @property
    def can_complete(self) -> bool:
        """Whether the patient may leave."""
        return AppointmentStatus.FULFILLED in TRANSITIONS[self.status]


def describe(row: Appointment) -> Visit:
    """The appointment in words. ``row.known`` False, from the day's query, hides all but that the time is taken."""
    if not getattr(row, "known", True):
        return _reserved(row)
    patient = row.patient
    state, word = _state(row)
    return Visit(
        id=row.pk,
        patient_id=patient.pk,
        name=patient.sort_name,
        age=age_text(patient.birth_date, timezone.localtime(row.start_at).date()),
        born=formats.day(patient.birth_date),
        mrn=formats.mrn(patient.mrn),
        type_name=row.type.name,
        reason=row.reason,
        practitioner_name=row.practitioner.short_name,
        room=row.room.name if row.room is not None else "",
        start_at=row.start_at,
        end_at=row.end_at,
        status=row.status,
        state=state,
        word=word,
        waiting=_waiting(row),
    )


def _reserved(row: Appointment) -> Visit:
    """A time that is taken, by whom and how far they are is not the reader's to know."""
    booked = AppointmentStatus.BOOKED
    return Visit(
        id=row.pk,
        patient_id=None,
        name=RESERVED,
        **dict.fromkeys(("age", "born", "mrn", "type_name", "reason", "room"), ""),
        practitioner_name=row.practitioner.short_name,
        start_at=row.start_at,
        end_at=row.end_at,
        status=booked,
        state=booked,
        word=str(booked.label),
        waiting=None,
    )


def appointment_of(patient: Patient, appointment_id: UUID) -> Appointment:
    """The patient's own appointment; raises Http404 for anybody else's."""
    rows = Appointment.objects.select_related("patient", "practitioner", "type", "room", "encounter", "cancelled_by")
    row = rows.filter(patient=patient, pk=appointment_id).first()
    if row is None:
        raise Http404
    return row


@dataclass(frozen=True)
class PatientVisits:
    """A patient's appointments: those to come, the next first, and those that were, the last first."""

    upcoming: list[Visit]
    past: list[Visit]


def visits_of(patient: Patient, *, limit: int = 10) -> PatientVisits:
    """The patient's appointments in one query; called off ones are among the past."""
    rows = (
        Appointment.objects.filter(patient=patient)
        .exclude(status=AppointmentStatus.ENTERED_IN_ERROR)
        .select_related("patient", "practitioner", "type", "room", "encounter")
        .order_by("-start_at")[: 10 * limit]
    )
    now = timezone.now()
    visits = [describe(row) for row in rows]
    upcoming = [visit for visit in visits if visit.occupies and visit.end_at > now and not _over(visit)]
    past = [visit for visit in visits if visit not in upcoming]
    return PatientVisits(upcoming[::-1], past[:limit])


@dataclass(frozen=True)
class Change:
    """One line of an appointment's history."""

    at: datetime
    text: str
    by: str


def history_of(row: Appointment) -> list[Change]:
    """What happened to the appointment, the latest first, read from the log. One query."""
    entries = LogEntry.objects.filter(object_pk=row.pk, content_type__model="appointment").select_related("actor")
    return [
        Change(entry.timestamp, text, str(entry.actor))
        for entry in entries
        if (text := _told(entry.action, entry.changes or {}))
    ]


def _state(row: Appointment) -> tuple[str, str]:
    encounter = row.encounter
    if row.status == AppointmentStatus.CHECKED_IN and encounter is not None and encounter.status in _UNDER_WAY:
        return "in-progress", encounter.get_status_display()
    return row.status, row.get_status_display()


def _waiting(row: Appointment) -> int | None:
    if row.status != AppointmentStatus.ARRIVED or row.arrived_at is None:
        return None
    passed = timezone.now() - row.arrived_at
    return int(passed.total_seconds() // 60) if timedelta(0) <= passed < timedelta(hours=12) else None


def _over(visit: Visit) -> bool:
    return visit.status == AppointmentStatus.FULFILLED


def _told(action: int, changes: dict[str, list[str]]) -> str:
    if action == LogEntry.Action.CREATE:
        verb = "Moved to" if changes.get("replaces", ["", "None"])[1] != "None" else "Booked for"
        return f"{verb} {_when(changes['start_at'][1])}" if "start_at" in changes else "Booked"
    if changes.get("cancelled_for", ["", ""])[1] == CancelledBy.MOVED:
        return str(CancelledBy.MOVED.label)
    if "status" in changes:
        return AppointmentStatus(changes["status"][1]).label
    if "start_at" in changes:
        return f"Moved from {_when(changes['start_at'][0])} to {_when(changes['start_at'][1])}"
    if "practitioner" in changes:
        return "Given to another practitioner"
    return ""


def _when(text: str) -> str:
    """An instant of the log, as the pages show it; the text itself where it is none."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return text
    # The log writes instants in UTC, without saying so.
    return formats.instant(moment if timezone.is_aware(moment) else moment.replace(tzinfo=UTC))


def note_type_of(visit: Encounter) -> str:
    """The kind of note with which a visit begins, by its kind of appointment; empty where it says none. One query."""
    return Appointment.objects.filter(encounter=visit).values_list("type__note_type", flat=True).first() or ""
