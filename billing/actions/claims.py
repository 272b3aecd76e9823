"""Claims: made from a signed visit, checked, frozen on submission, voided; never changed after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from decimal import Decimal

from django.db import connection
from django.utils import timezone

from billing.choices import ChargeItemStatus, ClaimState, ClaimStatus
from billing.cms1500.edits import Edit, missing
from billing.cms1500.form import Form1500
from billing.models import ChargeItem, Claim, ClaimItem
from billing.printouts.cms1500 import live_form, pointers
from clinic.models import Encounter
from clinic.queries.coverages import coverage_on
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError


@action
def create_claim(*, by: User, encounter: Encounter) -> Claim:
    """Make the claim of a signed visit, to the coverage in force on the day of service; without one the patient pays.

    Asked twice, it gives the claim that is there. Raises DomainError when the visit's note is not signed or nothing is
    charged.
    """
    visit = Encounter.objects.select_for_update().select_related("patient").get(pk=encounter.pk)
    there = Claim.objects.filter(encounter=visit, status__in=[ClaimStatus.DRAFT, ClaimStatus.ACTIVE]).first()
    if there is not None:
        return there
    if not visit.notes.filter(signed_at__isnull=False, entered_in_error_at=None).exists():
        raise DomainError("The visit's note isn't signed yet, so it can't be billed.")
    charges = _charges(visit)
    if not charges:
        raise DomainError("The visit has no charges. Enter what was done, then make the claim.")
    coverage = coverage_on(visit.patient, charges[0].service_date)
    claim = Claim.objects.create(
        created_by=by,
        number=_next_number(),
        patient=visit.patient,
        encounter=visit,
        coverage=coverage,
        payer=coverage.payer if coverage else None,
        service_date=charges[0].service_date,
        total=_total(charges),
    )
    _add_items(by, claim, charges)
    return _check(claim)


@action
def refresh_claim(*, by: User, claim: Claim) -> Claim:
    """Bring a draft up to date with the visit, the coverage and the clinic, and check it again."""
    row = _locked([claim])[0]
    if row.status != ClaimStatus.DRAFT:
        raise DomainError(f"Claim {row.number} is submitted and doesn't change any more.")
    charges = _charges(row.encounter)
    if not charges:
        raise DomainError("The visit has no charges left. Void the claim, or enter what was done.")
    coverage = coverage_on(row.patient, charges[0].service_date)
    row.coverage, row.payer = coverage, coverage.payer if coverage else None
    row.service_date, row.total = charges[0].service_date, _total(charges)
    row.save(update_fields=["coverage", "payer", "service_date", "total", "updated_at"])
    for item in row.items.all():
        item.delete()
    _add_items(by, row, charges)
    return _check(row)


@action
def submit_claims(*, by: User, claims: Sequence[Claim]) -> list[Claim]:
    """Freeze claims as they go out: all of them, or, if one isn't ready, none.

    Raises DomainError naming each claim that lacks something, and Conflict when one was submitted meanwhile.
    """
    rows = _locked(claims)
    gone = [row.number for row in rows if row.status != ClaimStatus.DRAFT]
    if gone:
        raise Conflict(f"Already submitted or void: {', '.join(gone)}. Take them off the selection.")
    forms = {row.pk: live_form(row) for row in rows}
    faults = [f"Claim {row.number}: {edit.message}" for row in rows for edit in edits_of(row, forms[row.pk])[:1]]
    if faults:
        raise DomainError(" ".join(faults))
    return [_freeze(by, row, forms[row.pk]) for row in rows]


@action
def void_claim(*, by: User, claim: Claim, reason: str) -> Claim:
    """Take a claim out of the running. Its charges can be billed again. Raises DomainError without a reason."""
    if not reason.strip():
        raise DomainError("Say why the claim is voided.", field="reason")
    row = _locked([claim])[0]
    if row.status == ClaimStatus.CANCELLED:
        return row
    row.status, row.state, row.state_reason = ClaimStatus.CANCELLED, ClaimState.VOID, reason.strip()[:500]
    row.save(update_fields=["status", "state", "state_reason", "updated_at"])
    for item in row.items.select_related("charge_item"):
        _set_charge_status(item.charge_item, ChargeItemStatus.BILLABLE)
    return row


def edits_of(claim: Claim, form: Form1500 | None = None) -> list[Edit]:
    """What the claim's form lacks. A self-pay claim has no form, so it lacks nothing but a payer."""
    if claim.coverage_id is None:
        return []
    return missing(form or live_form(claim))


def _check(claim: Claim) -> Claim:
    """Put a draft where it belongs: ready, held with the first reason, or for the patient to pay."""
    edits = edits_of(claim)
    if claim.coverage_id is None:
        claim.state, claim.state_reason = ClaimState.PATIENT_BALANCE, ""
    elif edits:
        claim.state, claim.state_reason = ClaimState.HELD, edits[0].message[:500]
    else:
        claim.state, claim.state_reason = ClaimState.READY, ""
    claim.save(update_fields=["state", "state_reason", "updated_at"])
    return claim


def _freeze(by: User, claim: Claim, form: Form1500) -> Claim:
    if claim.coverage_id is None:
        raise DomainError(f"Claim {claim.number} has no payer: the patient pays, so there is nothing to submit.")
    claim.snapshot = form.to_data()
    claim.snapshot_hash = hashlib.sha256(form.to_json().encode()).hexdigest()
    claim.status, claim.state, claim.state_reason = ClaimStatus.ACTIVE, ClaimState.SUBMITTED, ""
    claim.submitted_at, claim.submitted_by = timezone.now(), by
    for item in claim.items.select_related("charge_item"):
        _set_charge_status(item.charge_item, ChargeItemStatus.BILLED)
    claim.save(
        update_fields=[
            "snapshot",
            "snapshot_hash",
            "status",
            "state",
            "state_reason",
            "submitted_at",
            "submitted_by",
            "updated_at",
        ]
    )
    return claim


def _set_charge_status(charge: ChargeItem, status: ChargeItemStatus) -> None:
    charge.status = status
    charge.save(update_fields=["status", "updated_at"])


def _charges(visit: Encounter) -> list[ChargeItem]:
    return list(
        visit.charge_items.filter(entered_in_error_at=None, status=ChargeItemStatus.BILLABLE).order_by(
            "service_date", "rank", "created_at"
        )
    )


def _total(charges: Iterable[ChargeItem]) -> Decimal:
    return sum((charge.amount for charge in charges), Decimal(0))


def _add_items(by: User, claim: Claim, charges: Iterable[ChargeItem]) -> None:
    for sequence, charge in enumerate(charges, 1):
        ClaimItem.objects.create(
            created_by=by,
            claim=claim,
            charge_item=charge,
            sequence=sequence,
            product_or_service=charge.code,
            modifiers=charge.modifiers,
            diagnosis_pointers=pointers(charge.diagnosis_ranks),
            serviced_start=charge.service_date,
            serviced_end=charge.service_date_end or charge.service_date,
            place_of_service=charge.place_of_service,
            quantity=charge.quantity,
            net=charge.amount,
        )


def _locked(claims: Sequence[Claim]) -> list[Claim]:
    """The claims' rows, locked in one order, so that two billers never wait for each other."""
    keys = [claim.pk for claim in claims]
    return list(
        Claim.objects.select_for_update(of=("self",))
        .select_related("patient", "encounter__practitioner", "coverage__payer", "payer")
        .filter(pk__in=keys)
        .order_by("number")
    )


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('billing_claim_seq')")
        return str(cursor.fetchone()[0])
