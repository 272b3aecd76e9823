"""Where claims stand: written by one function, which knows where they may go; and, for money, read off the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from uuid import UUID

from django.db.models import Exists, OuterRef

from billing.choices import ClaimState, TransactionKind
from billing.claim_states import DRAFTS, OVER, may_go
from billing.models import Claim, LedgerEntry, LedgerTransaction
from billing.queries.claim_money import Owed, owed_by_claims
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_save_recorded
from emr.shared.dates import clinic_today
from emr.shared.errors import Conflict

#: What is written where a claim comes to stand elsewhere.
STATE_FIELDS = ["state", "state_reason", "state_where", "state_since", "hold_until", "updated_at"]

_DECISIONS = (TransactionKind.REMITTANCE, TransactionKind.PLACED)


def put(claim: Claim, state: ClaimState, *, reason: str = "", where: str = "") -> None:
    """Put a claim where it stands now, yet to be saved (:data:`STATE_FIELDS`); the days are counted from the change.

    Raises Conflict when it can't come there from where it is.
    """
    if not may_go(claim.state, state):
        raise Conflict(
            f"Claim {claim.number} is {claim.get_state_display().lower()}, so it can't be {state.label.lower()}."
        )
    if claim.state != state:
        claim.state_since = clinic_today()
    claim.state, claim.state_reason, claim.state_where = state, reason.strip()[:500], where
    if state != ClaimState.ON_HOLD:
        claim.hold_until = None


@action
def move_claim(*, by: User, claim: Claim, to: ClaimState, reason: str = "") -> Claim:
    """Say where a claim stands, as a payer's answer or an appeal does. Raises Conflict when it can't come there."""
    row = Claim.objects.select_for_update(of=("self",)).get(pk=claim.pk)
    put(row, to, reason=reason)
    row.save(update_fields=STATE_FIELDS)
    return row


@action
def settle_visits(*, by: User, visits: Iterable[UUID], changed: Iterable[Claim] = ()) -> None:
    """Let the claims of visits stand where their money says: closed once nothing is owed any more, with the patient
    once the payer is done. The patients must be locked. Three queries where nothing changes.

    ``changed`` are claims that were put elsewhere and aren't saved yet; they are saved with the rest.
    """
    unsaved = {claim.pk: claim for claim in changed}
    remitted = LedgerTransaction.objects.filter(claim=OuterRef("pk"), kind__in=_DECISIONS, reversed_by=None)
    claims = list(
        Claim.objects.standing()
        .select_for_update(of=("self",))
        .filter(Exists(LedgerEntry.objects.filter(claim=OuterRef("pk"))), encounter__in=set(visits))
        .annotate(answered=Exists(remitted))
        .defer("snapshot", "lineage")
        .order_by("pk")
    )
    moved = dict(unsaved)
    owed = owed_by_claims(claim.pk for claim in claims)
    open_visits = {claim.encounter_id for claim in claims if owed.get(claim.pk, Owed()).total}
    for row in claims:
        claim, visit_owes = unsaved.get(row.pk, row), row.encounter_id in open_visits
        state = _by_its_money(claim, owed.get(claim.pk, Owed()), visit_owes, answered=vars(row)["answered"])
        if state != claim.state:
            put(claim, state)
            moved[claim.pk] = claim
    save_moved(moved.values())


def save_moved(claims: Iterable[Claim]) -> None:
    """Write where claims stand, and the payers' numbers of them, in three statements."""
    fields = [field for field in STATE_FIELDS if field != "updated_at"]
    bulk_save_recorded(list(claims), [*fields, "payer_control_number"])


def _by_its_money(claim: Claim, owed: Owed, visit_owes: bool, *, answered: bool) -> ClaimState:
    now = ClaimState(claim.state)
    if now in DRAFTS | OVER:
        return now
    if not visit_owes:
        return ClaimState.CLOSED
    if owed.patient and not owed.insurance:
        return ClaimState.PATIENT_BALANCE
    if now in (ClaimState.CLOSED, ClaimState.PATIENT_BALANCE) and claim.coverage_id is not None:
        # Its money came back to life: a decision stood, or the payer was never heard.
        if answered:
            return ClaimState.PARTIAL if owed.insurance else ClaimState.PAID
        return ClaimState.SUBMITTED
    return now
