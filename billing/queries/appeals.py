"""Appeals: the text to begin with, and what their pages and letters show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from billing.adjudication.appeal_letters import letter_for
from billing.models import Appeal, Claim
from billing.queries.claim_money import Owed, owed_by
from billing.queries.decided_lines import open_lines
from billing.queries.ledger import from_cents
from billing.queries.reason_texts import Said, said, texts_of
from emr.shared.dates import clinic_today
from emr.ui import formats


def usual_text(claim: Claim, codes: Sequence[str], owed: Owed, level: int) -> str:
    """The letter that a biller begins with; the claim must come with its coverage."""
    reasons = [code for code in codes if "-" in code]
    values = {
        "claim": claim.number,
        "payers_number": claim.payer_control_number or "not known to us",
        "day": formats.day(claim.service_date),
        "amount": f"${formats.money(owed.insurance)}",
        "reasons": ", ".join(codes) or "none",
        "member": claim.coverage.subscriber_id if claim.coverage else "",
        "level": str(level),
    }
    return letter_for(reasons, values)


@dataclass(frozen=True)
class AppealLine:
    """A service line as the letter lists it."""

    place: int
    service: str
    day: str
    charge: str
    open: str


@dataclass(frozen=True)
class AppealFacts:
    """What page and letter tell beside the text."""

    reasons: list[Said]
    lines: list[AppealLine]
    owed: str
    days_left: int | None


def appeal_facts(appeal: Appeal) -> AppealFacts:
    """The facts of an appeal; it must come with its claim. Four queries."""
    claim, codes = appeal.claim, list(appeal.reason_codes)
    texts = texts_of([code for code in codes if "-" in code], [code for code in codes if "-" not in code])
    lines = [
        AppealLine(
            place=place,
            service=" ".join((line.code, *line.modifiers)),
            day=formats.day(line.first_day),
            charge=formats.money(line.charge),
            open=formats.money(from_cents(line.open)),
        )
        for place, line in enumerate(open_lines(claim), 1)
    ]
    return AppealFacts(
        reasons=said(codes, texts),
        lines=lines,
        owed=formats.money(owed_by(claim).insurance),
        days_left=(appeal.due_on - clinic_today()).days if appeal.due_on and appeal.status == "draft" else None,
    )
