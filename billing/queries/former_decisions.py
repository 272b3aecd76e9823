"""What a payer decided on a claim before, and takes back on paper."""

from __future__ import annotations

from django.db.models import F, Q
from django.db.models.functions import Coalesce

from billing.adjudication.matching import OpenLine
from billing.adjudication.plan import FORECAST, NOT_OURS, REVERSAL, plan
from billing.choices import ResponseState
from billing.models import Claim, ClaimResponse, PaymentReconciliation
from billing.queries.decided_lines import lines_after, open_lines
from billing.queries.decisions import decision_of


def former_decisions(claim: Claim, posting: PaymentReconciliation) -> list[ClaimResponse]:
    """The posted decisions on a claim that no reversal has taken back yet, be it posted or entered with the payment
    that is being ``posting``; the latest first. One query.
    """
    told = Q(state=ResponseState.POSTED) | Q(state=ResponseState.WAITING, reconciliation=posting, status_code=REVERSAL)
    rows = claim.responses.filter(told).exclude(status_code__in=[NOT_OURS, FORECAST])
    posted = F("reconciliation__posted_at")
    order = Coalesce("resolved_at", posted).asc(nulls_last=True)
    standing: list[ClaimResponse] = []
    for row in rows.select_related("reconciliation").defer("content").order_by(order, "sequence"):
        if row.status_code != REVERSAL:
            standing.insert(0, row)
        elif standing:
            # A payer repeats the amounts of what it takes back; where none has these, it is the last.
            amounts = (-row.charge, -row.paid)
            standing.remove(next((one for one in standing if (one.charge, one.paid) == amounts), standing[0]))
    return standing


def open_lines_then(claim: Claim, posting: PaymentReconciliation) -> list[OpenLine]:
    """Each service line with what its payer owes of it once that is taken back of which a payment, still being entered,
    says so. Four queries.
    """
    lines = open_lines(claim)
    back = posting.responses.filter(claim=claim, state=ResponseState.WAITING, status_code=REVERSAL)
    for row in back.order_by("sequence"):
        lines = lines_after(plan(decision_of(row), lines, order=claim.order))
    return lines
