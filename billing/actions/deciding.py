"""A payer's decision put to its claim: on the ledger, in where the claim stands, and in who is asked next."""

from __future__ import annotations

from collections.abc import Sequence

from billing.actions.corrected_members import tell_corrected_member
from billing.actions.credits import apply_visit_credit
from billing.actions.following import follow_claim
from billing.actions.ledger import Line, post
from billing.actions.settling import STATE_FIELDS, put, settle_visits
from billing.adjudication.plan import Outcome, Plan
from billing.choices import ClaimState, LedgerAccount, TransactionKind
from billing.models import Claim, ClaimResponse
from billing.queries.business_days import open_day
from billing.queries.claim_money import cents_of_claims
from billing.x12.remittance_records import RemittanceClaim
from emr.accounts.models import User

_STATES = {
    Outcome.PAID: ClaimState.PAID,
    Outcome.PARTIAL: ClaimState.PARTIAL,
    Outcome.DENIED: ClaimState.DENIED,
    Outcome.REVERSED: ClaimState.REVERSED,
}
#: After these the patient's next payer is asked for what is left.
_ASK_THE_NEXT = (Outcome.PAID, Outcome.PARTIAL, Outcome.DENIED)


def put_decision(
    by: User,
    response: ClaimResponse,
    claim: Claim,
    said: RemittanceClaim,
    made: Plan,
    *,
    kind: TransactionKind,
    came_from: Sequence[Line],
) -> None:
    """Do to a claim what a decision says. ``came_from`` are the entries that bring its money: new, or as the credit
    that was kept of it. The patient and the claim must be locked, and nothing be in the way (:func:`obstacle`).
    """
    lines = [*came_from, Line.on(claim, LedgerAccount.PAYER_CREDIT, -made.excess)]
    for move in made.lines:
        item = move.line.charge_item
        lines += [
            Line.on(claim, LedgerAccount.INSURANCE_RECEIVABLE, move.open - move.line.open, item),
            Line.on(claim, LedgerAccount.CONTRACTUAL, move.contractual, item),
            Line.on(claim, LedgerAccount.PATIENT_RECEIVABLE, move.patient, item),
        ]
    if any(line.amount for line in lines):
        write(by, kind, response, claim, lines)
    if response.payer_control_number and not claim.payer_control_number:
        claim.payer_control_number = response.payer_control_number
    if (state := _STATES.get(made.outcome)) is not None:
        put(claim, state, reason=" ".join(response.reason_codes) if state != ClaimState.PAID else "")
    claim.save(update_fields=[*STATE_FIELDS, "payer_control_number"])
    following = None
    if made.outcome in _ASK_THE_NEXT and (made.patient or made.open):
        following = follow_claim(by=by, claim=claim, forwarded=made.forwarded)
    if made.patient and following is None:
        apply_visit_credit(by=by, claim=claim)
    if corrected := said.name("74"):
        tell_corrected_member(by=by, claim=claim, number=corrected.identifier)
    settle_visits(by=by, visits=[claim.encounter_id])


def write(
    by: User,
    kind: TransactionKind,
    response: ClaimResponse,
    claim: Claim | None,
    lines: Sequence[Line],
    reason: str = "",
) -> None:
    """Write entries that a decision gives reason for, under its name."""
    post(
        by=by,
        kind=kind,
        business_date=open_day(),
        lines=lines,
        reason=reason,
        claim=claim,
        reconciliation=response.reconciliation,
        claim_response=response,
    )


def obstacle(claim: Claim, made: Plan) -> str:
    """Why the ledger can't take what a decision moves."""
    if not Claim.objects.standing().filter(pk=claim.pk).exists():
        return f"Claim {claim.number} is {claim.get_state_display().lower()}."
    moved = {line.line.key: line.patient for line in made.lines if line.patient < 0}
    if moved:
        paid_or_owed = _of_patient(claim)
        if any(-cents > paid_or_owed.get(key, 0) for key, cents in moved.items()):
            return "The payer takes back more than the patient was asked for: a part of it was written off."
    return ""


def _of_patient(claim: Claim) -> dict[str, int]:
    """Cents by line that are the patient's: what they owe, and what they paid on it."""
    rows = claim.ledger_entries.filter(account=LedgerAccount.PATIENT_RECEIVABLE)
    paid: dict[str, int] = {}
    for item, amount in rows.of_patients_money().values_list("charge_item", "amount"):
        paid[str(item)] = paid.get(str(item), 0) - amount
    owed = cents_of_claims([claim.pk], [LedgerAccount.PATIENT_RECEIVABLE])
    for key, cents in owed.get((claim.pk, LedgerAccount.PATIENT_RECEIVABLE), {}).items():
        paid[str(key)] = paid.get(str(key), 0) + cents
    return paid
