"""Claims: made from a signed visit, checked, frozen on submission; never changed after."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from billing.actions.charging import charge_submitted
from billing.actions.disclosed import disclose
from billing.actions.drafts import (
    add_items,
    billable,
    billable_among,
    check,
    insurance_of,
    keeps_payer,
    point_anew,
    rebuild_all,
    settle,
    total_of,
)
from billing.actions.freezing import charges_of, freeze, next_number, set_status
from billing.actions.ledger import lock_patient, lock_patients
from billing.actions.settling import STATE_FIELDS, put
from billing.choices import ChargeItemStatus, ClaimState, ClaimStatus
from billing.cms1500.form import Form1500
from billing.models import Claim
from billing.queries.charges import obstacle_to_billing, without_signature
from billing.queries.forms1500 import with_form_rows
from billing.queries.lineage import lineage_of
from billing.queries.scrubbing import scrubbed
from clinic.models import Encounter
from clinic.queries.coverages import first_coverage_on
from emr.accounts.clinic import current_clinic
from emr.accounts.models import Clinic, User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError


@action
def create_claim(*, by: User, encounter: Encounter) -> Claim:
    """Make the claim of a signed visit, to the coverage in force on the day of service; without one the patient pays.

    Asked twice, even at the same moment, it gives the claim that is there. Raises DomainError when the visit's note is
    not signed, or not cosigned where it must be, or nothing is charged.
    """
    lock_patients([encounter.patient_id])
    visit = Encounter.objects.select_for_update(of=("self",)).select_related("patient").get(pk=encounter.pk)
    there = Claim.objects.standing().filter(encounter=visit).order_by("order", "-created_at").first()
    if there is not None:
        return there
    if obstacle := obstacle_to_billing(visit):
        raise DomainError(obstacle)
    charges = billable(visit)
    if not charges:
        raise DomainError("The visit has no charges. Enter what was done, then make the claim.")
    lock_patient(visit.patient)
    coverage = first_coverage_on(visit.patient, charges[0].service_date)
    claim = Claim.objects.create(
        created_by=by,
        number=next_number(),
        patient=visit.patient,
        encounter=visit,
        coverage=coverage,
        payer=coverage.payer if coverage else None,
        service_date=charges[0].service_date,
        total=total_of(charges),
    )
    add_items(by, claim, charges)
    return settle(by, check(claim))


@action
def create_claims(*, by: User, encounters: Sequence[Encounter]) -> tuple[list[Claim], list[str]]:
    """Make the claims of visits, and say why not of those that can't be billed: they don't hold up the others. All
    patients are locked before the first claim is made, as everywhere.
    """
    lock_patients(visit.patient_id for visit in encounters)
    made, refused = [], []
    for visit in encounters:
        try:
            made.append(create_claim(by=by, encounter=visit))
        except DomainError as error:
            refused.append(error.message)
    return made, refused


@action
def refresh_claim(*, by: User, claim: Claim) -> Claim:
    """Bring a draft up to date with the visit, the coverage and the clinic, and check it again.

    Raises Conflict when it was submitted or voided meanwhile.
    """
    return refresh_claims(by=by, claims=[claim])[0]


@action
def refresh_claims(*, by: User, claims: Sequence[Claim]) -> list[Claim]:
    """Bring drafts up to date and check them again, a fixed number of queries for all that stay as they are.

    Raises Conflict when one was submitted or voided meanwhile.
    """
    lock_patients(claim.patient_id for claim in claims)
    rows = locked(claims)
    for row in rows:
        if row.status != ClaimStatus.DRAFT:
            raise Conflict(f"Claim {row.number} is {row.get_state_display().lower()} and doesn't change any more.")
    return rebuild_all(by, rows)


@action
def submit_claims(*, by: User, claims: Sequence[Claim]) -> list[Claim]:
    """Freeze claims as they go out: all of them, or, if one isn't ready, none.

    Raises DomainError naming what each claim lacks, and Conflict when one was submitted, voided or overtaken by a
    change of charges or insurance meanwhile, or whose visit's note was unlocked or marked as wrong.
    """
    if not claims:
        raise DomainError("Choose at least one claim.")
    lock_patients(claim.patient_id for claim in claims)
    rows = locked(claims)
    gone = [row.number for row in rows if row.status != ClaimStatus.DRAFT]
    if gone:
        raise Conflict(f"Already submitted or void: {', '.join(gone)}. Take them off the selection.")
    unpaid = [row.number for row in rows if row.coverage_id is None]
    if unpaid:
        raise DomainError(f"Paid by the patient, so there is no payer to submit to: {', '.join(unpaid)}.")
    _check_signed(rows)
    held = [row.number for row in rows if row.state == ClaimState.ON_HOLD]
    if held:
        raise DomainError(f"On hold: {', '.join(held)}. Release them first.")
    _check_current(rows)
    _check_decided_before(rows)
    checked = scrubbed(row.pk for row in rows)
    faults = [f"Claim {row.number}: {edit.message}" for row in rows for edit in checked[row.pk].holds[:1]]
    if faults:
        raise DomainError(" ".join(faults[:5]) + (f" And {len(faults) - 5} more." if len(faults) > 5 else ""))
    # The form says the letters of today; what went out can't be mended after.
    point_anew(rows)
    clinic = current_clinic()
    submitted = [_send(by, row, checked[row.pk].form, clinic) for row in rows]
    charge_submitted(by, submitted)
    disclose(by, submitted)
    return submitted


def _send(by: User, row: Claim, form: Form1500, clinic: Clinic | None) -> Claim:
    freeze(by, row, form, lineage_of(row, clinic))
    set_status(charges_of(row), ChargeItemStatus.BILLED)
    if row.replaces is not None:
        put(row.replaces, ClaimState.REPLACED)
        row.replaces.save(update_fields=STATE_FIELDS)
    return row


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


def _check_decided_before(rows: Iterable[Claim]) -> None:
    """What a payer reversed isn't the next payer's yet: it would be asked for all of it."""
    before = [row.follows_id for row in rows if row.follows_id is not None]
    if not before:
        return
    undecided = Claim.objects.filter(pk__in=before, state=ClaimState.REVERSED).order_by("pk")
    if numbers := list(undecided.values_list("number", flat=True)):
        raise DomainError(
            f"The payer before reversed its decision on {', '.join(numbers)}. "
            "Submit what follows when the correction is posted, or void it."
        )


def _has_drifted(row: Claim) -> bool:
    if row.goes_on:
        return False  # over what the claim before it charged, which is fixed
    billed = {item.charge_item_id: item.net for item in row.items.all()}
    return {charge.pk: charge.amount for charge in billable_among(row.encounter.charge_items.all())} != billed or (
        row.coverage != insurance_of(row) and not keeps_payer(row)
    )


def locked(claims: Sequence[Claim]) -> list[Claim]:
    """The claims' rows, locked in one order, so that two billers never wait for each other."""
    keys = [claim.pk for claim in claims]
    rows = with_form_rows(Claim.objects.select_for_update(of=("self",)).filter(pk__in=keys))
    return list(rows.prefetch_related("encounter__charge_items").order_by("pk"))
