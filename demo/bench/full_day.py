"""The fullest day that a clinic has: eight practitioners, each with thirty visits, all of different patients; and the
flow board of a hundred of them, today.

Both are made inside the benchmark's transaction and go with it.
"""

from __future__ import annotations

from datetime import date, datetime, time, timedelta

from django.db import connection
from django.utils import timezone

from clinic.models import Patient
from emr.accounts.models import Practitioner
from emr.audit.actor import acting, service_user
from emr.audit.bulk import bulk_create_recorded
from emr.shared.dates import clinic_today, clinic_zone
from emr.shared.identifiers import make_mrn
from scheduling.choices import Weekday
from scheduling.models import Appointment, AppointmentType, Schedule
from scheduling.stages import HERE, STATUS, Stage
from scheduling.wallclock import instant_at

PRACTITIONERS, VISITS, ON_BOARD = 8, 30, 100
_KIND = "Bench visit"
_STAGES = (Stage.SCHEDULED, *HERE, Stage.COMPLETED)
_LENGTH = timedelta(minutes=15)
#: Numbers that no clinic has reached.
_FIRST_MRN = 99_700_000
#: Far enough ahead that nobody has booked anything there.
_AHEAD = timedelta(weeks=60)


def make_full_day() -> date:
    """Fill a day that has no visit yet, and return it. Other practitioners stay as they are, without hours there."""
    by = service_user("bench")
    day = clinic_today() + _AHEAD
    with acting(by):
        kind = AppointmentType.objects.create(created_by=by, name=_KIND, duration_minutes=15)
        doctors = bulk_create_recorded(
            [Practitioner(family_name=f"Bench{n}", given_name="Ada") for n in range(PRACTITIONERS)]
        )
        weekday = list(Weekday)[day.weekday()]
        bulk_create_recorded(
            [
                Schedule(
                    created_by=by,
                    practitioner=doctor,
                    weekday=weekday,
                    start_time=time(8),
                    end_time=time(17),
                    effective_from=day,
                )
                for doctor in doctors
            ]
        )
        patients = bulk_create_recorded(
            [
                Patient(
                    created_by=by,
                    mrn=make_mrn(_FIRST_MRN + n),
                    family_name=f"Benchperson{n}",
                    given_name="Maria",
                    birth_date=date(1930 + n % 80, 1 + n % 12, 1 + n % 28),
                    gender="female",
                )
                for n in range(PRACTITIONERS * VISITS)
            ]
        )
        bulk_create_recorded(
            [
                Appointment(
                    created_by=by,
                    patient=patient,
                    practitioner=doctors[n % PRACTITIONERS],
                    type=kind,
                    start_at=_start(day, n // PRACTITIONERS),
                    end_at=_start(day, n // PRACTITIONERS) + _LENGTH,
                    reason="Blood pressure review",
                )
                for n, patient in enumerate(patients)
            ]
        )
    # As a commit would: else every page after this pays for the checks of these rows again.
    connection.check_constraints()
    return day


def make_full_board() -> None:
    """Put a hundred of the full day's patients on today's board, in every stage from expected to checked out."""
    by, today, now = service_user("bench"), clinic_today(), timezone.now()
    kind = AppointmentType.objects.get(name=_KIND)
    doctors = list(Practitioner.objects.filter(family_name__startswith="Bench").order_by("family_name"))
    patients = Patient.objects.filter(family_name__startswith="Benchperson").order_by("pk")[:ON_BOARD]
    with acting(by):
        bulk_create_recorded(
            [
                Appointment(
                    created_by=by,
                    patient=patient,
                    practitioner=doctors[n % PRACTITIONERS],
                    type=kind,
                    start_at=_start(today, n // PRACTITIONERS),
                    end_at=_start(today, n // PRACTITIONERS) + _LENGTH,
                    status=STATUS[_STAGES[n % len(_STAGES)]],
                    stage=_STAGES[n % len(_STAGES)],
                    stage_at=now - timedelta(minutes=n % 40),
                )
                for n, patient in enumerate(patients)
            ]
        )
    connection.check_constraints()


def _start(day: date, number: int) -> datetime:
    return instant_at(day, time(8), clinic_zone()) + number * _LENGTH
