"""Patients to be called back: who should come again, about when, and why."""

from __future__ import annotations

from datetime import date

from clinic.models import Encounter, Patient
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from scheduling.models import AppointmentType, Recall


@action
def add_recall(
    *,
    by: User,
    patient: Patient,
    due_on: date,
    reason: str,
    practitioner: Practitioner | None = None,
    type: AppointmentType | None = None,  # noqa: A002  # FHIR's word, as everywhere in this app
    encounter: Encounter | None = None,
) -> Recall:
    """Note that a patient should come again about a day. The same reason and day, still open, is the same recall.

    ``encounter`` is the visit at which it was agreed. Raises DomainError without a reason and for a day that is over.
    """
    words = reason.strip()
    if not words:
        raise DomainError("Say why the patient should come again.", field="reason")
    if due_on <= clinic_today():
        raise DomainError("The day must be after today.", field="due_on")
    Patient.objects.select_for_update().get(pk=patient.pk)
    made, _created = Recall.objects.get_or_create(
        patient=patient,
        due_on=due_on,
        reason=words,
        closed_at=None,
        defaults={"practitioner": practitioner, "type": type, "encounter": encounter, "created_by": by},
    )
    return made
