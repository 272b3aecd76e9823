"""What payers decide in the story: each fate of a claim as the decision that comes back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from billing.models import Claim
from billing.queries.claim_money import cents_of_claims
from demo.payers import Reason, Said, SaidLine, asked, denied

#: Of a charge, what the agreed fee leaves out; of the fee, what is the patient's as coinsurance; a copay in cents.
_AGREED, _COINSURANCE, _COPAY = 22, 20, 30_00
DEDUCTIBLE, COINSURANCE, COPAY = "1", "2", "3"

Fate = Callable[[Said], Said]


def agreed(said: Said) -> Said:
    """Paid at the agreed fee."""
    return _reduced(said, lambda line, fee: 0, "")


def deductible(said: Said) -> Said:
    """The agreed fee is the patient's deductible."""
    return _reduced(said, lambda line, fee: fee, DEDUCTIBLE)


def coinsurance(said: Said) -> Said:
    """A fifth of the fee is the patient's."""
    return _reduced(said, lambda line, fee: fee * _COINSURANCE // 100, COINSURANCE)


def copay(said: Said) -> Said:
    """A copay is taken off the first line."""
    return _reduced(said, lambda line, fee: min(_COPAY, fee) if line is said.lines[0] else 0, COPAY)


def short(said: Said) -> Said:
    """Paid in part: the last line is refused, or a part of the only one."""
    *others, last = agreed(said).lines
    if others:
        refused = Reason("CO", "97", last.charge)
        return replace(said, lines=(*others, replace(last, reasons=(refused,), remarks=("M15",))))
    part = Reason("CO", "222", last.paid // 2)
    return replace(said, lines=(replace(last, reasons=(*last.reasons, part)),))


def unneeded(said: Said) -> Said:
    """Refused: not deemed a medical necessity."""
    return denied(said, "CO", "50", "N115")


def unauthorized(said: Said) -> Said:
    """Refused: nobody asked beforehand."""
    return denied(said, "CO", "197")


def unclear(said: Said) -> Said:
    """Refused: something is missing or wrong in the claim."""
    return denied(said, "CO", "16", "N290")


def after_the_first(claim: Claim) -> Said:
    """The decision of a payer who comes after another: it pays what that one left, line by line."""
    owed = {item: cents for lines in cents_of_claims([claim.pk]).values() for item, cents in lines.items()}
    said, items = asked(claim), list(claim.items.all())
    lines = []
    for line, item in zip(said.lines, items, strict=True):
        before = line.charge - owed.get(item.charge_item_id, 0)
        lines.append(replace(line, reasons=(Reason("OA", "23", before),) if before else ()))
    return replace(said, lines=tuple(lines), status=str(claim.order))


def _reduced(said: Said, theirs: Callable[[SaidLine, int], int], code: str) -> Said:
    lines = []
    for line in said.lines:
        cut = line.charge * _AGREED // 100
        part = theirs(line, line.charge - cut)
        reasons = [Reason("CO", "45", cut), Reason("PR", code, part)]
        lines.append(replace(line, reasons=tuple(reason for reason in reasons if reason.cents)))
    return replace(said, lines=tuple(lines))
