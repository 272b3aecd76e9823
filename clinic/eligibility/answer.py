"""The 271: what the payer said, read into plain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from clinic.eligibility.words import rejection_words
from clinic.eligibility.x12 import Segment, X12Error, read

_ACTIVE, _INACTIVE = frozenset("12345"), frozenset("678")
#: Which service type's copay counts for an office visit: the visit itself, then a physician's, then the plan's.
_VISIT_TYPES = ("98", "BZ", "BY", "UC", "30", "1")
_PLAN = ("30", "1", "98")
#: Periods of EB06: what is left, and the whole of a year or a contract.
_REMAINING, _WHOLE = frozenset({"29"}), frozenset({"22", "23", "25", ""})
#: Dates of a plan (DTP01): a range, a beginning, an end.
_RANGES, _BEGINS, _ENDS = {"291", "307"}, {"346", "356", "348"}, {"347", "357", "349"}


class Rejected(Exception):
    """The payer refused the question (AAA). ``code`` is its reason, ``words`` ours for it."""

    def __init__(self, code: str, words: str) -> None:
        super().__init__(words)
        self.code, self.words = code, words


class Unreadable(Exception):
    """What came back is no answer to what was asked; the words say where."""


@dataclass
class Benefit:
    """One EB segment with its dates (FHIR CoverageEligibilityResponse.insurance.item)."""

    kind: str
    level: str
    service_types: tuple[str, ...]
    plan: str
    period: str
    amount: Decimal | None
    percent: Decimal | None
    in_network: str
    start: date | None = None
    end: date | None = None

    def to_data(self) -> dict[str, Any]:
        """As it is kept: codes, and numbers as text."""
        return {
            "code": self.kind,
            "level": self.level,
            "service_types": list(self.service_types),
            "plan": self.plan,
            "period": self.period,
            "amount": None if self.amount is None else str(self.amount),
            "percent": None if self.percent is None else str(self.percent),
            "network": self.in_network,
            "start": self.start.isoformat() if self.start else None,
            "end": self.end.isoformat() if self.end else None,
        }


@dataclass
class Answer:
    """What a payer said of one person on one day. Amounts in dollars, ``coinsurance`` in percent."""

    inforce: bool
    plan_name: str = ""
    start: date | None = None
    end: date | None = None
    copay: Decimal | None = None
    coinsurance: Decimal | None = None
    deductible: Decimal | None = None
    deductible_remaining: Decimal | None = None
    benefits: list[Benefit] = field(default_factory=list)


def parse_271(text: str, *, trace_number: str, service_date: date, birth_date: date | None = None) -> Answer:
    """Read an answer to the question with that trace number.

    Raises Rejected where the payer refused it, Unreadable where it is broken, says nothing about coverage, or answers
    another question: of another trace number, or about somebody born on another day.
    """
    try:
        segments = read(text)
    except X12Error as broken:
        raise Unreadable(f"The payer's answer can not be read. {broken}") from broken
    transaction = next(segment for segment in segments if segment.name == "ST")
    if transaction[1] != "271":
        raise Unreadable(f"The payer answered with a transaction {transaction[1] or 'of no kind'}, not with a 271.")
    _check_it_is_ours(segments, trace_number, birth_date)
    refusal = next((segment for segment in segments if segment.name == "AAA"), None)
    benefits, plan_start, plan_end = _benefits(segments)
    if refusal is not None and not benefits:
        raise Rejected(refusal[3], rejection_words(refusal[3], refusal[4]))
    return _answer(benefits, plan_start, plan_end, service_date)


def _check_it_is_ours(segments: list[Segment], trace_number: str, birth_date: date | None) -> None:
    traces = [segment[2] for segment in segments if segment.name == "TRN" and segment[1] == "2"]
    if traces and trace_number not in traces:
        raise Unreadable("The payer answered another question than this one.")
    born = [_date(segment, segment[2]) for segment in segments if segment.name == "DMG" and segment[1] == "D8"]
    if birth_date is not None and born and birth_date not in born:
        raise Unreadable("The payer answered about somebody with another date of birth.")


def _benefits(segments: Iterable[Segment]) -> tuple[list[Benefit], date | None, date | None]:
    """The EB segments with the dates that follow each, and the plan's own dates, which stand before them."""
    found: list[Benefit] = []
    start: date | None = None
    end: date | None = None
    for segment in segments:
        if segment.name == "EB":
            found.append(_benefit(segment))
        elif segment.name == "DTP":
            first, last = _dates(segment)
            if found:
                found[-1].start, found[-1].end = first or found[-1].start, last or found[-1].end
            else:
                start, end = first or start, last or end
    return found, start, end


def _benefit(segment: Segment) -> Benefit:
    percent = _number(segment, 8)
    return Benefit(
        kind=segment[1],
        level=segment[2],
        service_types=segment.repeated(3),
        plan=segment[5][:80],
        period=segment[6],
        amount=_number(segment, 7),
        percent=percent * 100 if percent is not None else None,
        in_network=segment[12],
    )


def _answer(benefits: list[Benefit], start: date | None, end: date | None, service_date: date) -> Answer:
    statements = [benefit for benefit in benefits if benefit.kind in _ACTIVE | _INACTIVE]
    if not statements:
        raise Unreadable("The payer's answer says nothing about coverage.")
    whole = _first(statements, _PLAN) or statements[0]
    start, end = whole.start or start, whole.end or end
    inside = (start is None or start <= service_date) and (end is None or service_date <= end)
    return Answer(
        inforce=whole.kind in _ACTIVE and inside,
        plan_name=next((benefit.plan for benefit in [whole, *statements] if benefit.plan), ""),
        start=start,
        end=end,
        copay=_amount(benefits, "B", _VISIT_TYPES),
        coinsurance=_percent(benefits),
        deductible=_amount(benefits, "C", _PLAN, _WHOLE),
        deductible_remaining=_amount(benefits, "C", _PLAN, _REMAINING),
        benefits=benefits,
    )


def _amount(
    benefits: list[Benefit], kind: str, types: Iterable[str], periods: frozenset[str] | None = None
) -> Decimal | None:
    chosen = _first((b for b in _of(benefits, kind) if b.amount is not None), types, periods)
    return chosen.amount if chosen else None


def _percent(benefits: list[Benefit]) -> Decimal | None:
    chosen = _first((b for b in _of(benefits, "A") if b.percent is not None), _VISIT_TYPES)
    return chosen.percent if chosen else None


def _of(benefits: list[Benefit], kind: str) -> Iterator[Benefit]:
    """The benefits of a kind that count for this clinic's patient: in the network, one person before a family."""
    fitting = [benefit for benefit in benefits if benefit.kind == kind and benefit.in_network != "N"]
    return iter(sorted(fitting, key=lambda benefit: (benefit.level not in {"IND", ""}, benefit.in_network != "Y")))


def _first(benefits: Iterable[Benefit], types: Iterable[str], periods: frozenset[str] | None = None) -> Benefit | None:
    rows = [benefit for benefit in benefits if periods is None or benefit.period in periods]
    return next((row for kind in types for row in rows if kind in row.service_types), None)


def _dates(segment: Segment) -> tuple[date | None, date | None]:
    """Beginning and end that a DTP says about the plan; the date of service and others say neither."""
    kind, form, said = segment[1], segment[2], segment[3]
    if kind not in _RANGES | _BEGINS | _ENDS:
        return None, None
    if form == "RD8":
        first, _, last = said.partition("-")
        start, end = _date(segment, first), _date(segment, last)
        if start > end:
            raise Unreadable(f"Segment {segment.position} (DTP) ends before it begins.")
        return start, end
    day = _date(segment, said)
    return (None, day) if kind in _ENDS else (day, None)


def _date(segment: Segment, said: str) -> date:
    """A date as CCYYMMDD, and never in another order: a payer that turns month and day is not guessed at."""
    try:
        if len(said) != 8 or not said.isascii() or not said.isdigit():
            raise ValueError(said)
        return datetime.strptime(said, "%Y%m%d").date()
    except ValueError as wrong:
        raise Unreadable(f"Segment {segment.position} ({segment.name}) holds a date that does not exist.") from wrong


def _number(segment: Segment, number: int) -> Decimal | None:
    said = segment[number]
    if not said:
        return None
    try:
        value = Decimal(said)
    except InvalidOperation as wrong:
        raise Unreadable(f"Segment {segment.position} ({segment.name}) holds an amount that is no number.") from wrong
    if not value.is_finite() or not 0 <= value < 10**8:
        raise Unreadable(f"Segment {segment.position} ({segment.name}) holds an amount that can not be.")
    return value
