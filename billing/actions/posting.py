"""A payer's remittance put on the ledger: decision by decision, whole or not at all.

What can't be put to a claim by the rules (billing.adjudication) is the payer's credit until a person has looked; so the
ledger has the remittance's amount to the cent in any case, which the database checks.
"""

from __future__ import annotations

from django.utils import timezone

from billing.actions.credits import apply_visit_credit
from billing.actions.following import follow_claim
from billing.actions.ledger import Line, lock_patients, post
from billing.actions.manual_remittances import entered_total
from billing.actions.settling import STATE_FIELDS, put, settle_visits
from billing.adjudication.plan import Outcome, Plan, plan, to_cents
from billing.choices import (
    ClaimState,
    LedgerAccount,
    ReconciliationSource,
    ReconciliationStatus,
    ResponseState,
    TransactionKind,
)
from billing.models import Claim, ClaimResponse, PaymentReconciliation, ProviderAdjustment
from billing.queries.business_days import open_day
from billing.queries.claim_money import cents_of_claims
from billing.queries.decided_lines import open_lines
from billing.queries.decisions import decision_of
from clinic.models import Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.shared.errors import Conflict, DomainError
from emr.ui import formats

_STATES = {
    Outcome.PAID: ClaimState.PAID,
    Outcome.PARTIAL: ClaimState.PARTIAL,
    Outcome.DENIED: ClaimState.DENIED,
    Outcome.REVERSED: ClaimState.REVERSED,
}
#: After these the patient's next payer is asked for what is left.
_ASK_THE_NEXT = (Outcome.PAID, Outcome.PARTIAL, Outcome.DENIED)
_FUNDS, _CREDIT = LedgerAccount.FUNDS, LedgerAccount.PAYER_CREDIT
_CHUNK = 200


@action
def choose_payer(*, by: User, reconciliation: PaymentReconciliation, payer: Payer) -> PaymentReconciliation:
    """Say which payer sent a remittance whose names are none that the clinic knows."""
    row = _draft(reconciliation)
    row.payer = payer
    row.save(update_fields=["payer", "updated_at"])
    return row


@action
def post_remittance(*, by: User, reconciliation: PaymentReconciliation) -> PaymentReconciliation:
    """Put all of a remittance on the ledger. Raises DomainError for one that doesn't balance, naming where, and while
    its payer isn't known; Conflict for one that is posted or set aside already.
    """
    row = _draft(reconciliation)
    if row.findings:
        raise DomainError(f"The remittance doesn't balance, so nothing of it is posted. {row.findings[0]}")
    if row.payer is None:
        raise DomainError("Choose the payer of this remittance first.", field="payer")
    if row.source == ReconciliationSource.MANUAL:
        _check_entered(row)
    # All at once and in one order, as everywhere where several are locked: two runs never wait for each other.
    lock_patients(row.responses.exclude(patient=None).values_list("patient_id", flat=True))
    for response in row.responses.exclude(state=ResponseState.RESOLVED).order_by("sequence").iterator(_CHUNK):
        _post_response(by, row, response)
    for adjustment in row.adjustments.order_by("sequence"):
        _post_adjustment(by, row, adjustment)
    row.status, row.posted_at, row.posted_by = ReconciliationStatus.ACTIVE, timezone.now(), by
    row.save(update_fields=["status", "posted_at", "posted_by", "updated_at"])
    return row


def _check_entered(row: PaymentReconciliation) -> None:
    entered = entered_total(row)
    if entered != row.amount:
        said = f"${formats.money(row.amount)} came in, and the decisions entered say ${formats.money(entered)}"
        raise DomainError(f"{said}: a difference of ${formats.money(abs(row.amount - entered))}.")


def _draft(reconciliation: PaymentReconciliation) -> PaymentReconciliation:
    rows = PaymentReconciliation.objects.select_for_update(of=("self",)).select_related("payer")
    row = rows.get(pk=reconciliation.pk)
    if row.status != ReconciliationStatus.DRAFT:
        raise Conflict(f"This remittance is {row.get_status_display().lower()} already.")
    return row


def _post_response(by: User, row: PaymentReconciliation, response: ClaimResponse) -> None:
    if response.claim_id is None or response.state != ResponseState.WAITING:
        _keep_as_credit(by, row, response, None)
        return
    claim = Claim.objects.on_ledger().select_for_update(of=("self",)).get(pk=response.claim_id)
    made = plan(decision_of(response), open_lines(claim), order=claim.order)
    why = made.why or _obstacle(claim, made)
    response.state, response.why = (ResponseState.REVIEW, why[:300]) if why else (ResponseState.POSTED, response.why)
    # First, because the claim to the next payer is checked with what this one decided.
    response.save(update_fields=["state", "why", "updated_at"])
    if why:
        _keep_as_credit(by, row, response, claim)
    else:
        _post_plan(by, row, response, claim, made)


def _obstacle(claim: Claim, made: Plan) -> str:
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


def _keep_as_credit(by: User, row: PaymentReconciliation, response: ClaimResponse, claim: Claim | None) -> None:
    """The money of a decision that no rule can place; nothing where nothing was paid."""
    cents = to_cents(response.paid)
    if not cents:
        return
    if claim is not None:
        lines = [Line.on(claim, _FUNDS, cents), Line.on(claim, _CREDIT, -cents)]
    else:
        lines = [Line(_FUNDS, cents, payer=row.payer), Line(_CREDIT, -cents, payer=row.payer)]
    _write(by, row, response, claim, lines)


def _post_plan(by: User, row: PaymentReconciliation, response: ClaimResponse, claim: Claim, made: Plan) -> None:
    lines = [Line.on(claim, _FUNDS, made.funds), Line.on(claim, _CREDIT, -made.excess)]
    for move in made.lines:
        item = move.line.charge_item
        lines += [
            Line.on(claim, LedgerAccount.INSURANCE_RECEIVABLE, move.open - move.line.open, item),
            Line.on(claim, LedgerAccount.CONTRACTUAL, move.contractual, item),
            Line.on(claim, LedgerAccount.PATIENT_RECEIVABLE, move.patient, item),
        ]
    if any(line.amount for line in lines):
        _write(by, row, response, claim, lines)
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
    settle_visits(by=by, visits=[claim.encounter_id])


def _write(
    by: User, row: PaymentReconciliation, response: ClaimResponse, claim: Claim | None, lines: list[Line]
) -> None:
    post(
        by=by,
        kind=TransactionKind.REMITTANCE,
        business_date=open_day(),
        lines=lines,
        claim=claim,
        reconciliation=row,
        claim_response=response,
    )


def _post_adjustment(by: User, row: PaymentReconciliation, adjustment: ProviderAdjustment) -> None:
    cents = to_cents(adjustment.amount)
    if not cents:
        return
    lines = [
        Line(LedgerAccount.PAYER_ADJUSTMENT, cents, payer=row.payer),
        Line(_FUNDS, -cents, payer=row.payer),
    ]
    post(
        by=by,
        kind=TransactionKind.PROVIDER_ADJUSTMENT,
        business_date=open_day(),
        lines=lines,
        reason=f"{adjustment.code} {adjustment.reference}".strip()[:200],
        reconciliation=row,
        provider_adjustment=adjustment,
    )
