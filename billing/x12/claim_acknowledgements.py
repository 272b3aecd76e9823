"""Reads 277CA: what a payer or clearinghouse says about each claim before it decides on paying.

Source: the guide 005010X214. The texts of the claim status codes are licensed and not here: codes are told as they are.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from billing.x12.envelope import Transaction
from billing.x12.loops import Loops
from billing.x12.notes import Notes
from billing.x12.remittance_parts import name, procedure, references, supplements
from billing.x12.remittance_records import Name, Procedure, Reference, Supplement, reference
from billing.x12.segments import Segment
from billing.x12.values import amount, day, period, required_amount

_VERSION = "005010X214"
_STARTS = frozenset({"HL", "TRN", "SVC"})
_VITAL = frozenset({"STC"})
_TRACE = frozenset({"STC", "REF", "DTP", "QTY", "AMT"})
_LINE = frozenset({"STC", "REF", "DTP"})
_DEEPEST = 8
_ACCEPT, _REJECT = "WQ", "U"
# Claim status categories by what they mean for the claim: received, taken, or sent back.
_ACCEPTING = frozenset({"A0", "A1", "A2", "A5"})
_REJECTING = frozenset({"A3", "A4", "A6", "A7", "A8"})


class Level(StrEnum):
    """Whom a report is about; the value is HL03."""

    SOURCE = "20"
    RECEIVER = "21"
    PROVIDER = "19"
    PATIENT = "PT"


class Verdict(StrEnum):
    """What became of a claim, or of all of a provider or of a batch."""

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    UNCLEAR = "unclear"


@dataclass(frozen=True, slots=True)
class StatusCode:
    """A composite of STC: category (A7), status (562), and of whom it speaks (85 the billing provider)."""

    category: str
    status: str
    entity: str


@dataclass(frozen=True, slots=True)
class Status:
    """STC: up to three codes that belong together, and what the sender did."""

    codes: tuple[StatusCode, ...]
    day: date | None
    action: str
    charge: Decimal | None
    message: str
    position: int

    @property
    def verdict(self) -> Verdict:
        """Rejected when action or category says so; accepted when neither speaks against it; else unclear."""
        categories = {code.category for code in self.codes}
        if self.action == _REJECT or categories & _REJECTING:
            return Verdict.REJECTED
        if self.action in {_ACCEPT, ""} and categories and categories <= _ACCEPTING:
            return Verdict.ACCEPTED
        return Verdict.UNCLEAR


@dataclass(frozen=True, slots=True)
class StatusLine:
    """A service line that is spoken of."""

    procedure: Procedure
    charge: Decimal
    days: tuple[date, date] | None
    statuses: tuple[Status, ...]
    references: tuple[Reference, ...]
    position: int

    @property
    def control_number(self) -> str:
        """REF*FJ: the number that the claim gave this line (its REF*6R)."""
        return reference(self.references, "FJ")


@dataclass(frozen=True, slots=True)
class StatusReport:
    """What is said with one trace number (TRN): of a claim at the patient's level, else of a whole batch.

    ``trace`` is the patient control number (CLM01) of a claim, the batch's number (BHT03) for the receiver. ``names``
    are those from the source down to whom the report is about. ``quantities`` and ``amounts`` count what was accepted
    and rejected.
    """

    level: Level
    trace: str
    names: tuple[Name, ...]
    statuses: tuple[Status, ...]
    days: tuple[date, date] | None
    references: tuple[Reference, ...]
    quantities: tuple[Supplement, ...]
    amounts: tuple[Supplement, ...]
    lines: tuple[StatusLine, ...]
    position: int

    @property
    def verdict(self) -> Verdict:
        """Rejected when any status, a line's too, rejects; accepted when all accept."""
        verdicts = {status.verdict for status in self.statuses}
        verdicts |= {status.verdict for line in self.lines for status in line.statuses}
        if Verdict.REJECTED in verdicts:
            return Verdict.REJECTED
        return Verdict.ACCEPTED if verdicts == {Verdict.ACCEPTED} else Verdict.UNCLEAR

    @property
    def payer_claim_number(self) -> str:
        """REF*1K: the number to name when the claim is replaced or asked about."""
        return reference(self.references, "1K")

    @property
    def clearinghouse_number(self) -> str:
        """REF*D9: the number that the claim was given on its way."""
        return reference(self.references, "D9")


@dataclass(frozen=True, slots=True)
class _Open:
    """A level (HL) that is under way."""

    id: str
    code: str
    name: Name | None


def status_reports(transaction: Transaction) -> Iterator[StatusReport]:
    """The reports of a 277CA in the file's order. Raises X12Error, also after reports that could be read."""
    notes = transaction.notes
    if not transaction.version.startswith(_VERSION):
        text = f"Version {transaction.version or '(none)'} is not {_VERSION}; read as far as they agree."
        notes.add(transaction.start, text, serious=True)
    loops = Loops(transaction.segments, notes, starts=_STARTS, vital=_VITAL)
    loops.head(frozenset({"BHT"}))
    path: list[_Open] = []
    while (segment := loops.current) is not None:
        loops.release()
        if segment.id == "HL":
            path = _descend(path, loops.take(frozenset({"NM1"})))
        elif segment.id == "TRN" and path:
            report = _report(path, loops, notes)
            if report is not None:
                yield report
        else:
            raise segment.error(f"{segment.id} stands outside of its level.")


def _descend(path: list[_Open], segments: list[Segment]) -> list[_Open]:
    """The levels that are open once this one (HL, NM1) has begun."""
    hl, *names = segments
    parent = hl.get(2)
    kept = [level.id for level in path].index(parent) + 1 if parent in [level.id for level in path] else 0
    if parent and not kept:
        raise hl.error(f"Its parent {parent[:20]!r} is not a level that it can stand in.", 2)
    if kept == _DEEPEST:
        raise hl.error(f"More than {_DEEPEST} levels stand in each other.")
    return [*path[:kept], _Open(hl.get(1), hl.get(3), name(names[0]) if names else None)]


def _report(path: list[_Open], loops: Loops, notes: Notes) -> StatusReport | None:
    trn, *segments = loops.take(_TRACE)
    lines = _lines(loops, notes)
    if path[-1].code not in set(Level):
        notes.add(trn, f"It stands in a level of unknown kind {path[-1].code[:20]!r}; passed over.", serious=True)
        return None
    report = StatusReport(
        level=Level(path[-1].code),
        trace=trn.get(2),
        names=tuple(level.name for level in path if level.name is not None),
        statuses=_statuses(segments, notes),
        days=_days(segments, "472", notes),
        references=references(segments),
        quantities=supplements(segments, "QTY", notes),
        amounts=supplements(segments, "AMT", notes),
        lines=lines,
        position=trn.position,
    )
    if not report.trace:
        notes.add(trn, "The number of what is spoken of is missing.", 2, serious=True)
    if report.verdict is Verdict.UNCLEAR and (report.level is Level.PATIENT or report.statuses):
        notes.add(trn, "Whether this was accepted is not clear.", serious=True)
    return report


def _lines(loops: Loops, notes: Notes) -> tuple[StatusLine, ...]:
    lines: list[StatusLine] = []
    while loops.at("SVC"):
        svc, *segments = loops.take(_LINE)
        lines.append(
            StatusLine(
                procedure=procedure(svc, 1, notes),
                charge=required_amount(svc, 2),
                days=_days(segments, "472", notes),
                statuses=_statuses(segments, notes),
                references=references(segments),
                position=svc.position,
            )
        )
    return tuple(lines)


def _statuses(segments: list[Segment], notes: Notes) -> tuple[Status, ...]:
    return tuple(
        Status(
            codes=tuple(StatusCode(*(*stc.components(n), "", "", "")[:3]) for n in (1, 10, 11) if stc.get(n)),
            day=day(stc, 2, notes),
            action=stc.get(3),
            charge=amount(stc, 4),
            message=stc.get(12),
            position=stc.position,
        )
        for stc in segments
        if stc.id == "STC"
    )


def _days(segments: list[Segment], qualifier: str, notes: Notes) -> tuple[date, date] | None:
    """First and last day of a DTP segment."""
    return next((period(dtp, notes) for dtp in segments if dtp.id == "DTP" and dtp.get(1) == qualifier), None)
