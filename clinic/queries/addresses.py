"""Which of a patient's addresses holds on a day."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from django.db.models import Q

from clinic.choices import AddressUse
from clinic.models import Patient, PatientAddress
from emr.shared.dates import clinic_today
from emr.ui import formats


def in_use(day: date) -> Q:
    """The condition that an address holds on a day. Both ends of a stay count; a home with an end was left."""
    stay = Q(period_end__gte=day) & ~Q(use__in=[AddressUse.HOME, AddressUse.OLD])
    begun = Q(period_start=None) | Q(period_start__lte=day)
    return Q(entered_in_error_at=None) & begun & (Q(period_end=None) | stay)


def holds(row: PatientAddress, day: date) -> bool:
    """As :func:`in_use`, of a row that is there."""
    begun = row.period_start is None or row.period_start <= day
    stay = row.use not in {AddressUse.HOME, AddressUse.OLD} and row.period_end is not None and row.period_end >= day
    return row.entered_in_error_at is None and begun and (row.period_end is None or stay)


def found_at(patient: Patient) -> str:
    """Where the patient is found today, in words: where they stay for a time, and until when, else their home.

    One query.
    """
    return nearest_in_words(patient.addresses.filter(in_use(clinic_today())))


def nearest_in_words(rows: Iterable[PatientAddress]) -> str:
    """Where the patient is found, of the addresses that hold on a day."""
    row = _nearest(rows)
    if row is None:
        return ""
    return f"{row} ({_stay(row)})" if row.use == AddressUse.TEMP else str(row)


def _nearest(rows: Iterable[PatientAddress]) -> PatientAddress | None:
    """A stay before the home before any other; of two stays the one that began last."""
    latest_first = sorted(rows, key=lambda row: (row.period_start or date.min, row.pk), reverse=True)
    return min(latest_first, key=lambda row: _RANK.get(AddressUse(row.use), len(_RANK)), default=None)


_RANK = {AddressUse.TEMP: 0, AddressUse.HOME: 1}


def _stay(row: PatientAddress) -> str:
    return f"staying until {formats.day(row.period_end)}" if row.period_end else "staying for a time"


def mail_lines(patient: Patient) -> list[str]:
    """Where a letter reaches the patient today, line by line; none without an address. One query."""
    row = _nearest(patient.addresses.filter(in_use(clinic_today())))
    if row is None:
        return []
    return [line for line in (row.line1, row.line2, f"{row.city}, {row.state} {row.postal_code}") if line]
