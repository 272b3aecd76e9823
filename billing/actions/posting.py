"""A payer's remittance put on the ledger: decision by decision, whole or not at all.

What can't be put to a claim by the rules (billing.adjudication) is the payer's credit until a person has looked; so the
ledger has the remittance's amount to the cent in any case, which the database checks.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from uuid import UUID

from django.db.models import F
from django.utils import timezone

from billing.actions.deciding import Decision, put_decisions
from billing.actions.ledger import Line, Posting, lock_patients, post, post_many
from billing.actions.manual_remittances import entered_total
from billing.adjudication.plan import REVERSAL, plan, to_cents
from billing.choices import (
    LedgerAccount,
    ReconciliationSource,
    ReconciliationStatus,
    ResponseState,
    TransactionKind,
)
from billing.models import Claim, ClaimResponse, PaymentReconciliation, ProviderAdjustment
from billing.queries.asked_payers import decided_now, visits_of_several_payers
from billing.queries.business_days import open_day
from billing.queries.decided_lines import open_lines_of
from billing.queries.decisions import decision_of
from billing.queries.same_payments import same_payments
from billing.queries.takeable import held_up, held_up_by, takeable, takes_back
from clinic.models import Payer
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_save_recorded
from emr.shared.errors import Conflict, DomainError
from emr.shared.streams import streamed
from emr.ui import formats

_FUNDS, _CREDIT = LedgerAccount.FUNDS, LedgerAccount.PAYER_CREDIT
_CHUNK = 200


@action
def choose_payer(*, by: User, reconciliation: PaymentReconciliation, payer: Payer) -> PaymentReconciliation:
    """Say which payer sent a remittance whose names are none that the clinic knows.

    Raises DomainError for a payment of that payer that is here already; Conflict as :func:`post_remittance`.
    """
    row = _draft(reconciliation)
    row.payer = payer
    there = same_payments(row).first()
    if there is not None:
        raise DomainError(
            f"The payment {there.trace_number} of {formats.day(there.payment_date)} over "
            f"${formats.money(there.amount)} is here from {payer} already: "
            f"{there.get_source_display().lower()}, {there.get_status_display().lower()}. Set one of the two aside.",
            field="payer",
        )
    row.save(update_fields=["payer", "updated_at"])
    return row


@action
def post_remittance(
    *,
    by: User,
    reconciliation: PaymentReconciliation,
    looked: bool = False,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> PaymentReconciliation:
    """Put all of a remittance on the ledger; ``on_progress`` hears how many decisions of how many are done.

    Raises DomainError for one that doesn't balance, naming where, while its payer isn't known, and for one that is
    irregular unless a person has looked at that (``looked``); Conflict for one that is posted or set aside already.
    """
    row = _draft(reconciliation)
    if row.findings:
        raise DomainError(f"The remittance doesn't balance, so nothing of it is posted. {row.findings[0]}")
    if row.doubts and not looked:
        raise DomainError(f"Look at this first, and say that you did. {row.doubts[0]}", field="looked")
    if row.payer is None:
        raise DomainError("Choose the payer of this remittance first.", field="payer")
    if row.source == ReconciliationSource.MANUAL:
        _check_entered(row)
    # All at once and in one order, as everywhere where several are locked: two runs never wait for each other.
    lock_patients(row.responses.exclude(patient=None).values_list("patient_id", flat=True))
    done, total = 0, row.responses.exclude(state=ResponseState.RESOLVED).count()
    with closing(_rounds(row)) as rounds:
        for responses in rounds:
            on_progress(done, total)
            _post_responses(by, row, responses)
            done += len(responses)
    for adjustment in row.adjustments.order_by("sequence"):
        _post_adjustment(by, row, adjustment)
    row.status, row.posted_at, row.posted_by = ReconciliationStatus.ACTIVE, timezone.now(), by
    row.save(update_fields=["status", "posted_at", "posted_by", "updated_at"])
    return row


def _check_entered(row: PaymentReconciliation) -> None:
    entered = entered_total(row)
    if entered != row.amount:
        said = f"${formats.money(row.amount)} came in, and the decisions entered say ${formats.money(entered)}"
        more = " What the payer takes back beyond what it pays is entered with the payment from which it keeps that."
        beyond = more if entered < 0 else ""
        raise DomainError(f"{said}: a difference of ${formats.money(abs(row.amount - entered))}.{beyond}")


def _draft(reconciliation: PaymentReconciliation) -> PaymentReconciliation:
    rows = PaymentReconciliation.objects.select_for_update(of=("self",)).select_related("payer")
    row = rows.get(pk=reconciliation.pk)
    if row.status != ReconciliationStatus.DRAFT:
        raise Conflict(f"This remittance is {row.get_status_display().lower()} already.")
    return row


def _rounds(row: PaymentReconciliation) -> Generator[list[ClaimResponse], None, None]:
    """The decisions in their order, so many at once that no visit is among them twice: what is decided a second time
    finds what the first decision left, and what a later payer decides the claim that the first one passed on to it.
    """
    told = row.responses.exclude(state=ResponseState.RESOLVED).order_by("sequence")
    several = visits_of_several_payers(told) if row.source == ReconciliationSource.ERA else set()
    together: list[ClaimResponse] = []
    visits, before = set[UUID](), set[UUID]()
    with streamed(told.annotate(visit=F("claim__encounter")), _CHUNK) as responses:
        for response in responses:
            visit: UUID | None = vars(response)["visit"]
            if together and (len(together) == _CHUNK or visit in visits):
                yield together
                together, visits = [], set()
            if visit is not None:
                if visit in several or (visit in before and row.source == ReconciliationSource.ERA):
                    _readdress(response, visit, row.payer)
                visits.add(visit)
                before.add(visit)
            together.append(response)
    if together:
        yield together


def _readdress(response: ClaimResponse, visit: UUID, payer: Payer | None) -> None:
    """Lay a decision on the claim of the visit that it is about as things stand now; which one may be for a person."""
    if response.state != ResponseState.WAITING:
        return
    claim = decided_now(response, visit, payer)
    if claim is None:
        response.state = ResponseState.REVIEW
        response.why = "Several payers, or one of them twice, were asked for this visit. Which claim is it about?"
    elif claim != response.claim_id:
        response.claim_id = claim
        response.save(update_fields=["claim", "updated_at"])


def _post_responses(by: User, row: PaymentReconciliation, responses: Sequence[ClaimResponse]) -> None:
    keys = [response.claim_id for response in responses if response.claim_id is not None]
    rows = Claim.objects.on_ledger().select_for_update(of=("self",)).filter(pk__in=keys).order_by("pk")
    claims, lines = {claim.pk: claim for claim in rows}, open_lines_of(keys)
    placed = [(response, claims[key]) for response in responses if (key := response.claim_id) in claims and key]
    plans = {
        response.pk: plan(decision_of(response), lines.get(claim.pk, []), order=claim.order)
        for response, claim in placed
        if response.state == ResponseState.WAITING
    }
    room = takeable(claim.pk for response, claim in placed if response.pk in plans and takes_back(plans[response.pk]))
    stuck = held_up(keys, row)
    kept: list[Posting] = []
    decisions: list[Decision] = []
    for response in responses:
        response.reconciliation = row
        claim, made = claims.get(response.claim_id) if response.claim_id else None, plans.get(response.pk)
        if claim is None or made is None:
            kept += _as_credit(row, response, None)
            continue
        behind = claim.pk in stuck and response.status_code != REVERSAL
        if why := made.why or room.obstacle(claim, made) or (held_up_by(claim) if behind else ""):
            response.state, response.why = ResponseState.REVIEW, why[:300]
            kept += _as_credit(row, response, claim)
        else:
            response.state = ResponseState.POSTED
            decisions.append(
                Decision(response, claim, decision_of(response), made, [Line.on(claim, _FUNDS, made.funds)])
            )
    # First, because the claim to the next payer is checked with what this one decided.
    bulk_save_recorded(responses, ["state", "why"])
    post_many(by=by, kind=TransactionKind.REMITTANCE, business_date=open_day(), postings=kept)
    put_decisions(by, decisions, kind=TransactionKind.REMITTANCE)


def _as_credit(row: PaymentReconciliation, response: ClaimResponse, claim: Claim | None) -> list[Posting]:
    """The money of a decision that no rule can place; nothing where nothing was paid."""
    cents = to_cents(response.paid)
    if not cents:
        return []
    if claim is not None:
        lines = [Line.on(claim, _FUNDS, cents), Line.on(claim, _CREDIT, -cents)]
    else:
        lines = [Line(_FUNDS, cents, payer=row.payer), Line(_CREDIT, -cents, payer=row.payer)]
    return [Posting(lines, {"claim": claim, "reconciliation": row, "claim_response": response})]


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
