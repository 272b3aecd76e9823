"""Why somebody has to do something about a claim that went out: the head of its page."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

from billing.choices import AppealStatus, ClaimState
from billing.models import Appeal, Claim
from billing.queries.claim_money import Owed
from billing.queries.reason_texts import Said
from billing.queries.standing_decisions import APPEALABLE, Decided, appeal_due, refusals
from emr.shared.dates import clinic_today
from emr.ui import formats

_TITLES = {
    ClaimState.DENIED: "Denied",
    ClaimState.PARTIAL: "Paid in part",
    ClaimState.REVERSED: "Taken back by the payer",
}
#: From how many days before the last one for an appeal on they are counted.
_WARNING_DAYS = 14


@dataclass(frozen=True)
class Why:
    """What the payer said and what is still open. ``due`` says the last day for an appeal; ``answerable`` where the
    payer decided, so that it can be replaced, appealed, moved or written off.
    """

    title: str
    text: str
    said: list[Said] = field(default_factory=list)
    due: str = ""
    answerable: bool = False
    appeal: Appeal | None = None


def why(claim: Claim, decided: Decided, owed: Owed) -> Why | None:
    """Why a claim is rejected, refused, short or argued about; None where nothing of that is so. No query."""
    if claim.state == ClaimState.REJECTED:
        return Why("Rejected before a payer decided on it", claim.state_reason or "The answer gives no reason.")
    if claim.state == ClaimState.APPEAL:
        return _appealed(decided, owed)
    if claim.state not in APPEALABLE or not owed.insurance:
        return None
    last = next((one for one in decided.decisions if one.response.state == "posted"), None)
    if last is None:
        return None
    codes = {*refusals(claim.state, last.response.reason_codes, claim.order), *last.response.remark_codes}
    lost = next((one.decided_on for one in decided.appeals if one.decided_on), None)
    due = appeal_due(claim, lost or last.response.reconciliation.payment_date) if decided.may_appeal else None
    return Why(
        title=f"{_TITLES[ClaimState(claim.state)]}: ${formats.money(owed.insurance)} isn't paid",
        text="" if codes else "The payer gave no reason.",
        said=[one for one in last.said if one.code in codes],
        due=_until(due) if due else "",
        answerable=True,
    )


def _until(due: date) -> str:
    left = (due - clinic_today()).days
    if left < 0:
        return f"The payer took letters until {formats.day(due)}."
    soon = f", {left} days from now" if left <= _WARNING_DAYS else ""
    return f"The payer takes letters until {formats.day(due)}{soon}."


def _appealed(decided: Decided, owed: Owed) -> Why | None:
    sent = next((one for one in decided.appeals if one.status == AppealStatus.SENT and one.sent_on), None)
    if sent is None:
        return None
    told = f"The payer's answer to the letter of {formats.day(sent.sent_on)} is awaited. Write it down when it comes."
    return Why(f"Appealed, level {sent.level}: ${formats.money(owed.insurance)} isn't paid", told, appeal=sent)
