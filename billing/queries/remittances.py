"""Remittances as they are listed, looked through before they are posted, and worked off after."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db.models import Count, Q, QuerySet

from billing.adjudication.matching import OpenLine
from billing.adjudication.plan import Outcome, Plan, plan
from billing.choices import ReconciliationStatus, ResponseState
from billing.models import ClaimResponse, PaymentReconciliation, ReceivedFile
from billing.queries.decided_lines import open_lines_of
from billing.queries.decisions import decision_of
from billing.queries.ledger import from_cents
from clinic.access import visible_to
from emr.accounts.models import User
from emr.ui import formats

PAGE_SIZE = 50
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
        PaymentReconciliation.objects.select_related("payer", "created_by", "posted_by")
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


def refused_files() -> list[ReceivedFile]:
    """The latest files that couldn't be read, with why."""
    return list(ReceivedFile.objects.filter(state="refused").order_by("-created_at")[:5])


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
    next begins. What a draft would move is worked out as if those before it on the page were posted. Five queries.
    """
    known = Q(patient=None) | Q(patient__in=visible_to(user))
    rows = reconciliation.responses.filter(known, sequence__gt=after).select_related("claim", "patient")
    found = list(rows.order_by("sequence")[: PAGE_SIZE + 1])
    page = found[:PAGE_SIZE]
    plans = _plans(page) if reconciliation.status == ReconciliationStatus.DRAFT else {}
    more = page[-1].sequence if len(found) > PAGE_SIZE else None
    return [_row(response, plans.get(response.pk)) for response in page], more


def _plans(responses: Iterable[ClaimResponse]) -> dict[UUID, Plan]:
    """What each decision would move, one after another: a correction sees what the reversal before it gave back."""
    waiting = [(row, row.claim) for row in responses if row.claim and row.state == ResponseState.WAITING]
    lines = open_lines_of({claim.pk for _, claim in waiting})
    made: dict[UUID, Plan] = {}
    for row, claim in waiting:
        made[row.pk] = plan(decision_of(row), lines.get(claim.pk, []), order=claim.order)
        lines[claim.pk] = _after(made[row.pk])
    return made


def _after(made: Plan) -> list[OpenLine]:
    return [
        replace(
            move.line,
            open=move.open,
            paid=move.line.paid + move.paid,
            contractual=move.line.contractual + move.contractual,
            patient=move.line.patient + move.patient,
        )
        for move in made.lines
    ]


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
