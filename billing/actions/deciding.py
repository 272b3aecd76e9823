"""A payer's decision put to its claim: on the ledger, in where the claim stands, and in who is asked next."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from billing.actions.corrected_members import tell_corrected_member
from billing.actions.credits import apply_visit_credit
from billing.actions.following import follow_claim
from billing.actions.ledger import Line, Posting, post, post_many
from billing.actions.settling import put, save_moved, settle_visits
from billing.adjudication.plan import Outcome, Plan
from billing.choices import ClaimState, LedgerAccount, TransactionKind
from billing.models import Claim, ClaimResponse
from billing.queries.business_days import open_day
from billing.queries.claim_money import who_paid_ahead, with_further_payers
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


@dataclass(frozen=True)
class Decision:
    """A decision and what it moves on its claim. ``came_from`` are the entries that bring its money: new, or as the
    credit that was kept of it.
    """

    response: ClaimResponse
    claim: Claim
    said: RemittanceClaim
    made: Plan
    came_from: Sequence[Line]

    @property
    def lines(self) -> list[Line]:
        """All that it puts on the ledger."""
        claim = self.claim
        lines = [*self.came_from, Line.on(claim, LedgerAccount.PAYER_CREDIT, -self.made.excess)]
        for move in self.made.lines:
            item = move.line.charge_item
            lines += [
                Line.on(claim, LedgerAccount.INSURANCE_RECEIVABLE, move.open - move.line.open, item),
                Line.on(claim, LedgerAccount.CONTRACTUAL, move.contractual, item),
                Line.on(claim, LedgerAccount.PATIENT_RECEIVABLE, move.patient, item),
            ]
        return [line for line in lines if line.amount]

    @property
    def about(self) -> dict[str, Any]:
        """What its transaction is of."""
        return {"claim": self.claim, "reconciliation": self.response.reconciliation, "claim_response": self.response}


def put_decisions(by: User, decisions: Sequence[Decision], *, kind: TransactionKind) -> None:
    """Do to claims, each another, what decisions say: in a few statements, and some more for those whose patient has
    another payer or paid ahead. Patients and claims must be locked, and nothing be in the way (:class:`Takeable`).
    """
    written = [Posting(lines, one.about) for one in decisions if (lines := one.lines)]
    post_many(by=by, kind=kind, business_date=open_day(), postings=written)
    for one in decisions:
        _stand(one)
    patients = {one.claim.patient_id for one in decisions}
    further, ahead = with_further_payers(patients), who_paid_ahead(patients)
    # Whoever is asked next is told what stands on file of the claim; the others are saved once, with all the rest.
    save_moved(one.claim for one in decisions if one.claim.patient_id in further | ahead)
    for one in decisions:
        claim, made, following = one.claim, one.made, None
        if made.outcome in _ASK_THE_NEXT and (made.patient or made.open) and claim.patient_id in further:
            following = follow_claim(by=by, claim=claim, forwarded=made.forwarded)
        if made.patient and following is None and claim.patient_id in ahead:
            apply_visit_credit(by=by, claim=claim)
        if corrected := one.said.name("74"):
            tell_corrected_member(by=by, claim=claim, number=corrected.identifier)
    single = [one.claim for one in decisions if one.claim.patient_id not in further | ahead]
    settle_visits(by=by, visits=[one.claim.encounter_id for one in decisions], changed=single)


def _stand(one: Decision) -> None:
    """Where the claim comes to stand, yet to be saved."""
    claim, response = one.claim, one.response
    if response.payer_control_number and not claim.payer_control_number:
        claim.payer_control_number = response.payer_control_number
    if (state := _STATES.get(one.made.outcome)) is not None:
        put(claim, state, reason=" ".join(response.reason_codes) if state != ClaimState.PAID else "")


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
