"""Claims: made from a signed visit, checked, frozen on submission, voided; never changed after."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence

from django.db import connection
from django.utils import timezone

from billing.actions.disclosed import disclose
from billing.actions.drafts import add_items, billable, check, rebuild, total_of
from billing.choices import ChargeItemStatus, ClaimState, ClaimStatus
from billing.cms1500.form import Form1500
from billing.models import ChargeItem, Claim
from billing.queries.charges import obstacle_to_billing, without_signature
from billing.queries.forms1500 import covers, edits_of, live_forms, with_form_rows
from clinic.models import Encounter
from clinic.queries.coverages import coverage_on
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError


@action
def create_claim(*, by: User, encounter: Encounter) -> Claim:
    """Make the claim of a signed visit, to the coverage in force on the day of service; without one the patient pays.

    Asked twice, even at the same moment, it gives the claim that is there. Raises DomainError when the visit's note is
    not signed, or not cosigned where it must be, or nothing is charged.
    """
    visit = Encounter.objects.select_for_update(of=("self",)).select_related("patient").get(pk=encounter.pk)
    there = Claim.objects.filter(encounter=visit, status__in=[ClaimStatus.DRAFT, ClaimStatus.ACTIVE]).first()
    if there is not None:
        return there
    if obstacle := obstacle_to_billing(visit):
        raise DomainError(obstacle)
    charges = billable(visit)
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
        total=total_of(charges),
    )
    add_items(by, claim, charges)
    return check(claim)


@action
def refresh_claim(*, by: User, claim: Claim) -> Claim:
    """Bring a draft up to date with the visit, the coverage and the clinic, and check it again.

    Raises Conflict when it was submitted or voided meanwhile.
    """
    row = _locked([claim])[0]
    if row.status != ClaimStatus.DRAFT:
        raise Conflict(f"Claim {row.number} is {row.get_state_display().lower()} and doesn't change any more.")
    return rebuild(by, row)


@action
def submit_claims(*, by: User, claims: Sequence[Claim]) -> list[Claim]:
    """Freeze claims as they go out: all of them, or, if one isn't ready, none.

    Raises DomainError naming what each claim lacks, and Conflict when one was submitted, voided or overtaken by a
    change of charges or insurance meanwhile, or whose visit's note was unlocked or marked as wrong.
    """
    if not claims:
        raise DomainError("Choose at least one claim.")
    rows = _locked(claims)
    gone = [row.number for row in rows if row.status != ClaimStatus.DRAFT]
    if gone:
        raise Conflict(f"Already submitted or void: {', '.join(gone)}. Take them off the selection.")
    unpaid = [row.number for row in rows if row.coverage_id is None]
    if unpaid:
        raise DomainError(f"Paid by the patient, so there is no payer to submit to: {', '.join(unpaid)}.")
    _check_signed(rows)
    _check_current(rows)
    forms = live_forms(row.pk for row in rows)
    faults = [f"Claim {row.number}: {edit.message}" for row in rows for edit in edits_of(row, forms[row.pk])[:1]]
    if faults:
        raise DomainError(" ".join(faults[:5]) + (f" And {len(faults) - 5} more." if len(faults) > 5 else ""))
    submitted = [_freeze(by, row, forms[row.pk]) for row in rows]
    disclose(by, submitted)
    return submitted


@action
def void_claim(*, by: User, claim: Claim, reason: str) -> Claim:
    """Take a claim out of the running. Its charges can be billed again. Raises DomainError without a reason."""
    if not reason.strip():
        raise DomainError("Say why the claim is voided.", field="reason")
    row = _locked([claim])[0]
    if row.status == ClaimStatus.CANCELLED:
        return row
    row.status, row.state = ClaimStatus.CANCELLED, ClaimState.VOID
    row.state_reason, row.state_where = reason.strip()[:500], ""
    row.save(update_fields=["status", "state", "state_reason", "state_where", "updated_at"])
    _set_status(_charges_of(row), ChargeItemStatus.BILLABLE)
    return row


def keep_claimed(visit: Encounter) -> None:
    """Raise DomainError for a visit whose claim went out: its note says why it was billed, and stays as it is."""
    claim = Claim.objects.filter(encounter=visit, status=ClaimStatus.ACTIVE).first()
    if claim is not None:
        raise DomainError(f"Claim {claim.number} of this visit went out. Void it first, or write an addendum.")


def _check_signed(rows: Iterable[Claim]) -> None:
    """What was signed when the draft was made must still be signed. Who unlocks the note meanwhile waits, or is waited
    for."""
    visits = Encounter.objects.filter(pk__in=[row.encounter_id for row in rows])
    list(visits.select_for_update(no_key=True).order_by("pk"))
    unsigned = set(without_signature(visits).values_list("pk", flat=True))
    numbers = [row.number for row in rows if row.encounter_id in unsigned]
    if numbers:
        raise Conflict(
            f"The note of these claims' visits isn't signed any more, or not cosigned: {', '.join(numbers)}. "
            "Submit them when it is signed."
        )


def _check_current(rows: Iterable[Claim]) -> None:
    """A draft must still say what the visit's charges and the patient's insurance say."""
    drifted = [row.number for row in rows if _has_drifted(row)]
    if drifted:
        raise Conflict(
            f"The charges or the insurance changed since these were checked: {', '.join(drifted)}. Check them again."
        )


def _has_drifted(row: Claim) -> bool:
    charges = [
        charge
        for charge in row.encounter.charge_items.all()
        if charge.entered_in_error_at is None and charge.status == ChargeItemStatus.BILLABLE
    ]
    in_force = next((c for c in row.patient.coverages.all() if c.order == 1 and covers(c, row.service_date)), None)
    billed = {item.charge_item_id: item.net for item in row.items.all()}
    return {charge.pk: charge.amount for charge in charges} != billed or row.coverage != in_force


def _freeze(by: User, claim: Claim, form: Form1500) -> Claim:
    claim.snapshot = form.to_data()
    claim.snapshot_hash = hashlib.sha256(form.to_json().encode()).hexdigest()
    claim.status, claim.state = ClaimStatus.ACTIVE, ClaimState.SUBMITTED
    claim.state_reason, claim.state_where = "", ""
    claim.submitted_at, claim.submitted_by = timezone.now(), by
    _set_status(_charges_of(claim), ChargeItemStatus.BILLED)
    claim.save(
        update_fields=[
            "snapshot",
            "snapshot_hash",
            "status",
            "state",
            "state_reason",
            "state_where",
            "submitted_at",
            "submitted_by",
            "updated_at",
        ]
    )
    return claim


def _charges_of(claim: Claim) -> list[ChargeItem]:
    return [item.charge_item for item in claim.items.all()]


def _set_status(charges: Iterable[ChargeItem], status: ChargeItemStatus) -> None:
    """Move charges on; what was entered in error stays so."""
    for charge in charges:
        if charge.entered_in_error_at is None and charge.status != status:
            charge.status = status
            charge.save(update_fields=["status", "updated_at"])


def _locked(claims: Sequence[Claim]) -> list[Claim]:
    """The claims' rows, locked in one order, so that two billers never wait for each other."""
    keys = [claim.pk for claim in claims]
    rows = with_form_rows(Claim.objects.select_for_update(of=("self",)).filter(pk__in=keys))
    return list(rows.prefetch_related("encounter__charge_items").order_by("number"))


def _next_number() -> str:
    with connection.cursor() as cursor:
        cursor.execute("SELECT nextval('billing_claim_seq')")
        return str(cursor.fetchone()[0])
