"""Patients to be called back: who should come again, about when and why; the tries to reach them, and the end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from uuid import UUID, uuid5

from django.utils import timezone

from clinic.actions.documents import add_document
from clinic.models import DocumentReference, Encounter, Patient
from clinic.papers import DocumentCategory
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import DomainError
from emr.shared.records import uuid7
from emr.uploads.incoming import Incoming
from scheduling.actions.placing import locked
from scheduling.choices import OCCUPYING, RecallMethod, RecallOutcome
from scheduling.models import Appointment, AppointmentType, Recall, RecallAttempt


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


@action
def add_attempt(
    *,
    by: User,
    recall: Recall,
    method: RecallMethod | str,
    outcome: RecallOutcome | str,
    note: str = "",
    at: datetime | None = None,
    request_token: UUID | None = None,
) -> RecallAttempt:
    """Record a try to reach the patient. The ``request_token`` becomes its key: the same form sent twice counts once.

    Raises DomainError for a recall that is over.
    """
    known = RecallAttempt.objects.filter(pk=request_token, recall=recall).first() if request_token else None
    if known is not None:
        return known
    row = _open(recall)
    return RecallAttempt.objects.create(
        id=request_token or uuid7(),
        recall=row,
        method=RecallMethod(method),
        outcome=RecallOutcome(outcome),
        note=note.strip(),
        at=at or timezone.now(),
        by=by,
    )


@action
def send_letters(
    *, by: User, letters: Sequence[tuple[Recall, Incoming]], request_token: UUID
) -> list[tuple[RecallAttempt, DocumentReference]]:
    """Record that these letters went out, and keep each among the patient's documents, under the key of its try. The
    same form sent twice records and keeps one each.

    Raises DomainError where nobody is chosen, and for a recall that is over.
    """
    if not letters:
        raise DomainError("Choose at least one patient.")
    # In one order for all, as each locks its patient.
    return [
        _send(by, recall, paper, uuid5(request_token, recall.pk.hex))
        for recall, paper in sorted(letters, key=lambda pair: pair[0].patient_id)
    ]


@action
def close_recall(
    *, by: User, recall: Recall, reason: str = "", appointment: Appointment | None = None, at: datetime | None = None
) -> Recall:
    """End a recall: because a visit was booked for it, or for a reason.

    Raises DomainError without either, for a visit of somebody else's, and for a recall that is over.
    """
    # The visit's lock first, as who moves it has it: so it can't go elsewhere meanwhile.
    visit = locked(appointment) if appointment is not None else None
    row = _open(recall)
    if visit is not None:
        if visit.patient_id != row.patient_id or visit.status not in OCCUPYING:
            raise DomainError("Choose a visit of this patient that stands.", field="appointment")
        row.appointment = visit
        row.save(update_fields=["appointment", "updated_at"])
        return row
    if not reason.strip():
        raise DomainError("Say why the recall ends without a visit.", field="reason")
    row.closed_at, row.closed_by, row.close_reason = at or timezone.now(), by, reason.strip()
    row.save(update_fields=["closed_at", "closed_by", "close_reason", "updated_at"])
    return row


@action
def follow_visit(*, by: User, old: Appointment, new: Appointment) -> None:
    """A visit was moved, and its lock is held: the recalls that it was booked for are served by the new one."""
    for row in Recall.objects.select_for_update().filter(appointment=old).order_by("pk"):
        row.appointment = new
        row.save(update_fields=["appointment", "updated_at"])


def _send(by: User, recall: Recall, paper: Incoming, key: UUID) -> tuple[RecallAttempt, DocumentReference]:
    attempt = add_attempt(
        by=by, recall=recall, method=RecallMethod.LETTER, outcome=RecallOutcome.SENT, request_token=key
    )
    document = add_document(
        by=by,
        patient=recall.patient,
        category=DocumentCategory.LETTER,
        file=paper,
        description="Recall letter",
        document_date=clinic_today(),
        request_token=key,
    )
    return attempt, document


def _open(recall: Recall) -> Recall:
    row = Recall.objects.select_for_update().get(pk=recall.pk)
    if row.closed_at is not None:
        raise DomainError("This recall is over already.")
    if (
        row.appointment_id is not None
        and Appointment.objects.filter(pk=row.appointment_id, status__in=OCCUPYING).exists()
    ):
        raise DomainError("A visit has been booked for this recall already.")
    return row
