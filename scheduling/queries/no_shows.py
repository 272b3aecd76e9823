"""Who didn't come: each missed visit of a period, and the counts by practitioner, type and patient."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from clinic.models import Patient
from emr.accounts.models import Practitioner
from emr.shared.dates import clinic_zone
from emr.ui import formats
from scheduling.choices import OCCUPYING, AppointmentStatus
from scheduling.models import Appointment, AppointmentType
from scheduling.wallclock import day_bounds

#: The columns of the list, as the page and the file head them.
COLUMNS = ("Time", "Patient", "Born", "MRN", "With", "Type of visit", "Fee", "Missed in the period")


@dataclass(frozen=True)
class Missed:
    """A visit to which nobody came."""

    id: UUID
    patient_id: UUID
    start_at: datetime
    name: str
    born: str
    mrn: str
    practitioner_name: str
    type_name: str
    fee: Decimal
    times: int
    """How often the patient missed a visit in the period."""

    @property
    def cells(self) -> tuple[object, ...]:
        """The row as the file has it: what the page shows, cell by cell."""
        return (
            *(formats.instant(self.start_at), self.name, self.born, self.mrn, self.practitioner_name, self.type_name),
            *(self.fee, self.times),
        )


@dataclass(frozen=True)
class Share:
    """How many of somebody's visits, or of a type's, were missed."""

    name: str
    missed: int
    due: int

    @property
    def percent(self) -> int:
        """The share in whole percent."""
        return round(100 * self.missed / self.due) if self.due else 0


@dataclass(frozen=True)
class NoShows:
    """The report of a period."""

    rows: list[Missed]
    by_practitioner: list[Share]
    by_type: list[Share]
    patients: int
    fees: Decimal


def no_shows(
    known: QuerySet[Patient],
    first: date,
    last: date,
    *,
    practitioner: Practitioner | None = None,
    kind: AppointmentType | None = None,
) -> NoShows:
    """The missed visits from ``first`` to ``last``, both included, of the patients that the reader may know.

    Due are the visits that took place or were missed. Three queries.
    """
    start, end = day_bounds(first, clinic_zone())[0], day_bounds(last, clinic_zone())[1]
    visits = Appointment.objects.filter(start_at__gte=start, start_at__lt=end, patient__in=known)
    if practitioner is not None:
        visits = visits.filter(practitioner=practitioner)
    if kind is not None:
        visits = visits.filter(type=kind)
    missed = list(
        visits.filter(status=AppointmentStatus.NOSHOW)
        .select_related("patient", "practitioner", "type")
        .order_by("-start_at", "pk")
    )
    times = Counter(row.patient_id for row in missed)
    rows = [_told(row, times[row.patient_id]) for row in missed]
    people = {one.pk: one.short_name for one in Practitioner.objects.filter(appointments__in=missed).distinct()}
    counted = visits.values("practitioner_id", "type__name").annotate(
        missed=Count("pk", filter=Q(status=AppointmentStatus.NOSHOW)),
        due=Count("pk", filter=Q(status__in=[*OCCUPYING, AppointmentStatus.NOSHOW])),
    )
    return NoShows(
        rows=rows,
        by_practitioner=_shares((people.get(one["practitioner_id"], ""), one["missed"], one["due"]) for one in counted),
        by_type=_shares((one["type__name"], one["missed"], one["due"]) for one in counted),
        patients=len(times),
        fees=sum((row.fee for row in rows), Decimal(0)),
    )


def _shares(parts: Iterable[tuple[str, int, int]]) -> list[Share]:
    missed: Counter[str] = Counter()
    due: Counter[str] = Counter()
    for name, number, of in parts:
        missed[name] += number
        due[name] += of
    return sorted(
        (Share(name, missed[name], due[name]) for name in missed if missed[name]),
        key=lambda share: (-share.missed, share.name),
    )


def _told(row: Appointment, times: int) -> Missed:
    return Missed(
        id=row.pk,
        patient_id=row.patient_id,
        start_at=row.start_at,
        name=row.patient.sort_name,
        born=formats.day(row.patient.birth_date),
        mrn=formats.mrn(row.patient.mrn),
        practitioner_name=row.practitioner.short_name,
        type_name=row.type.name,
        fee=row.type.no_show_fee,
        times=times,
    )
