"""Which policy each booked visit will use: the one in force on its own day."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date

from django.utils import timezone

from clinic.choices import CoverageStatus, EligibilityOutcome
from clinic.models import Coverage, CoverageEligibilityResponse, Patient
from emr.shared.dates import clinic_zone
from emr.ui import formats
from scheduling.choices import AppointmentStatus
from scheduling.models import Appointment
from scheduling.wallclock import day_bounds

_SHOWN = 20
_COMING = [AppointmentStatus.PENDING, AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN]


@dataclass(frozen=True)
class VisitCoverage:
    """A coming visit and the policies that count on its day, the primary first."""

    when: str
    type_name: str
    policies: list[str]


def visit_coverages(patient: Patient) -> list[VisitCoverage]:
    """The coming visits of a patient with their policies. Two queries."""
    start, _ = day_bounds(timezone.localdate(timezone=clinic_zone()), clinic_zone())
    rows = patient.appointments.filter(status__in=_COMING, start_at__gte=start).select_related("type")
    visits = list(rows.order_by("start_at")[:_SHOWN])
    policies = list(patient.coverages.filter(status=CoverageStatus.ACTIVE).select_related("payer").order_by("order"))
    return [
        VisitCoverage(
            formats.instant(visit.start_at),
            visit.type.name,
            [f"{policy.payer.name} {policy.subscriber_id}" for policy in on_day(policies, _day(visit))],
        )
        for visit in visits
    ]


def on_day(policies: Iterable[Coverage], day: date) -> Iterator[Coverage]:
    """Those of some active policies that cover a day; both ends count."""
    for policy in policies:
        started = policy.period_start is None or policy.period_start <= day
        if started and (policy.period_end is None or day <= policy.period_end):
            yield policy


def unchecked_on(day: date) -> list[Coverage]:
    """The policies of the patients booked for a day whose payers haven't answered for that day, the primary ones first:
    a secondary that ended unseen is a claim refused later. Three queries.
    """
    start, end = day_bounds(day, clinic_zone())
    booked = Appointment.objects.filter(start_at__gte=start, start_at__lt=end, status__in=_COMING[:2])
    patients = set(booked.order_by().values_list("patient_id", flat=True))
    answered = CoverageEligibilityResponse.objects.filter(serviced_date=day, outcome=EligibilityOutcome.COMPLETE)
    policies = Coverage.objects.filter(patient__in=patients, status=CoverageStatus.ACTIVE).order_by(
        "order", "created_at"
    )
    asked = set(answered.filter(patient__in=patients).order_by().values_list("coverage_id", flat=True))
    return [policy for policy in on_day(policies, day) if policy.pk not in asked]


def _day(visit: Appointment) -> date:
    return visit.start_at.astimezone(clinic_zone()).date()
