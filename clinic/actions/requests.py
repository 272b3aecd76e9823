"""What patients ask of their record, and what the clinic answers."""

from __future__ import annotations

from datetime import datetime

from django.utils import timezone

from clinic.disclosing import RequestKind, RequestStatus
from clinic.models import Note, NoteAddendum, Patient, PatientRequest
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError


@action
def take_request(
    *,
    by: User,
    patient: Patient,
    what: str,
    kind: str = RequestKind.AMENDMENT,
    requested_at: datetime | None = None,
    about: Note | None = None,
) -> PatientRequest:
    """Write down what a patient asks (45 CFR 164.526(b), 164.522(a)); ``about`` is the note that it is about.

    Raises DomainError without words, for the future, and for another patient's note.
    """
    if not what.strip():
        raise DomainError("Write what the patient asks.", field="what")
    if kind not in RequestKind.values:
        raise DomainError("Choose what kind of request it is.", field="kind")
    now = timezone.now()
    if requested_at is not None and requested_at > now:
        raise DomainError("A request can't be from the future.", field="on")
    if about is not None and about.patient_id != patient.pk:
        raise DomainError("Choose a note of this patient.", field="about")
    return PatientRequest.objects.create(
        created_by=by, patient=patient, kind=kind, what=what.strip(), requested_at=requested_at or now, about=about
    )


@action
def decide_request(
    *, by: User, request: PatientRequest, accept: bool, reason: str = "", addendum: NoteAddendum | None = None
) -> PatientRequest:
    """Accept or deny a request. A denial says why; an accepted amendment may name the addendum that it led to.

    Raises Conflict for one that was decided already, DomainError for a denial without a reason, and for an addendum
    that isn't this patient's.
    """
    row = PatientRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if row.decided_at is not None:
        raise Conflict(f"{row.decided_by} has decided this request already.")
    if not accept and not reason.strip():
        raise DomainError("Say why it is denied: the patient is told.", field="reason")
    if addendum is not None and (not accept or addendum.note.patient_id != row.patient_id):
        raise DomainError("Choose an addendum of this patient, and accept the request.", field="addendum")
    row.status = RequestStatus.ACCEPTED if accept else RequestStatus.DENIED
    row.decided_at, row.decided_by = timezone.now(), by
    row.decision_reason, row.addendum = reason.strip()[:500], addendum
    row.save(update_fields=["status", "decided_at", "decided_by", "decision_reason", "addendum", "updated_at"])
    return row


@action
def add_disagreement(*, by: User, request: PatientRequest, text: str) -> PatientRequest:
    """Keep a patient's statement of disagreement with a denial (45 CFR 164.526(d)(2)); it is written once."""
    row = PatientRequest.objects.select_for_update(of=("self",)).get(pk=request.pk)
    if row.status != RequestStatus.DENIED:
        raise DomainError("Only a denied request can be disagreed with.", field="text")
    if row.disagreement:
        raise Conflict("The statement is on file already.")
    if not text.strip():
        raise DomainError("Write what the patient states.", field="text")
    row.disagreement = text.strip()[:1000]
    row.save(update_fields=["disagreement", "updated_at"])
    return row
