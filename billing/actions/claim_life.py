"""Working on claims: put on hold and released, snoozed, given to somebody, labelled, talked about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from billing.actions.drafts import check, settle
from billing.actions.ledger import lock_patient
from billing.actions.settling import STATE_FIELDS, put
from billing.choices import ClaimState, ClaimStatus
from billing.models import Claim, ClaimNote
from emr.access.permissions import Permission
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict, DomainError
from emr.ui import formats

MAX_LABELS, MAX_LABEL = 8, 30


@action
def hold(*, by: User, claim: Claim, reason: str, until: date | None = None) -> Claim:
    """Keep a claim from going out, until a day or until it is released. Raises DomainError without a reason, for a day
    that isn't to come and for a claim that went out already: that one is snoozed.
    """
    if not reason.strip():
        raise DomainError("Say what the claim waits for.", field="reason")
    if until is not None and until <= clinic_today():
        raise DomainError("Choose a day that is still to come.", field="until")
    row = _draft(claim)
    if row.coverage_id is None:
        said = f"{formats.money(row.total)} of it is the patient's to pay"
        raise Conflict(f"Claim {row.number} can't be held back: {said}.")
    put(row, ClaimState.ON_HOLD, reason=reason)
    row.hold_until = until
    row.save(update_fields=STATE_FIELDS)
    return row


@action
def release_hold(*, by: User, claim: Claim) -> Claim:
    """Let a claim go on: it is checked again, and stands where that puts it, also with the patient where the insurance
    ended meanwhile. Not on hold, it stays as it is. Raises Conflict for one that went out.
    """
    row = _draft(claim)
    if row.state != ClaimState.ON_HOLD:
        return row
    put(row, ClaimState.HELD)
    return settle(by, check(row))


@action
def snooze(*, by: User, claim: Claim, until: date | None) -> Claim:
    """Take a claim off the worklist until a day; None brings it back. Raises DomainError for a day that has come."""
    if until is not None and until <= clinic_today():
        raise DomainError("Choose a day that is still to come.", field="until")
    row = _locked(claim)
    row.snoozed_until = until
    row.save(update_fields=["snoozed_until", "updated_at"])
    return row


@action
def assign(*, by: User, claim: Claim, to: User | None) -> Claim:
    """Give a claim to somebody to work on; None gives it to nobody. Raises DomainError for one who may not bill."""
    if to is not None and not (to.is_active and to.has_perm(Permission.VIEW_BILLING)):
        raise DomainError(f"{to.get_full_name()} may not see claims.", field="assignee")
    row = _locked(claim)
    row.assignee = to
    row.save(update_fields=["assignee", "updated_at"])
    return row


@action
def label(*, by: User, claim: Claim, add: Iterable[str] = (), remove: Iterable[str] = ()) -> Claim:
    """Put labels on a claim and take labels off. Raises DomainError for more or longer ones than there is room for."""
    added, gone = [_word(text) for text in add], {_word(text).casefold() for text in remove}
    row = _locked(claim)
    kept = {text.casefold(): text for text in [*row.labels, *added] if text and text.casefold() not in gone}
    if len(kept) > MAX_LABELS:
        raise DomainError(f"A claim has room for {MAX_LABELS} labels.", field="label")
    row.labels = list(kept.values())
    row.save(update_fields=["labels", "updated_at"])
    return row


@action
def note(*, by: User, claim: Claim, text: str) -> ClaimNote:
    """Write down what was said about a claim. Raises DomainError for nothing."""
    if not text.strip():
        raise DomainError("Write what there is to say.", field="text")
    return ClaimNote.objects.create(created_by=by, claim=claim, text=text.strip()[:1000])


@action
def know_payers_number(*, by: User, claim: Claim, number: str) -> Claim:
    """Write down the payer's own number of a claim, by which it is replaced, voided and argued about. Raises
    DomainError for none and for a claim that hasn't gone out.
    """
    number = number.strip().upper()
    if not number or len(number) > 50 or not number.isprintable():
        raise DomainError("Enter the number as the payer's letter has it.", field="number")
    row = _locked(claim)
    if row.submitted_at is None:
        raise DomainError(f"Claim {row.number} hasn't gone out, so no payer knows it.", field="number")
    row.payer_control_number = number
    row.save(update_fields=["payer_control_number", "updated_at"])
    return row


@action
def release_due(*, by: User) -> int:
    """Release the claims whose hold is over today; gives how many."""
    due = Claim.objects.filter(state=ClaimState.ON_HOLD, hold_until__lte=clinic_today()).select_related("patient")
    claims = list(due.order_by("patient_id"))
    for claim in claims:
        release_hold(by=by, claim=claim)
    return len(claims)


def _locked(claim: Claim) -> Claim:
    return Claim.objects.select_for_update(of=("self",)).get(pk=claim.pk)


def _draft(claim: Claim) -> Claim:
    lock_patient(claim.patient)
    row = Claim.objects.select_for_update(of=("self",)).select_related("patient", "encounter").get(pk=claim.pk)
    if row.status != ClaimStatus.DRAFT:
        raise Conflict(f"Claim {row.number} can't be held back: it went out.")
    return row


def _word(text: str) -> str:
    word = " ".join(text.split())
    if len(word) > MAX_LABEL:
        raise DomainError(f"A label has up to {MAX_LABEL} letters.", field="label")
    return word
