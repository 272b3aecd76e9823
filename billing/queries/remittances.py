"""Remittances as they are listed, looked through before they are posted, and worked off after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet, Sum

from billing.adjudication.plan import REVERSAL, Outcome, Plan, plan
from billing.choices import FileState, ReconciliationStatus, ResponseState
from billing.models import ClaimResponse, PaymentReconciliation, ReceivedFile
from billing.queries.decided_lines import lines_after, open_lines_of
from billing.queries.decisions import decision_of
from billing.queries.ledger import from_cents, to_cents
from billing.queries.takeable import held_up, held_up_by, takeable, takes_back
from clinic.access import visible_to
from emr.accounts.models import User
from emr.ui import formats

PAGE_SIZE = 50
#: So many decisions at most are worked out for the sums of a preview.
_SUMMED = 300
_OPEN = (ResponseState.UNMATCHED, ResponseState.REVIEW)
_WORDS = {
    Outcome.PAID: "Paid",
    Outcome.PARTIAL: "Paid in part",
    Outcome.DENIED: "Denied",
    Outcome.REVERSED: "Taken back",
    Outcome.REVIEW: "Needs a person",
    Outcome.NOTE: "Moves nothing",
}


def remittances() -> QuerySet[Any]:
    """Remittances, the latest payment first, with how many decisions they hold and how many wait for a person."""
    return (
        PaymentReconciliation.objects.select_related("payer", "file", "created_by", "posted_by")
        .annotate(decisions=Count("responses"), waiting=Count("responses", filter=Q(responses__state__in=_OPEN)))
        .order_by("-payment_date", "-pk")
    )


def remittances_page(
    *, status: str = "", before: UUID | None = None
) -> tuple[list[PaymentReconciliation], UUID | None]:
    """A page of remittances of a status, ``work`` for those with decisions that wait; and where the next one begins."""
    rows = remittances()
    if status == "work":
        rows = rows.filter(status=ReconciliationStatus.ACTIVE, waiting__gt=0)
    elif status:
        rows = rows.filter(status=status)
    last = PaymentReconciliation.objects.filter(pk=before).first() if before else None
    if last is not None:
        rows = rows.filter(Q(payment_date__lt=last.payment_date) | Q(payment_date=last.payment_date, pk__lt=last.pk))
    found = list(rows[: PAGE_SIZE + 1])
    return found[:PAGE_SIZE], found[PAGE_SIZE - 1].pk if len(found) > PAGE_SIZE else None


@dataclass(frozen=True)
class FileNotice:
    """What is to be told of a received file, and the payments of it that were here already."""

    file: ReceivedFile
    known: list[PaymentReconciliation]


def file_notices() -> list[FileNotice]:
    """The latest files that weren't taken in, or not all of them, until somebody dismissed that. Two queries."""
    told = ReceivedFile.objects.filter(Q(state=FileState.REFUSED) | ~Q(known=[]), dismissed_at=None)
    files = list(told.order_by("-created_at")[:5])
    rows = PaymentReconciliation.objects.in_bulk({UUID(key) for file in files for key in file.known})
    return [FileNotice(file, [rows[key] for key in map(UUID, file.known) if key in rows]) for file in files]


def known_with(reconciliation: PaymentReconciliation) -> list[PaymentReconciliation]:
    """The payments that its file brought too, and that were here already. One query at most."""
    if reconciliation.file is None or not reconciliation.file.known:
        return []
    return list(PaymentReconciliation.objects.filter(pk__in=reconciliation.file.known).order_by("trace_number"))


@dataclass(frozen=True)
class DecisionRow:
    """A decision in words: what it says, and what it moves or moved."""

    response: ClaimResponse
    charge: str
    paid: str
    written_off: str
    patient: str
    open: str
    outcome: str
    reasons: str
    why: str

    @property
    def waits(self) -> bool:
        """Whether a person has to look."""
        return bool(self.why)


def decisions_page(
    user: User, reconciliation: PaymentReconciliation, after: int = 0
) -> tuple[list[DecisionRow], int | None]:
    """A page of decisions, in the payer's order, of patients of whom the user may know; and after which number the
    next begins. What a draft would move is worked out as if those before it were posted. Ten queries at most.
    """
    known = Q(patient=None) | Q(patient__in=visible_to(user))
    rows = reconciliation.responses.filter(known, sequence__gt=after).select_related("claim", "patient")
    found = list(rows.order_by("sequence")[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    draft = reconciliation.status == ReconciliationStatus.DRAFT
    plans = _plans([*_before(reconciliation, page, after), *page]) if draft else {}
    more = page[-1].sequence if len(found) > PAGE_SIZE else None
    return [_row(response, plans.get(response.pk)) for response in page], more


def _before(reconciliation: PaymentReconciliation, page: list[ClaimResponse], after: int) -> Iterable[ClaimResponse]:
    """What pages before this one say of the same claims."""
    claims = {response.claim_id for response in page if response.claim_id}
    if not after or not claims:
        return ()
    rows = reconciliation.responses.filter(sequence__lte=after, claim__in=claims)
    return rows.select_related("claim", "patient").order_by("sequence")


def _plans(responses: Iterable[ClaimResponse]) -> dict[UUID, Plan]:
    """What each decision would move, one after another: a correction sees what the reversal before it gave back."""
    waiting = [
        (row, row.claim, decision_of(row)) for row in responses if row.claim and row.state == ResponseState.WAITING
    ]
    lines = open_lines_of({claim.pk for _, claim, _ in waiting})
    # What those before it leave that can be taken back is known of the first decision on a claim only.
    first = {claim.pk: plan(said, lines.get(claim.pk, []), order=claim.order) for _, claim, said in reversed(waiting)}
    room, stuck = takeable(key for key, made in first.items() if takes_back(made)), held_up(first)
    plans: dict[UUID, Plan] = {}
    for row, claim, said in waiting:
        made = plan(said, lines.get(claim.pk, []), order=claim.order)
        why = room.obstacle(claim, made) if claim.pk in first or not claim.stands else ""
        first.pop(claim.pk, None)
        if not why and claim.pk in stuck and said.status != REVERSAL:
            why = held_up_by(claim)
        if why and made.outcome != Outcome.REVIEW:
            made = Plan(Outcome.REVIEW, made.funds, excess=made.funds, why=why)
        plans[row.pk] = made
        if made.outcome != Outcome.REVIEW:
            lines[claim.pk] = lines_after(made)
        elif said.status == REVERSAL:
            stuck.add(claim.pk)
    return plans


def _row(response: ClaimResponse, made: Plan | None) -> DecisionRow:
    money = (made.contractual, made.patient, made.open) if made is not None and made.outcome != Outcome.REVIEW else None
    written_off, patient, still = (formats.money(from_cents(cents)) for cents in money) if money else ("", "", "")
    return DecisionRow(
        response=response,
        charge=formats.money(response.charge),
        paid=formats.money(response.paid),
        written_off=written_off,
        patient=patient,
        open=still,
        outcome=_WORDS[made.outcome] if made is not None else response.get_state_display(),
        reasons=" ".join(response.reason_codes),
        why=(made.why if made is not None else "") or (response.why if response.state in _OPEN else ""),
    )


@dataclass(frozen=True)
class Tie:
    """How a payment comes about: what was paid on claims, less what the payer keeps back or adds beside them."""

    claims: str
    beside: str
    amount: str
    differs: str


def tie_of(reconciliation: PaymentReconciliation) -> Tie:
    """The sums of all its decisions, whoever may see them, but for those that were taken out. Two queries."""
    before = Q() if reconciliation.posted_at is None else Q(resolved_at__lte=reconciliation.posted_at)
    told = reconciliation.responses.exclude(before, state=ResponseState.RESOLVED)
    claims = told.aggregate(sum=Sum("paid"))["sum"] or Decimal(0)
    beside = -(reconciliation.adjustments.aggregate(sum=Sum("amount"))["sum"] or Decimal(0))
    off = reconciliation.amount - claims - beside
    signed = f"{'+' if beside > 0 else ''}{formats.money(beside)}"
    return Tie(formats.money(claims), signed, formats.money(reconciliation.amount), formats.money(off) if off else "")


@dataclass
class Moves:
    """What posting a draft moves, in cents. ``credit`` is the payer's, with what ``waits`` for a person."""

    paid: int = 0
    written_off: int = 0
    patient: int = 0
    open: int = 0
    credit: int = 0
    waits: int = 0

    @property
    def pairs(self) -> list[tuple[str, str]]:
        """In words and amounts."""
        sums = {
            "Paid on claims": self.paid,
            "Written off as agreed": self.written_off,
            "To patients, or their next payer": self.patient,
            "Still owed by the payer": self.open,
            "Kept as the payer's credit": self.credit,
        }
        told = [(words, formats.money(from_cents(cents))) for words, cents in sums.items()]
        return [*told, ("Wait for a person", formats.number(self.waits))]


def moves_of(reconciliation: PaymentReconciliation) -> Moves | None:
    """The sums of what posting a draft moves; None for one that is posted or set aside, and for one so long that the
    page would wait for it. Nine queries at most.
    """
    if reconciliation.status != ReconciliationStatus.DRAFT or reconciliation.claim_count > _SUMMED:
        return None
    rows = reconciliation.responses.exclude(state=ResponseState.RESOLVED).select_related("claim").order_by("sequence")
    responses, moves = list(rows), Moves()
    plans, still = _plans(responses), dict[UUID | None, int]()
    for response in responses:
        made = plans.get(response.pk)
        if made is None or made.outcome == Outcome.REVIEW:
            moves.waits, moves.credit = moves.waits + 1, moves.credit + to_cents(response.paid)
            continue
        moves.paid, moves.credit = moves.paid + made.funds - made.excess, moves.credit + made.excess
        moves.written_off, moves.patient = moves.written_off + made.contractual, moves.patient + made.patient
        still[response.claim_id] = made.open
    moves.open = sum(still.values())
    return moves
