"""What an old clinic brings along: visits that overlap, from before the database held that none may."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import psycopg
import pytest
from django.db import connection, transaction

from scheduling.models import Appointment
from tests.database import OWNER_URL, with_name
from tests.factories.accounts import PractitionerFactory
from tests.factories.clinic import PatientFactory
from tests.factories.scheduling import AppointmentFactory, RoomFactory
from tests.scheduling.conftest import at
from tests.scheduling.desk import Desk

_NAMES = (
    "scheduling_appointment_patient_elsewhere",
    "scheduling_appointment_room_taken",
    "scheduling_appointment_room_shared",
)


@pytest.mark.feature("C04")
def test_old_overlaps_are_passed_over_and_nothing_else(committed_db: str, front: Desk) -> None:
    rules = [one for one in Appointment._meta.constraints if one.name in _NAMES]
    assert len(rules) == len(_NAMES)
    _as_owner(committed_db, *(f"ALTER TABLE scheduling_appointment DROP CONSTRAINT {name}" for name in _NAMES))
    patient, room = PatientFactory.create(), RoomFactory.create()

    def visit(hour: int, **more: Any) -> Appointment:
        values = {"patient": PatientFactory(), "practitioner": PractitionerFactory(), **more}
        made: Appointment = AppointmentFactory(type=front.type, start_at=at(hour), **values)
        return made

    with transaction.atomic():
        overlap = [visit(9, patient=patient), visit(9, patient=patient), visit(11, room=room), visit(11, room=room)]
        for hour, more in ((10, {"patient": patient}), (12, {"room": room}), (9, {})):
            visit(hour, **more)
    with connection.schema_editor(collect_sql=True) as editor:
        again = [str(rule.create_sql(Appointment, editor)) for rule in rules]
    _as_owner(committed_db, import_module("scheduling.migrations.0004_booking").FROM_BEFORE, *again)
    passed = set(Appointment.objects.filter(before_rules=True).values_list("pk", flat=True))
    assert passed == {row.pk for row in overlap}


def _as_owner(database: str, *statements: str) -> None:
    """What a migration does, which the app's role may not."""
    with psycopg.connect(with_name(OWNER_URL, database)) as connection:
        for statement in statements:
            connection.execute(statement.encode())
