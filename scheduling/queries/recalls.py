"""Who is to be called back, when, and what came of trying."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from uuid import UUID

from django.db.models import Case, Exists, F, OuterRef, Q, QuerySet, Value, When
from django.http import Http404
from django.utils import timezone

from clinic.models import ContactPoint, Patient
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_today
from emr.ui import formats
from scheduling.choices import OCCUPYING
from scheduling.models import Appointment, Recall

#: So many are listed; the page says where there are more.
MOST = 200
#: What the list shows: the words of its filter.
SHOWN = {"due": "Due", "coming": "Coming", "booked": "Booked", "closed": "Closed"}


@dataclass(frozen=True)
class Called:
    """A recall in words."""

    id: UUID
    patient_id: UUID
    name: str
    born: str
    mrn: str
    phone: str
    prefers: str
    reason: str
    type_name: str
    type_id: UUID | None
    practitioner_name: str
    due_on: date
    late_days: int
    attempts: list[str]
    booked: str
    closed: str

    @property
    def open(self) -> bool:
        """Whether somebody still has to reach the patient."""
        return not (self.booked or self.closed)


def recalls(known: QuerySet[Patient], *, show: str = "due", practitioner: Practitioner | None = None) -> list[Called]:
    """The recalls of the patients of whom the reader may know, the longest due first. Three queries."""
    rows = _shown(Recall.objects.filter(patient__in=known), show)
    if practitioner is not None:
        rows = rows.filter(practitioner=practitioner)
    return [_told(row) for row in _with_all(rows)[:MOST]]


def open_recalls_of(known: QuerySet[Patient]) -> QuerySet[Recall]:
    """The recalls of these patients that somebody still has to reach, with who they are."""
    rows = _shown(Recall.objects.filter(patient__in=known), "open")
    return rows.select_related("patient").order_by("due_on", "pk")


def recalls_of(patient: Patient) -> list[Called]:
    """All of one patient's. Three queries."""
    return [_told(row) for row in _with_all(patient.recalls.all())]


def recall_of(patient: Patient, recall_id: UUID) -> Recall:
    """One of the patient's. Raises Http404."""
    row = patient.recalls.filter(pk=recall_id).first()
    if row is None:
        raise Http404
    return row


def open_recall(patient: Patient, recall_id: UUID) -> Recall | None:
    """One of the patient's that nobody ended and no visit stands for; None for any other key."""
    rows = patient.recalls.filter(pk=recall_id, closed_at=None)
    return rows.exclude(appointment__status__in=OCCUPYING).first()


def coming_visits(patient: Patient) -> QuerySet[Appointment]:
    """The patient's visits to come that stand, the next first."""
    rows = patient.appointments.filter(status__in=OCCUPYING, start_at__gt=timezone.now())
    return rows.select_related("type", "practitioner").order_by("start_at")


def _shown(rows: QuerySet[Recall], show: str) -> QuerySet[Recall]:
    booked = Exists(Appointment.objects.filter(pk=OuterRef("appointment_id"), status__in=OCCUPYING))
    if show == "booked":
        return rows.filter(booked, closed_at=None)
    if show == "closed":
        return rows.exclude(closed_at=None)
    # Nobody calls who died or is a patient of this clinic no more.
    rows = rows.filter(~booked, closed_at=None, patient__active=True, patient__deceased_at=None)
    if show == "open":
        return rows
    today = clinic_today()
    return rows.filter(due_on__gt=today) if show == "coming" else rows.filter(due_on__lte=today)


def _with_all(rows: QuerySet[Recall]) -> QuerySet[Recall]:
    phone = ContactPoint.objects.filter(
        patient=OuterRef("patient_id"), system="phone", period_end=None, entered_in_error_at=None
    ).order_by("rank", "created_at")
    return (
        rows.select_related("patient", "type", "practitioner", "appointment")
        .annotate(
            phone=phone.values("value")[:1],
            stands=Case(When(Q(appointment__status__in=OCCUPYING), then=Value(True)), default=Value(False)),
        )
        .prefetch_related("attempts__by")
        .order_by(F("closed_at").desc(nulls_first=True), "due_on", "pk")
    )


def _told(row: Recall) -> Called:
    found = vars(row)
    late = (clinic_today() - row.due_on).days
    return Called(
        id=row.pk,
        patient_id=row.patient_id,
        name=row.patient.sort_name,
        born=formats.day(row.patient.birth_date),
        mrn=formats.mrn(row.patient.mrn),
        phone=formats.phone(found["phone"]),
        prefers=row.patient.get_contact_preference_display(),
        reason=row.reason,
        type_name=row.type.name if row.type else "",
        type_id=row.type_id,
        practitioner_name=row.practitioner.short_name if row.practitioner else "",
        due_on=row.due_on,
        late_days=max(late, 0),
        attempts=[
            f"{formats.day_short(one.at)} {one.get_method_display().lower()}: {one.get_outcome_display().lower()}"
            + (f" ({one.note})" if one.note else "")
            for one in row.attempts.all()
        ],
        booked=formats.instant(row.appointment.start_at) if found["stands"] and row.appointment else "",
        closed=row.close_reason,
    )
