"""Claims about claims: one that replaces another (7), and one that tells the payer to forget another (8)."""

from __future__ import annotations

from dataclasses import replace

from billing.actions.charging import unwind
from billing.actions.claims import locked
from billing.actions.disclosed import disclose
from billing.actions.drafts import add_items, billable, check, total_of
from billing.actions.freezing import charges_of, freeze, next_number, set_status
from billing.actions.ledger import lock_patient
from billing.actions.settling import STATE_FIELDS, put
from billing.choices import ChargeItemStatus, ClaimFrequency, ClaimState, ClaimStatus
from billing.cms1500.form import Frequency, Resubmission
from billing.models import Claim
from billing.queries.forms1500 import form_of
from billing.queries.lineage import source_of
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import uuid7


@action
def replace_claim(*, by: User, claim: Claim) -> Claim:
    """Begin the claim that takes the place of one that went out (7). The visit's charges can be changed again; what is
    on file and on the ledger stays until the replacement goes out too, and what was paid goes over to it.

    Asked twice, it gives the draft that is there. Raises DomainError for a claim that never went out, for one of which
    the payer's number isn't known, and while a claim to the next payer follows it; Conflict for one that is void or
    replaced already.
    """
    lock_patient(claim.patient)
    row = locked([claim])[0]
    there = Claim.objects.filter(replaces=row, status=ClaimStatus.DRAFT).first()
    if there is not None:
        return there
    _check_takes_place(row)
    if row.status != ClaimStatus.ACTIVE or row.coverage_id is None:
        raise DomainError(f"Claim {row.number} isn't submitted, so it can be changed as it is.")
    if not row.payer_control_number:
        raise DomainError(
            f"A replacement names the payer's own number of claim {row.number}, which isn't known yet. "
            "Enter it, or void the claim and bill the visit again.",
            field="payer_control_number",
        )
    set_status(charges_of(row), ChargeItemStatus.BILLABLE)
    charges = billable(row.encounter)
    made = Claim.objects.create(
        created_by=by,
        number=next_number(),
        patient=row.patient,
        encounter=row.encounter,
        coverage=row.coverage,
        payer=row.payer,
        order=row.order,
        follows=row.follows,
        frequency=ClaimFrequency.REPLACEMENT,
        replaces=row,
        service_date=row.service_date,
        total=total_of(charges),
    )
    add_items(by, made, charges)
    return check(made)


@action
def void_claim(*, by: User, claim: Claim, reason: str) -> Claim:
    """Take a claim out of the running. Its charges can be billed again, what it put on the ledger is taken back, and
    what was paid on it is credit. Where the payer knows the claim by a number, a claim of frequency 8 goes out, which
    tells it. Asked twice, it does nothing.

    Raises DomainError without a reason, and while a claim to the next payer or a replacement in the making stands on
    it; Conflict when it is replaced.
    """
    if not reason.strip():
        raise DomainError("Say why the claim is voided.", field="reason")
    lock_patient(claim.patient)
    row = locked([claim])[0]
    if row.status == ClaimStatus.CANCELLED:
        return row
    _check_takes_place(row)
    begun = Claim.objects.filter(replaces=row, status=ClaimStatus.DRAFT).first()
    if begun is not None:
        raise DomainError(f"Claim {begun.number} is being made to replace this one. Void that one first.")
    unwind(by, row, f"Void: {reason.strip()}"[:200])
    if row.submitted_at is None and row.replaces is not None:
        set_status(charges_of(row.replaces), ChargeItemStatus.BILLED)
    elif row.follows_id is None:
        set_status(charges_of(row), ChargeItemStatus.BILLABLE)
    if row.submitted_at is not None:
        if row.payer_control_number:
            _tell_payer(by, row)
        _cancel_replaced(row, reason)
    return _cancel(row, reason)


def _cancel(row: Claim, reason: str) -> Claim:
    row.status = ClaimStatus.CANCELLED
    put(row, ClaimState.VOID, reason=reason)
    row.save(update_fields=["status", *STATE_FIELDS])
    return row


def _cancel_replaced(row: Claim, reason: str) -> None:
    """With a replacement that went out falls what it replaced, or the visit could never be billed again."""
    before = row.replaces
    while before is not None:
        before = _cancel(Claim.objects.select_for_update(of=("self",)).get(pk=before.pk), reason).replaces


def _tell_payer(by: User, row: Claim) -> Claim:
    """The claim of frequency 8: what was submitted, under a number of its own, naming the payer's. It goes out at once
    and charges nothing.
    """
    number = next_number()
    form = form_of(row)
    lines = tuple(
        replace(line, control_number=f"{number}L{place}") if line.control_number else line
        for place, line in enumerate(form.service_lines, 1)
    )
    form = replace(
        form,
        account_number=number,
        resubmission=Resubmission(frequency=Frequency.VOID, original_reference=row.payer_control_number),
        service_lines=lines,
    )
    made = Claim.objects.create(
        created_by=by,
        number=number,
        patient=row.patient,
        encounter=row.encounter,
        coverage=row.coverage,
        payer=row.payer,
        state=ClaimState.READY,
        order=row.order,
        frequency=ClaimFrequency.VOID,
        replaces=row,
        service_date=row.service_date,
        total=row.total,
        amount_paid=row.amount_paid,
    )
    for item in row.items.all():
        item.pk, item.claim, item.created_by = uuid7(), made, by
        item.save(force_insert=True)
    own = {"22": [source_of(row, "payer_control_number")], "26": [source_of(made, "number")]}
    freeze(by, made, form, {**row.lineage, **own} if row.lineage else None)
    disclose(by, [made])
    return made


def _check_takes_place(row: Claim) -> None:
    """Raise what keeps a claim from being voided or replaced, locked as it is."""
    if row.state == ClaimState.REPLACED:
        raise Conflict(f"Claim {row.number} is replaced. Open the claim that replaced it.")
    if row.status == ClaimStatus.CANCELLED:
        raise Conflict(f"Claim {row.number} is void.")
    if row.frequency == ClaimFrequency.VOID:
        raise DomainError(
            "This claim tells the payer that another is void. It can't be taken back; bill the visit again."
        )
    after = Claim.objects.standing().filter(follows=row).first()
    if after is not None:
        raise DomainError(f"Claim {after.number} to the next payer follows this one. Void that one first.")
