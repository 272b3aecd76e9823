"""Requests for more of a drug: taken, approved as they are or changed, denied, taken back."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from clinic.actions.errors import is_duplicate
from clinic.actions.prescriptions import draft_prescription, sign_prescription
from clinic.actions.safety import NONE_GIVEN, Reasons
from clinic.actions.tasks import complete_tasks_about
from clinic.models import Encounter, MedicationStatement, Pharmacy, RefillRequest
from clinic.models.prescriptions import RefillSource, RefillStatus
from clinic.queries.medications import GOING_ON
from clinic.queries.prescriptions import directions_now, last_prescription
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.jobs import enqueue
from emr.shared.errors import Conflict, DomainError

#: The job that answers a pharmacy's electronic request.
ANSWER_JOB = "clinic.answer_pharmacy"


@action
def request_refill(
    *,
    by: User,
    medication: MedicationStatement,
    source: str = RefillSource.PATIENT,
    pharmacy: Pharmacy | None = None,
    comment: str = "",
    message_id: str = "",
) -> RefillRequest:
    """Take a request down; ``message_id`` is that of a pharmacy's message, which is answered.

    Raises DomainError while one is waiting for this drug, and for a drug that is not taken.
    """
    if (gone := gone_from_list(medication)) is not None:
        raise gone
    try:
        with transaction.atomic():
            return RefillRequest.objects.create(
                created_by=by,
                patient_id=medication.patient_id,
                medication=medication,
                source=source,
                pharmacy=pharmacy,
                comment=comment.strip(),
                message_id=message_id,
            )
    except IntegrityError as error:
        if not is_duplicate(error):
            raise
        raise DomainError(f"A request for {medication.display} is waiting already.") from error


@action
def approve_refill(
    *,
    by: User,
    refill: RefillRequest,
    dosage_text: str,
    quantity: Decimal,
    quantity_unit: str,
    refills: int,
    reason: str = "",
    encounter: Encounter | None = None,
    reasons: Reasons = NONE_GIVEN,
    **fields: Any,
) -> RefillRequest:
    """Approve a request by a prescription that is signed with it. ``reason`` says why it is not as it was before.

    Raises DomainError for who doesn't prescribe, and for all that a prescription is refused for.
    """
    row = _waiting(refill)
    prescriber = Practitioner.objects.filter(user=by, active=True).first()
    if prescriber is None or not by.has_perm(Permission.SIGN_ORDERS):
        raise DomainError("Only a prescriber approves refills.")
    drug = row.medication
    if (gone := gone_from_list(drug)) is not None:
        raise gone
    written = draft_prescription(
        by=by,
        patient=row.patient,
        coding=Coding(drug.system, drug.code, drug.display),
        prescriber=prescriber,
        how=_taken_so(drug, dosage_text),
        encounter=encounter,
        reasons=reasons,
        dosage_text=dosage_text,
        quantity=quantity,
        quantity_unit=quantity_unit,
        refills=refills,
        pharmacy=fields.pop("pharmacy", None) or row.pharmacy,
        **fields,
    )
    row.prescription = sign_prescription(by=by, prescription=written)
    return _decided(row, by, RefillStatus.ACCEPTED, reason)


@action
def deny_refill(*, by: User, refill: RefillRequest, reason: str) -> RefillRequest:
    """Deny a request, with a reason that can be told to who asked."""
    row = _waiting(refill)
    if not by.has_perm(Permission.SIGN_ORDERS):
        raise DomainError("Only a prescriber denies refills.")
    if not reason.strip():
        raise DomainError("Say why it is denied.", field="reason")
    return _decided(row, by, RefillStatus.REJECTED, reason)


@action
def withdraw_refill(*, by: User, refill: RefillRequest, reason: str = "") -> RefillRequest:
    """The request is not needed any more."""
    return _decided(_waiting(refill), by, RefillStatus.CANCELLED, reason)


def gone_from_list(drug: MedicationStatement) -> DomainError | None:
    """Why there is no more of a drug: it is not on the list any more; None for one that is."""
    if drug.status in GOING_ON and drug.entered_in_error_at is None:
        return None
    why = f" ({drug.status_reason})" if drug.status_reason else ""
    return DomainError(
        f"{drug.display} is not on the list any more{why}. Deny the request, or prescribe the drug anew."
    )


def _taken_so(drug: MedicationStatement, dosage_text: str) -> dict[str, Any]:
    """How the drug is taken from now on: as the list says, or, where other directions are approved, by their words;
    the list and the bottle never differ."""
    if dosage_text.split() == directions_now(drug, last_prescription(drug)).split():
        return {}
    return {
        **{"dose_quantity": None, "dose_unit": "", "route": "", "frequency": "", "as_needed": False},
        "dosage_text": dosage_text,
    }


def _waiting(refill: RefillRequest) -> RefillRequest:
    rows = RefillRequest.objects.select_for_update(of=("self",)).select_related("medication", "patient", "pharmacy")
    row = rows.get(pk=refill.pk)
    if row.status != RefillStatus.REQUESTED:
        raise Conflict(f"Somebody was first: the request is {row.get_status_display().lower()}.")
    return row


def _decided(row: RefillRequest, by: User, status: RefillStatus, reason: str) -> RefillRequest:
    """The decision, with which every task about the request is done."""
    row.status, row.decided_at, row.decided_by = status, timezone.now(), by
    row.decision_reason = reason.strip()[:300]
    row.save(update_fields=["status", "decided_at", "decided_by", "decision_reason", "prescription", "updated_at"])
    complete_tasks_about(by=by, row=row)
    if row.message_id:
        enqueue(ANSWER_JOB, key=f"{ANSWER_JOB}:{row.pk}", by=by, payload={"refill": str(row.pk)})
    return row
