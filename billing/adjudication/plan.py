"""What one decision of a payer moves in the ledger, line by line, before anything is written.

Rules of claims.md, section 3: what is paid comes in; what was agreed is written off; what is the patient's moves to
whoever pays next; what is refused stays owed by the payer. What a payer says beyond what it still owes is its credit.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum

from billing.adjudication.matching import OpenLine, match_lines
from billing.adjudication.reasons import Meaning, meaning
from billing.x12.remittance_records import Adjustment, RemittanceClaim

DENIED = "4"
REVERSAL = "22"
FORWARDED = frozenset({"19", "20", "21"})
NOT_OURS = "23"
FORECAST = "25"


class Outcome(StrEnum):
    """What a decision says of the claim."""

    PAID = "paid"
    PARTIAL = "partial"
    DENIED = "denied"
    REVERSED = "reversed"
    #: Only a person can tell what it means; its money is the payer's credit until then.
    REVIEW = "review"
    #: It moves nothing: a forecast, or a claim that the payer only passed on.
    NOTE = "note"


@dataclass(slots=True)
class LineMoves:
    """What happens to one line of the claim, in cents; a positive amount lowers what the payer owes of it."""

    line: OpenLine
    paid: int = 0
    contractual: int = 0
    patient: int = 0
    refused: int = 0

    @property
    def open(self) -> int:
        """What the payer owes of the line afterwards."""
        return self.line.open - self.paid - self.contractual - self.patient


@dataclass(frozen=True, slots=True)
class Plan:
    """What posting a decision does. ``excess`` cents came in beyond what is owed: the payer's credit. ``funds`` is what
    came in altogether: always what the decision says was paid. ``why`` tells a person what is to be looked at.
    """

    outcome: Outcome
    funds: int
    lines: tuple[LineMoves, ...] = ()
    excess: int = 0
    forwarded: bool = False
    why: str = ""
    notes: tuple[str, ...] = field(default=())

    @property
    def patient(self) -> int:
        """What moves from the payer to the patient, or to whoever pays next."""
        return sum(line.patient for line in self.lines)

    @property
    def contractual(self) -> int:
        """What is written off as agreed."""
        return sum(line.contractual for line in self.lines)

    @property
    def open(self) -> int:
        """What the payer owes of the claim afterwards."""
        return sum(line.open for line in self.lines)


def plan(said: RemittanceClaim, lines: Sequence[OpenLine], *, order: int = 1) -> Plan:
    """What the decision moves. ``lines`` are all lines of the claim, ``order`` is the payer's among the patient's."""
    funds = to_cents(said.paid)
    if said.status in (NOT_OURS, FORECAST):
        if funds:
            return _for_review(funds, lines, "The payer pays for a claim that it says it doesn't decide.")
        return Plan(Outcome.NOTE, 0, tuple(LineMoves(line) for line in lines))
    moves = {line.key: LineMoves(line) for line in lines}
    why = _lines_decided(said, lines, moves, order) if said.lines else ""
    if why:
        return _for_review(funds, lines, why)
    of_claim = _of_claim(said, moves.values(), order)
    excess = _spread(of_claim, list(moves.values()), back=said.status == REVERSAL)
    if said.status == REVERSAL:
        excess += sum(_within_what_was_moved(move) for move in moves.values())
    excess += sum(_within_what_is_owed(move) for move in moves.values())
    return Plan(
        outcome=_outcome(said, moves.values()),
        funds=funds,
        lines=tuple(moves.values()),
        excess=excess,
        forwarded=said.status in FORWARDED,
        notes=tuple(_notes(said, order)),
    )


def _for_review(funds: int, lines: Iterable[OpenLine], why: str) -> Plan:
    return Plan(Outcome.REVIEW, funds, tuple(LineMoves(line) for line in lines), excess=funds, why=why)


@dataclass(slots=True)
class _Amounts:
    paid: int = 0
    contractual: int = 0
    patient: int = 0
    refused: int = 0

    @classmethod
    def of(cls, adjustments: Iterable[Adjustment], order: int) -> _Amounts:
        sums = dict.fromkeys(Meaning, 0)
        for one in adjustments:
            sums[meaning(one.group, one.reason, order=order)] += to_cents(one.amount)
        return cls(0, sums[Meaning.CONTRACTUAL], sums[Meaning.PATIENT], sums[Meaning.REFUSED])

    def keep_what_is_refused_whole(self, status: str) -> None:
        """A refused service has no agreed fee: nothing of it is written off, so that it can be asked for again; and
        so nothing of that is given back when the refusal is reversed.
        """
        refused = -self.refused if status == REVERSAL else self.refused
        if status == DENIED or (not self.paid and not self.patient and refused > 0):
            self.refused += self.contractual
            self.contractual = 0


def _lines_decided(said: RemittanceClaim, lines: Sequence[OpenLine], moves: dict[str, LineMoves], order: int) -> str:
    """Put what is said of each line to it; gives why not, when a line of the decision is no line of the claim."""
    for decided, line in match_lines(said.lines, lines):
        if line is None:
            what = f"{decided.procedure.code} over {decided.charge} (segment {decided.position})"
            return f"No line of the claim fits {what}."
        amounts, move = _Amounts.of(decided.adjustments, order), moves[line.key]
        amounts.paid = to_cents(decided.paid)
        amounts.keep_what_is_refused_whole(said.status)
        move.paid, move.contractual = amounts.paid, amounts.contractual
        move.patient, move.refused = amounts.patient, amounts.refused
    return ""


def _of_claim(said: RemittanceClaim, moves: Iterable[LineMoves], order: int) -> _Amounts:
    """What is said of the claim beside its lines. Refused whole is looked at over all of it."""
    moves = list(moves)
    of_claim = _Amounts.of(said.adjustments, order)
    whole = _Amounts(
        paid=to_cents(said.paid),
        contractual=of_claim.contractual,
        patient=of_claim.patient + sum(move.patient for move in moves),
        refused=of_claim.refused + sum(move.refused for move in moves),
    )
    whole.keep_what_is_refused_whole(said.status)
    of_claim.refused += of_claim.contractual - whole.contractual
    of_claim.contractual = whole.contractual
    of_claim.paid = whole.paid - sum(to_cents(line.paid) for line in said.lines)
    return of_claim


def _spread(amounts: _Amounts, moves: list[LineMoves], *, back: bool) -> int:
    """Lay what is said of the claim as a whole on its lines, in their order, as far as each is owed; gives the excess
    of what was paid. A reversal (``back``), whose amounts are negative, gives back to the lines in the same order what
    was moved of each.
    """
    for name in ("paid", "patient", "contractual", "refused"):
        rest: int = getattr(amounts, name)
        for move in moves:
            if not rest:
                break
            if rest > 0:
                part = min(rest, max(move.open, 0))
            elif back:
                part = max(rest, -max(getattr(move.line, name, 0) + getattr(move, name), 0))
            else:
                part = rest
            setattr(move, name, getattr(move, name) + part)
            rest -= part
        if name == "paid":
            excess = rest
    return excess


def _within_what_was_moved(move: LineMoves) -> int:
    """Give back no more of a line than the decisions before took: what they said beyond that, as of the reductions that
    a payer repeats, moved nothing. What was paid beyond it was the payer's credit, and is taken from there.
    """
    move.contractual = max(move.contractual, min(-move.line.contractual, 0))
    move.patient = max(move.patient, min(-move.line.patient, 0))
    said, move.paid = move.paid, max(move.paid, min(-move.line.paid, 0))
    return said - move.paid


def _within_what_is_owed(move: LineMoves) -> int:
    """Never lower a line below nothing: what is agreed or the patient's gives way, and what was paid beyond is excess.

    A payer after the first tells the reductions of those before it again, so its amounts exceed what it owes.
    """
    for name in ("contractual", "patient"):
        over = -move.open
        if over > 0:
            setattr(move, name, max(getattr(move, name) - over, min(getattr(move, name), 0)))
    over = max(-move.open, 0)
    move.paid -= over
    return over


def _outcome(said: RemittanceClaim, moves: Iterable[LineMoves]) -> Outcome:
    moves = list(moves)
    if said.status == REVERSAL:
        return Outcome.REVERSED
    if sum(move.open for move in moves) <= 0:
        return Outcome.PAID
    settled = any(move.paid or move.patient for move in moves)
    return Outcome.PARTIAL if settled else Outcome.DENIED


def _notes(said: RemittanceClaim, order: int) -> Iterable[str]:
    adjustments = [*said.adjustments, *(one for line in said.lines for one in line.adjustments)]
    for one in adjustments:
        if meaning(one.group, one.reason, order=order) is Meaning.NOTE:
            yield f"{one.group}-{one.reason} {one.amount} is told, not posted."


def to_cents(amount: Decimal) -> int:
    """Dollars as whole cents. Raises ValueError for a part of a cent, which no payment has."""
    cents = amount * 100
    if cents != cents.to_integral_value():
        raise ValueError(f"{amount} isn't in whole cents")
    return int(cents)
