"""Two people at the desk press at the same moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from functools import partial

from django.utils import timezone

from clinic.models import Encounter
from emr.accounts.models import User
from scheduling.actions.appointments import cancel
from scheduling.models import Appointment
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory
from tests.races import refusals
from tests.scheduling.desk import checked_in


def _due() -> Appointment:
    start = timezone.now().replace(second=0, microsecond=0)
    made: Appointment = AppointmentFactory.create(
        patient=PatientFactory(), start_at=start, end_at=start + timedelta(minutes=20)
    )
    return made


def test_cancelled_while_checked_in_is_one_of_the_two(committed_db: str, person: Callable[..., User]) -> None:
    first, second = person("front_desk"), person("front_desk")
    for _ in range(3):
        row = _due()
        said = refusals(
            partial(checked_in, by=first, appointment=row),
            partial(cancel, by=second, appointment=row, reason="Called", cancelled_for="patient"),
        )
        row.refresh_from_db()
        assert len(said) == 1
        assert (row.encounter_id is None) == (row.status == "cancelled")
        assert Encounter.objects.filter(patient=row.patient).count() == (0 if row.status == "cancelled" else 1)
