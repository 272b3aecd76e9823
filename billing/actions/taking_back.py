"""A remittance that was posted in error, taken back as a whole: the ledger is as it was, and all of it waits again."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from django.db.models import Q, Sum

from billing.actions.credits import apply_visit_credit
from billing.actions.ledger import lock_patients, reverse_many
from billing.actions.remittances import CHUNK, response_row
from billing.actions.resubmitting import void_claim
from billing.actions.settling import put, save_moved, settle_visits
from billing.choices import (
    ClaimState,
    ClaimStatus,
    LedgerAccount,
    ReconciliationSource,
    ReconciliationStatus,
    ResponseState,
    TransactionKind,
)
from billing.claim_states import OVER
from billing.models import (
    Claim,
    ClaimResponse,
    LedgerEntry,
    LedgerTransaction,
    PaymentReconciliation,
)
from billing.queries.claim_matching import claims_decided
from billing.queries.claim_money import credit_of_payers, owed_by_claims, who_paid_ahead
from billing.queries.decisions import decision_of
from billing.queries.standing_decisions import states_decided
from emr.accounts.models import User
from emr.audit.action import action
from emr.audit.bulk import bulk_create_recorded, bulk_save_recorded
from emr.shared.errors import Conflict, DomainError
from emr.shared.records import Recorded, uuid7
from emr.shared.streams import streamed
from emr.ui import formats

M = TypeVar("M", bound=Recorded)
T = TypeVar("T")
#: What a person did to a claim's money after a decision: it would hang in the air without it.
_HANGS_ON = (TransactionKind.ADJUSTMENT, TransactionKind.TRANSFER, TransactionKind.REMITTANCE, TransactionKind.PLACED)
#: Where a decision, or the money of one, has put a claim.
_ANSWERED = (
    ClaimState.PAID,
    ClaimState.PARTIAL,
    ClaimState.DENIED,
    ClaimState.REVERSED,
    ClaimState.APPEAL,
    ClaimState.PATIENT_BALANCE,
    ClaimState.CLOSED,
)


@action
def take_back(
    *,
    by: User,
    reconciliation: PaymentReconciliation,
    reason: str,
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> PaymentReconciliation:
    """Take a posted remittance off the ledger, each of its transactions by its reversal, and give it as a draft that
    can be posted again, changed or set aside. What patients paid on it meanwhile is their credit. ``on_progress``
    hears how many transactions of how many.

    Raises DomainError without a reason; Conflict for one that isn't posted, and where something was built on it that
    must be taken back first: it says what.
    """
    if not reason.strip():
        raise DomainError("Say why it is taken back.", field="reason")
    row = PaymentReconciliation.objects.select_for_update(of=("self",)).get(pk=reconciliation.pk)
    if row.status != ReconciliationStatus.ACTIVE:
        raise Conflict(f"This remittance is {row.get_status_display().lower()}, so it isn't taken back.")
    written = _transactions(row)
    claims = _locked_claims(row, written)
    _check_nothing_hangs_on(row, written, claims)
    row.status, row.status_reason = ReconciliationStatus.ENTERED_IN_ERROR, reason.strip()[:200]
    row.save(update_fields=["status", "status_reason", "updated_at"])
    _forget_followers(by, claims, reason)
    for done in range(0, len(written), CHUNK):
        on_progress(done, len(written))
        some = written[done : done + CHUNK]
        reverse_many(by=by, transactions=some, reason=reason.strip()[:200], reconciliation=row)
    taken_out = Q(state=ResponseState.RESOLVED, resolved_at__lt=row.posted_at)
    with streamed(row.responses.exclude(taken_out).defer("content"), CHUNK) as decisions:
        for responses in _chunks(decisions):
            for response in responses:
                response.state = ResponseState.VOID
            bulk_save_recorded(responses, ["state"])
    for some_claims in _chunks(claims.values()):
        _stand_as_before(by, some_claims)
    return _again(by, row)


def _chunks(rows: Iterable[T]) -> Iterator[list[T]]:
    rest = iter(rows)
    while chunk := list(islice(rest, CHUNK)):
        yield chunk


def _transactions(row: PaymentReconciliation) -> list[LedgerTransaction]:
    """All that stands of a remittance, the latest first."""
    rows = LedgerTransaction.objects.filter(reconciliation=row, reversed_by=None)
    return list(rows.exclude(kind=TransactionKind.REVERSAL).order_by("-created_at", "-pk"))


def _locked_claims(row: PaymentReconciliation, written: Iterable[LedgerTransaction]) -> dict[UUID, Claim]:
    """Every claim that the remittance touched, with or without money."""
    told = {*row.responses.values_list("claim", flat=True), *(transaction.claim_id for transaction in written)}
    known = Claim.objects.filter(pk__in=[key for key in told if key])
    lock_patients(known.values_list("patient_id", flat=True))
    return {claim.pk: claim for claim in known.on_ledger().select_for_update(of=("self",)).order_by("pk")}


def _check_nothing_hangs_on(
    row: PaymentReconciliation, written: Iterable[LedgerTransaction], claims: dict[UUID, Claim]
) -> None:
    """Raise Conflict naming the first thing that was built on the remittance since."""
    for transaction in written:
        if transaction.kind == TransactionKind.PAYER_REFUND:
            day = formats.day(transaction.business_date)
            raise Conflict(f"Money of it was given back to the payer on {day}, so it isn't taken back any more.")
    decided = set(row.responses.filter(state=ResponseState.POSTED).values_list("claim", flat=True))
    for key in decided:
        if claims[key].state in OVER:
            claim = claims[key]
            raise Conflict(f"Claim {claim.number}, which it decided, is {claim.get_state_display().lower()} since.")
    after = Claim.objects.standing().filter(follows__in=decided, status=ClaimStatus.ACTIVE).first()
    if after is not None:
        raise Conflict(f"Claim {after.number} to the next payer went out on it. Void that one first.")
    touching = LedgerEntry.objects.filter(claim__in=decided).values("transaction")
    later = LedgerTransaction.objects.filter(pk__in=touching, kind__in=_HANGS_ON, reversed_by=None)
    later = later.exclude(reconciliation=row).filter(created_at__gt=row.posted_at).select_related("claim")
    built = later.order_by("-created_at").first()
    if built is not None:
        what, day = built.get_kind_display(), formats.day(built.business_date)
        raise Conflict(
            f"“{what}” of {day} on claim {built.claim and built.claim.number} came after it: take that back first."
        )
    _check_credit(row, claims)


def _check_credit(row: PaymentReconciliation, claims: dict[UUID, Claim]) -> None:
    """What it left as the payer's credit on claims must be there still."""
    mine = LedgerEntry.objects.filter(
        transaction__reconciliation=row, account=LedgerAccount.PAYER_CREDIT, claim__in=claims
    )
    there = credit_of_payers(claims)
    for key, cents in mine.order_by().values_list("claim").annotate(Sum("amount")):
        if -cents > max(there.get(key, 0), 0):
            raise Conflict(f"Unapplied money of it on claim {claims[key].number} was used or given back since.")


def _forget_followers(by: User, claims: Iterable[UUID], reason: str) -> None:
    """Drafts to the next payers, which were made because of it."""
    drafts = Claim.objects.standing().filter(follows__in=claims, status=ClaimStatus.DRAFT, replaces=None)
    for draft in drafts.select_related("patient"):
        void_claim(by=by, claim=draft, reason=f"The decision before it was taken back: {reason.strip()}"[:200])


def _stand_as_before(by: User, claims: Iterable[Claim]) -> None:
    """Let claims, which are locked, stand where the decisions that are left put them; what their patients paid ahead is
    used for what they owe again.
    """
    standing = set(Claim.objects.standing().filter(pk__in=[claim.pk for claim in claims]).values_list("pk", flat=True))
    back = [one for one in claims if one.pk in standing and one.state in _ANSWERED and one.submitted_at is not None]
    keys = [claim.pk for claim in back]
    states = states_decided(keys, owed_by_claims(keys))
    for claim in back:
        put(claim, states[claim.pk])
    save_moved(back)
    ahead = who_paid_ahead(claim.patient_id for claim in back)
    for claim in back:
        if claim.patient_id in ahead:
            apply_visit_credit(by=by, claim=claim)
    settle_visits(by=by, visits=[claim.encounter_id for claim in claims])


def _again(by: User, row: PaymentReconciliation) -> PaymentReconciliation:
    """The same remittance as it was taken in: to be looked through, posted or set aside."""
    made = _copy(
        row, by, id=uuid7(), status=ReconciliationStatus.DRAFT, posted_at=None, posted_by=None, status_reason=""
    )
    made.save(force_insert=True)
    with streamed(row.responses.filter(state=ResponseState.VOID).order_by("sequence"), CHUNK) as void:
        for chunk in _chunks(void):
            bulk_create_recorded(_responses_again(by, made, chunk))
    own = row.adjustments.order_by("sequence")
    bulk_create_recorded([_copy(one, by, id=uuid7(), reconciliation=made) for one in own])
    return made


def _responses_again(by: User, made: PaymentReconciliation, responses: Sequence[ClaimResponse]) -> list[ClaimResponse]:
    if made.source == ReconciliationSource.MANUAL:
        # What a person entered is about the claim that they chose.
        fresh = {"state": ResponseState.WAITING, "why": "", "resolution": "", "resolved_at": None, "resolved_by": None}
        return [_copy(one, by, id=uuid7(), reconciliation=made, **fresh) for one in responses]
    told = [decision_of(one) for one in responses]
    known = claims_decided(told)
    return [response_row(by, made, one.sequence, said, known) for one, said in zip(responses, told, strict=True)]


def _copy(row: M, by: User, **other: Any) -> M:
    """A new row that says the same, yet to be saved."""
    fields = (field.name for field in row._meta.concrete_fields if field.name not in ("id", "created_at", "updated_at"))
    return type(row)(**{name: getattr(row, name) for name in fields} | {"created_by": by} | other)
