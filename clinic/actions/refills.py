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
from emr.access.permissions import Permission
from emr.accounts.models import Practitioner, User
from emr.audit.action import action
from emr.codes.coding import Coding
from emr.shared.errors import Conflict, DomainError


@action
def request_refill(
    *,
    by: User,
    medication: MedicationStatement,
    source: str = RefillSource.PATIENT,
    pharmacy: Pharmacy | None = None,
    comment: str = "",
) -> RefillRequest:
    """Take a request down. Raises DomainError while one is waiting for this drug, and for a drug that is not taken."""
    if medication.status not in GOING_ON or medication.entered_in_error_at is not None:
        raise DomainError(f"{medication.display} is not on the list any more. Ask a clinician.")
    try:
        with transaction.atomic():
            return RefillRequest.objects.create(
                created_by=by,
                patient_id=medication.patient_id,
                medication=medication,
                source=source,
                pharmacy=pharmacy,
                comment=comment.strip(),
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
    written = draft_prescription(
        by=by,
        patient=row.patient,
        coding=Coding(drug.system, drug.code, drug.display),
        prescriber=prescriber,
        how={},
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
    return row
