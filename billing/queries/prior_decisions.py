"""What the payer of a claim decided, as the claim to the next payer tells it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.db.models import Prefetch, QuerySet

from billing.adjudication.matching import OpenLine, match_lines
from billing.adjudication.plan import REVERSAL
from billing.choices import ResponseState
from billing.cms1500.electronic import Adjustment, LineAdjudication
from billing.models import Claim, ClaimItem, ClaimResponse
from billing.queries.decisions import decision_of
from billing.x12 import remittance_records as records

#: The decisions that stand on the ledger, the latest last.
_POSTED = ClaimResponse.objects.filter(state=ResponseState.POSTED).select_related("reconciliation")


def with_decisions(claims: QuerySet[Claim]) -> QuerySet[Claim]:
    """Claims with what :func:`decided` needs of the two that they follow. Six queries more."""
    lookups: list[Any] = []
    for path in ("follows", "follows__follows"):
        lookups += [
            Prefetch(f"{path}__responses", _POSTED.order_by("created_at"), to_attr="posted_responses"),
            Prefetch(f"{path}__items", ClaimItem.objects.order_by("sequence"), to_attr="sent_items"),
        ]
    return claims.prefetch_related(*lookups)


@dataclass(frozen=True)
class Decided:
    """A payer's decision by claim and by line; amounts as the payer told them."""

    on: date
    paid: Decimal
    claim_control_number: str
    adjustments: tuple[Adjustment, ...]
    lines: tuple[LineAdjudication, ...]
    remarks: tuple[str, ...]


def deciding(claim: Claim) -> ClaimResponse | None:
    """The latest decision that wasn't taken back; None where there is none. No query, after the prefetch."""
    responses: list[ClaimResponse] = vars(claim).get("posted_responses", [])
    return responses[-1] if responses and responses[-1].status_code != REVERSAL else None


def decided(claim: Claim) -> Decided | None:
    """What that decision says. No query, after the prefetch."""
    last = deciding(claim)
    if last is None:
        return None
    said = decision_of(last)
    return Decided(
        on=last.reconciliation.payment_date,
        paid=said.paid,
        claim_control_number=last.payer_control_number,
        adjustments=_adjustments(said.adjustments),
        lines=_lines(claim, said, last.reconciliation.payment_date),
        remarks=tuple(dict.fromkeys(remark.code for remark in said.remarks if remark.code)),
    )


def _lines(claim: Claim, said: records.RemittanceClaim, on: date) -> tuple[LineAdjudication, ...]:
    items: list[ClaimItem] = vars(claim).get("sent_items", [])
    lines = {
        item.charge_item_id: OpenLine(
            charge_item=item.charge_item_id,
            control_number=f"{claim.number}L{item.sequence}",
            code=item.product_or_service,
            modifiers=tuple(item.modifiers),
            first_day=item.serviced_start,
            charge=item.net,
            open=0,
        )
        for item in items
    }
    places = {item.charge_item_id: item.sequence for item in items}
    return tuple(
        LineAdjudication(
            line=places[found.charge_item],
            paid=line.paid,
            code=line.procedure.code,
            modifiers=line.procedure.modifiers,
            units=line.units_paid or line.units_original or Decimal(1),
            adjustments=_adjustments(line.adjustments),
            adjudicated_on=on,
        )
        for line, found in match_lines(said.lines, list(lines.values()))
        if found is not None
    )


def _adjustments(told: tuple[records.Adjustment, ...]) -> tuple[Adjustment, ...]:
    return tuple(
        Adjustment(group=one.group, reason=one.reason, amount=one.amount, quantity=one.quantity) for one in told
    )
