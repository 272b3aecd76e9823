"""The decisions of payers that stand on claims: the last of each, what it refused, and where it puts the claim."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django.db.models import DateField, ExpressionWrapper, F, OuterRef, QuerySet, Subquery, Sum
from django.db.models.functions import Coalesce

from billing.adjudication.plan import REVERSAL
from billing.adjudication.reasons import Meaning, meaning
from billing.choices import AcknowledgementOutcome, ClaimState, LedgerAccount, ResponseState
from billing.models import Appeal, Claim, ClaimAcknowledgement, ClaimResponse, LedgerEntry
from billing.queries.claim_money import Owed
from billing.queries.reason_texts import Said, said, texts_of
from emr.shared.dates import clinic_day
from emr.ui import formats


def last_decision(claim: Claim) -> ClaimResponse | None:
    """The last decision on a claim that is posted and wasn't taken back. One query."""
    rows = claim.responses.filter(state=ResponseState.POSTED).select_related("reconciliation")
    return rows.order_by("created_at").last()


def states_decided(claims: Iterable[UUID], owed: Mapping[UUID, Owed]) -> dict[UUID, ClaimState]:
    """Where the last decision that stands puts each of claims; without any it is as it went out. One query."""
    keys = list(claims)
    rows = ClaimResponse.objects.filter(claim__in=keys, state=ResponseState.POSTED).defer("content")
    last = {row.claim_id: row for row in rows.order_by("claim_id", "-created_at", "-pk").distinct("claim_id")}
    return {key: _state(last.get(key), owed.get(key, Owed())) for key in keys}


def _state(last: ClaimResponse | None, owed: Owed) -> ClaimState:
    if last is None:
        return ClaimState.SUBMITTED
    if last.status_code == REVERSAL:
        return ClaimState.REVERSED
    if not last.paid and not last.patient_responsibility:
        return ClaimState.DENIED
    return ClaimState.PARTIAL if owed.insurance else ClaimState.PAID


def refused_codes(reason_codes: list[str], order: int) -> list[str]:
    """Of the reasons of a decision those for which the payer refused an amount."""
    parts = ((code, *code.partition("-")[::2]) for code in reason_codes)
    return [code for code, group, reason in parts if meaning(group, reason, order=order) is Meaning.REFUSED]


def refusals(state: str, reason_codes: list[str], order: int) -> list[str]:
    """Why a claim stands as refused: the reasons that refuse. Refused as a whole without one of these, it is for all
    that the payer named; then even what is usually agreed is asked for again.
    """
    found = refused_codes(reason_codes, order)
    return found if found or state == ClaimState.PARTIAL else list(reason_codes)


def with_decision(claims: QuerySet[Claim]) -> QuerySet[Any]:
    """Claims with ``decided_on`` and the codes of their last decision, what the payer still owes in cents
    (``at_stake``), and the last day for an appeal (``appeal_by``): counted from the decision, or from the refusal of
    the appeal before.
    """
    decided = ClaimResponse.objects.filter(claim=OuterRef("pk"), state=ResponseState.POSTED).order_by("-created_at")
    owed = LedgerEntry.objects.filter(claim=OuterRef("pk"), account=LedgerAccount.INSURANCE_RECEIVABLE)
    sums = owed.order_by().values("claim").annotate(sum=Sum("amount")).values("sum")
    refused = Appeal.objects.filter(claim=OuterRef("pk"), decided_on__isnull=False).order_by("-level")
    since = Coalesce(
        Subquery(refused.values("decided_on")[:1]), Subquery(decided.values("reconciliation__payment_date")[:1])
    )
    return claims.annotate(
        decided_on=Subquery(decided.values("reconciliation__payment_date")[:1]),
        reasons=Subquery(decided.values("reason_codes")[:1]),
        remarks=Subquery(decided.values("remark_codes")[:1]),
        at_stake=Coalesce(Subquery(sums), 0),
        appeal_by=ExpressionWrapper(since + F("payer__appeal_days"), output_field=DateField()),
    )


@dataclass(frozen=True)
class DecisionLine:
    """A decision as the claim's page shows it."""

    response: ClaimResponse
    day: str
    paid: str
    said: list[Said]


@dataclass(frozen=True)
class Heard:
    """What a clearinghouse or payer said of a claim before anybody decided on it."""

    day: str
    what: str
    words: str


@dataclass(frozen=True)
class Decided:
    """What payers decided on a claim, the last first, what was answered to it, and what was ``heard`` of it before."""

    decisions: list[DecisionLine]
    appeals: list[Appeal]
    may_appeal: bool
    heard: list[Heard]


def heard_of(rows: QuerySet[ClaimAcknowledgement]) -> list[Heard]:
    """Acknowledgements in words, the last first. One query."""
    return [
        Heard(
            day=formats.day(clinic_day(row.created_at)),
            what=f"{row.get_kind_display()}: {row.get_outcome_display().lower()}",
            words=row.message or ("" if row.outcome == AcknowledgementOutcome.ACCEPTED else ", ".join(row.codes)),
        )
        for row in rows.order_by("-created_at", "-pk")
    ]


def decided_on(claim: Claim, owed: Owed) -> Decided:
    """A claim's decisions and appeals, and what was heard of it. Four queries at most."""
    rows = list(claim.responses.select_related("reconciliation").defer("content").order_by("-created_at"))
    appeals = list(claim.appeals.order_by("-level")) if rows else []
    texts = texts_of(
        [code for row in rows for code in row.reason_codes], [code for row in rows for code in row.remark_codes]
    )
    lines = [
        DecisionLine(
            response=row,
            day=formats.day(row.reconciliation.payment_date),
            paid=formats.money(row.paid),
            said=said([*row.reason_codes, *row.remark_codes], texts),
        )
        for row in rows
    ]
    posted = any(row.state == ResponseState.POSTED for row in rows)
    waits = any(row.status in ("draft", "sent") for row in appeals)
    may = posted and bool(owed.insurance) and claim.state in APPEALABLE and not waits
    return Decided(lines, appeals, may, heard_of(claim.acknowledgements.all()))


#: Where a claim stands of which something was refused.
APPEALABLE = (ClaimState.DENIED, ClaimState.PARTIAL, ClaimState.REVERSED)


def appeal_due(claim: Claim, since: date) -> date | None:
    """The payer's last day for an appeal, counted from its refusal."""
    return since + timedelta(days=claim.payer.appeal_days) if claim.payer else None
