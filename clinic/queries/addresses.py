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
    """The condition that an address holds on a day: its end is not past.

    Both ends of a stay count. A home holds until the day before its end, on which the next one begins.
    """
    begun = Q(period_start=None) | Q(period_start__lte=day)
    later = Q(period_end__gt=day) & ~Q(use=AddressUse.OLD)
    last_day = Q(period_end=day) & ~Q(use__in=_LEFT_AT_THE_END)
    return Q(entered_in_error_at=None) & begun & (Q(period_end=None) | later | last_day)


def holds(row: PatientAddress, day: date) -> bool:
    """As :func:`in_use`, of a row that is there."""
    begun = row.period_start is None or row.period_start <= day
    if row.entered_in_error_at is not None or not begun:
        return False
    if row.period_end is None:
        return True
    if row.period_end == day:
        return row.use not in _LEFT_AT_THE_END
    return row.period_end > day and row.use != AddressUse.OLD


_LEFT_AT_THE_END = (AddressUse.HOME, AddressUse.OLD)


def home_of(patient: Patient) -> PatientAddress | None:
    """Where the patient lives today, wherever they stay for a time. One query."""
    return begun_last(patient.addresses.filter(in_use(clinic_today()), use=AddressUse.HOME))


def permanent_of(patient: Patient) -> PatientAddress | None:
    """What :func:`permanent` names today. One query."""
    return permanent(patient.addresses.filter(in_use(clinic_today())))


def permanent(rows: Iterable[PatientAddress]) -> PatientAddress | None:
    """What claims, prescriptions and papers name, of the addresses that hold on a day: the home before any other."""
    held = list(rows)
    return begun_last(row for row in held if row.use == AddressUse.HOME) or begun_last(held)


def begun_last(rows: Iterable[PatientAddress]) -> PatientAddress | None:
    """Of some addresses the one that began last; of those one without an end, and of those what was entered first."""
    in_order = sorted(rows, key=lambda row: row.pk)
    return max(in_order, key=lambda row: (row.period_start or date.min, row.period_end is None), default=None)


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
