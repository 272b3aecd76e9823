"""A broken glass, for the tests of several rooms."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from django.utils import timezone

from clinic.models import BreakGlass, Patient
from emr.accounts.models import User
from tests.factories.base import RecordFactory, factory
from tests.factories.clinic import PatientFactory


class BreakGlassFactory(RecordFactory[BreakGlass]):
    """An emergency access that began now and lasts an hour."""

    class Meta:
        model = BreakGlass

    patient = factory.SubFactory(PatientFactory, restricted=True)
    reason_code = "emergency"
    reason = "Collapsed in the waiting room"
    purpose = "ETREAT"
    started_at = factory.LazyFunction(timezone.now)
    expires_at = factory.LazyAttribute(lambda row: row.started_at + timedelta(hours=1))


def broken(user: User, patient: Patient | None = None, *, ago: timedelta = timedelta(0), **more: Any) -> BreakGlass:
    """An emergency access of ``user`` that began ``ago``; over by the clock where that is more than an hour."""
    started: datetime = timezone.now() - ago
    if patient is not None:
        more["patient"] = patient
    made: BreakGlass = BreakGlassFactory.create(user=user, started_at=started, **more)
    return made
