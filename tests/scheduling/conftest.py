"""A clinic in Chicago at eight o'clock on a Monday, with one practitioner who works from eight to five."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from datetime import date, datetime, time
from http.server import ThreadingHTTPServer
from typing import Any
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.utils import timezone

from emr.accounts.clinic import in_clinic_zone
from emr.accounts.models import Clinic, Practitioner
from scheduling.models import AppointmentType
from tests.factories.accounts import ClinicFactory, PractitionerFactory
from tests.factories.scheduling import AppointmentTypeFactory, open_week
from tests.scheduling.desk import Desk
from tests.scheduling.reminders import Carrier

CHICAGO = ZoneInfo("America/Chicago")
MONDAY = date(2026, 11, 23)


def at(hour: int, minute: int = 0, day: date = MONDAY) -> datetime:
    """An instant on the clinic's wall clock."""
    return datetime.combine(day, time(hour, minute), CHICAGO)


@pytest.fixture
def monday() -> Iterator[None]:
    with time_machine.travel(at(7, 58), tick=False), timezone.override(CHICAGO):
        yield


@pytest.fixture
def doctor(monday: None) -> Practitioner:
    """Dr Okafor, who needs a database."""
    ClinicFactory()
    doctor = PractitionerFactory.create(family_name="Okafor", given_name="Amara")
    open_week(doctor)
    return doctor


@pytest.fixture
def visit_type(monday: None) -> AppointmentType:
    return AppointmentTypeFactory.create(name="Follow-up", duration_minutes=20)


@pytest.fixture
def front(person: Any, doctor: Practitioner, visit_type: AppointmentType) -> Desk:
    """Somebody at the front desk, who books with the doctor."""
    return Desk(person("front_desk"), doctor, visit_type)


@pytest.fixture
def elm_street(settings: Any) -> Iterator[Clinic]:
    """A clinic in New York, whose reminders rest at night; the clock is its own, as in its pages and tasks."""
    settings.REMINDER_QUIET_HOURS = "20:00-08:00"
    clinic = ClinicFactory.create(name="Elm Street Clinic", phone="2175550100", time_zone="America/New_York")
    with in_clinic_zone():
        yield clinic


@pytest.fixture
def carrier(settings: Any) -> Iterator[Any]:
    """A carrier of text messages on the loopback."""
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Carrier)
    server.messages, server.answer = [], 200
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    settings.SMS_URL = f"http://127.0.0.1:{server.server_address[1]}/messages"
    settings.SMS_TOKEN, settings.SMS_WEBHOOK_KEY = "token", "key"
    yield server
    server.shutdown()
    server.server_close()
    thread.join()
