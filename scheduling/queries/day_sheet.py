"""A day on paper for whoever works without a screen: each practitioner's visits with what the front desk needs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import groupby
from uuid import UUID

from django.db.models import Exists, OuterRef, Prefetch, QuerySet

from clinic.choices import language_name
from clinic.models import ContactPoint, Coverage, Patient
from clinic.queries.coverages import in_force
from emr.shared.dates import age_text, clinic_zone
from emr.ui import formats
from scheduling.choices import OCCUPYING
from scheduling.models import Appointment
from scheduling.queries.visits import RESERVED
from scheduling.wallclock import day_bounds


@dataclass(frozen=True)
class SheetRow:
    """One visit. ``patient_id`` is None where the reader may not know of the patient: then only the time is told."""

    patient_id: UUID | None
    time: str
    name: str
    born: str
    mrn: str
    kind: str
    reason: str
    room: str
    phone: str
    insurance: tuple[str, ...]
    copay: str
    alerts: tuple[str, ...]


@dataclass(frozen=True)
class Sheet:
    """A practitioner's day, with its totals."""

    name: str
    rows: list[SheetRow]
    minutes: int
    copays: str

    @property
    def totals(self) -> str:
        """How many visits, how long they take, what is to be collected."""
        hours, minutes = divmod(self.minutes, 60)
        visits = f"{len(self.rows)} visit{'' if len(self.rows) == 1 else 's'}"
        return f"{visits}, {hours} h {minutes:02d} min booked" + (f", copays {self.copays}" if self.copays else "")


_BY_PRACTITIONER = ("practitioner__family_name", "practitioner__given_name", "practitioner_id")


def _grouped(rows: Iterable[Appointment]) -> Iterator[tuple[UUID, Iterator[Appointment]]]:
    return groupby(rows, key=lambda row: row.practitioner_id)


def day_sheets(day: date, known: QuerySet[Patient], *, only: Sequence[UUID] = ()) -> list[Sheet]:
    """All that is booked on a day, by practitioner, nothing that was called off. Three queries.

    ``known`` are the patients of whom the reader may know. What a patient owes besides the copay is billing's to print.
    """
    start, end = day_bounds(day, clinic_zone())
    policies = Coverage.objects.filter(in_force(day)).select_related("payer").order_by("order", "created_at")
    phones = ContactPoint.objects.filter(system="phone", period_end=None, entered_in_error_at=None).order_by(
        "rank", "pk"
    )
    rows = (
        Appointment.objects.filter(status__in=OCCUPYING, start_at__lt=end, end_at__gt=start)
        .select_related("patient", "practitioner", "type", "room")
        .prefetch_related(
            Prefetch("patient__coverages", policies, to_attr="policies_of_day"),
            Prefetch("patient__telecom", phones.order_by("rank", "pk"), to_attr="phones"),
        )
        .annotate(known=Exists(known.filter(pk=OuterRef("patient_id"))))
        .order_by(*_BY_PRACTITIONER, "start_at", "created_at")
    )
    rows = rows.filter(practitioner__in=only) if only else rows
    return [_sheet([*visits], day) for _, visits in _grouped(rows)]


def visits_by_practitioner(day: date) -> list[tuple[str, int]]:
    """How many visits each sheet of the day would have, in the order of the sheets. One query."""
    start, end = day_bounds(day, clinic_zone())
    rows = Appointment.objects.filter(status__in=OCCUPYING, start_at__lt=end, end_at__gt=start)
    rows = rows.select_related("practitioner").order_by(*_BY_PRACTITIONER)
    return [(visits[0].practitioner.short_name, len(visits)) for _, one in _grouped(rows) if (visits := [*one])]


def _sheet(visits: list[Appointment], day: date) -> Sheet:
    copays = [copay for row in visits if row.known and (copay := _copay(row)) is not None]  # type: ignore[attr-defined]
    return Sheet(
        name=visits[0].practitioner.short_name,
        rows=[_row(row, day) for row in visits],
        minutes=sum(int((row.end_at - row.start_at).total_seconds()) // 60 for row in visits),
        copays=formats.money(sum(copays, Decimal(0))) if copays else "",
    )


def _row(row: Appointment, day: date) -> SheetRow:
    time = f"{formats.clock(row.start_at)}–{formats.clock(row.end_at)}"
    if not row.known:  # type: ignore[attr-defined]  # from the query
        return SheetRow(None, time, RESERVED, "", "", "", "", "", "", (), "", ())
    patient, copay = row.patient, _copay(row)
    return SheetRow(
        patient_id=patient.pk,
        time=time,
        name=patient.sort_name,
        born=f"{formats.day(patient.birth_date)} ({age_text(patient.birth_date, day)})",
        mrn=formats.mrn(patient.mrn),
        kind=row.type.name,
        reason=row.reason,
        room=row.room.name if row.room is not None else "",
        phone=next((formats.phone(one.value) for one in patient.phones), ""),  # type: ignore[attr-defined]  # prefetched
        insurance=tuple(f"{one.payer.name} {one.subscriber_id}" for one in _policies(row)) or ("None on file",),
        copay="" if not row.type.takes_copay else formats.money(copay) if copay is not None else "not known",
        alerts=_alerts(patient),
    )


def _policies(row: Appointment) -> list[Coverage]:
    """The policies in force on the day, the one that is asked first in the first place."""
    found: list[Coverage] = row.patient.policies_of_day  # type: ignore[attr-defined]  # prefetched
    return found


def _copay(row: Appointment) -> Decimal | None:
    first = next(iter(_policies(row)), None)
    return first.copay if first is not None and row.type.takes_copay else None


def _alerts(patient: Patient) -> tuple[str, ...]:
    """What must be known before the patient stands there; nothing that a sheet left lying about may not tell."""
    if not patient.interpreter_needed:
        return ()
    return (f"Interpreter: {language_name(patient.language)}" if patient.language else "Interpreter",)
