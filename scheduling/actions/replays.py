"""Forms that come a second time: after a double click, a reload, or from a tab that was left open."""

from __future__ import annotations

from typing import TypeVar
from uuid import UUID

from django.db.models import QuerySet

from clinic.models import Patient
from emr.shared.errors import SentBefore
from scheduling.models import Appointment, AppointmentSeries, WaitlistEntry

Row = TypeVar("Row", Appointment, AppointmentSeries, WaitlistEntry)


def made_by(rows: QuerySet[Row], token: UUID, patient: Patient) -> Row | None:
    """What this form made before, if anything. Raises SentBefore where that is another patient's, and tells no more."""
    made = rows.filter(request_token=token).first()
    if made is not None and made.patient_id != patient.pk:
        raise SentBefore
    return made
