"""Reads what a receiver says about a file: TA1 about the interchange, 999 about its groups and messages.

Source: the guide 005010X231A1 (999) and X12.5 (TA1); the older 997 says the same in segments of other names. The
meanings of the codes are told in our own words, in data/response_codes.csv.
"""

import csv
import re
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from functools import cache
from pathlib import Path

from billing.x12.envelope import Transaction
from billing.x12.notes import Notes
from billing.x12.segments import Segment
from billing.x12.values import count

_CODES = Path(__file__).parent / "data" / "response_codes.csv"
_OLD_NAMES = {"AK3": "IK3", "AK4": "IK4", "AK5": "IK5"}
_NAMES = {
    "AK1": (re.compile("[A-Z]{2}"), re.compile("[0-9]{1,9}")),
    "AK2": (re.compile("[0-9]{3}"), re.compile("[A-Za-z0-9]{1,9}")),
}
_MOMENT = re.compile(r"[0-9]{10}")
_MOST_SEGMENTS = 100_000


class Outcome(StrEnum):
    """What became of a file, a group or a message."""

    ACCEPTED = "accepted"
    ACCEPTED_WITH_ERRORS = "accepted with errors"
    PARTLY_ACCEPTED = "partly accepted"
    REJECTED = "rejected"


_OUTCOMES = {"A": Outcome.ACCEPTED, "E": Outcome.ACCEPTED_WITH_ERRORS, "P": Outcome.PARTLY_ACCEPTED}
_REJECTIONS = frozenset("RMWX")


@dataclass(frozen=True, slots=True)
class Reason:
    """A code of a response and what it means; ``list`` is the segment whose list it is from."""

    list: str
    code: str

    @property
    def meaning(self) -> str:
        """A sentence of our own."""
        if not self.code:
            return "No reason is told."
        return meanings().get((self.list, self.code), f"{self.list} reports code {self.code}, which is not known here.")


@dataclass(frozen=True, slots=True)
class InterchangeResponse:
    """TA1: whether the envelope of the interchange with this control number was taken."""

    control_number: str
    sent: datetime | None
    outcome: Outcome
    reason: Reason
    position: int


@dataclass(frozen=True, slots=True)
class Context:
    """CTX: where else to look.

    ``name`` and ``value`` tell the business object ("CLM01", the claim's number), the others the segment of ours that
    made a rule apply.
    """

    name: str
    value: str
    segment_id: str
    segment_position: int | None
    loop: str
    element: int | None
    position: int


@dataclass(frozen=True, slots=True)
class ElementError:
    """IK4: what is wrong with an element; ``component`` and ``repetition`` are None for the whole.

    ``value`` is the copy of what was sent, which may be about a person: show it only where claims are shown.
    """

    element: int | None
    component: int | None
    repetition: int | None
    reference: str
    reason: Reason
    value: str
    contexts: tuple[Context, ...]
    position: int


@dataclass(frozen=True, slots=True)
class SegmentError:
    """IK3: what is wrong with a segment of ours; ``segment_position`` counts from its ST, which is 1."""

    segment_id: str
    segment_position: int | None
    loop: str
    reason: Reason
    contexts: tuple[Context, ...]
    elements: tuple[ElementError, ...]
    position: int


@dataclass(frozen=True, slots=True)
class MessageResponse:
    """AK2 to IK5: what became of one message of ours."""

    set_id: str
    control_number: str
    version: str
    outcome: Outcome
    reasons: tuple[Reason, ...]
    errors: tuple[SegmentError, ...]
    position: int


@dataclass(frozen=True, slots=True)
class GroupResponse:
    """AK1 to AK9: what became of a functional group of ours. Accepted messages may not be told one by one."""

    functional_id: str
    control_number: str
    version: str
    outcome: Outcome
    included: int | None
    received: int | None
    accepted: int | None
    reasons: tuple[Reason, ...]
    messages: tuple[MessageResponse, ...]
    position: int


@cache
def meanings() -> dict[tuple[str, str], str]:
    """The sentences for the codes of TA1, AK9, IK5, IK3 and IK4, by list and code."""
    with _CODES.open(encoding="utf-8", newline="") as file:
        return {(row["list"], row["code"]): row["meaning"] for row in csv.DictReader(file)}


def interchange_response(transaction: Transaction) -> InterchangeResponse:
    """Read a TA1."""
    ta1 = transaction.start
    return InterchangeResponse(
        control_number=ta1.get(1),
        sent=_sent(ta1, transaction.notes),
        outcome=_outcome(ta1, 4, transaction.notes),
        reason=Reason("TA1", ta1.get(5)),
        position=ta1.position,
    )


def _sent(ta1: Segment, notes: Notes) -> datetime | None:
    """TA102 and TA103, when the interchange was made; its zone is not told."""
    text = ta1.get(2) + ta1.get(3)
    try:
        if _MOMENT.fullmatch(text):
            return datetime.strptime(text, "%y%m%d%H%M")
    except ValueError:
        pass
    notes.add(ta1, f"{text[:30]!r} is not a date and time.", 2)
    return None


def group_response(transaction: Transaction) -> GroupResponse:
    """Read a 999, or a 997. Raises X12Error when it isn't framed by AK1 and AK9."""
    segments = _segments(transaction)
    if len(segments) < 2 or segments[0].id != "AK1" or segments[-1].id != "AK9":
        raise transaction.start.error("The acknowledgement isn't framed by AK1 and AK9.")
    ak1, *inner, ak9 = segments
    notes = transaction.notes
    _note_misspelt(ak1, notes)
    head, *messages = _split(inner, "AK2")
    _note_strays(head, notes)
    return GroupResponse(
        functional_id=ak1.get(1),
        control_number=ak1.get(2),
        version=ak1.get(3),
        outcome=_outcome(ak9, 1, notes),
        included=count(ak9, 2),
        received=count(ak9, 3),
        accepted=count(ak9, 4),
        reasons=_reasons(ak9, range(5, 10)),
        messages=tuple(_message(message, notes) for message in messages),
        position=ak1.position,
    )


def _segments(transaction: Transaction) -> list[Segment]:
    found: list[Segment] = []
    for segment in transaction.segments:
        if len(found) == _MOST_SEGMENTS:
            raise segment.error(f"An acknowledgement with more than {_MOST_SEGMENTS} segments.")
        found.append(replace(segment, id=_OLD_NAMES.get(segment.id, segment.id)))
    return found


def _split(segments: list[Segment], start: str) -> list[list[Segment]]:
    """What stands before the first ``start``, then a list for each from there to the next."""
    parts: list[list[Segment]] = [[]]
    for segment in segments:
        if segment.id == start:
            parts.append([])
        parts[-1].append(segment)
    return parts


def _note_strays(segments: list[Segment], notes: Notes) -> None:
    for segment in segments:
        notes.add(segment, f"{segment.id} is not known at this place and was passed over.")


def _note_misspelt(segment: Segment, notes: Notes) -> None:
    """AK1 and AK2 name what of ours is spoken of, a kind and a control number, by which it is looked up."""
    for element, form in enumerate(_NAMES[segment.id], start=1):
        if not form.fullmatch(segment.get(element)):
            text = f"{segment.get(element)[:30]!r} can't be the name of something that was sent."
            notes.add(segment, text, element, serious=True)


def _message(segments: list[Segment], notes: Notes) -> MessageResponse:
    ak2, *inner = segments
    if not inner or inner[-1].id != "IK5":
        raise ak2.error("The response to this message has no verdict (IK5) at its end.")
    ik5 = inner.pop()
    _note_misspelt(ak2, notes)
    head, *errors = _split(inner, "IK3")
    _note_strays(head, notes)
    return MessageResponse(
        set_id=ak2.get(1),
        control_number=ak2.get(2),
        version=ak2.get(3),
        outcome=_outcome(ik5, 1, notes),
        reasons=_reasons(ik5, range(2, 7)),
        errors=tuple(_segment_error(error, notes) for error in errors),
        position=ak2.position,
    )


def _segment_error(segments: list[Segment], notes: Notes) -> SegmentError:
    (ik3, *contexts), *elements = _split(segments, "IK4")
    return SegmentError(
        segment_id=ik3.get(1),
        segment_position=count(ik3, 2),
        loop=ik3.get(3),
        reason=Reason("IK3", ik3.get(4)),
        contexts=_contexts(contexts, notes),
        elements=tuple(_element_error(element, notes) for element in elements),
        position=ik3.position,
    )


def _element_error(segments: list[Segment], notes: Notes) -> ElementError:
    ik4, *contexts = segments
    element, component, repetition = _element_place(ik4, 1)
    return ElementError(
        element=element,
        component=component,
        repetition=repetition,
        reference=ik4.get(2),
        reason=Reason("IK4", ik4.get(3)),
        value=ik4.get(4),
        contexts=_contexts(contexts, notes),
        position=ik4.position,
    )


def _contexts(segments: list[Segment], notes: Notes) -> tuple[Context, ...]:
    _note_strays([segment for segment in segments if segment.id != "CTX"], notes)
    return tuple(_context(segment) for segment in segments if segment.id == "CTX")


def _context(ctx: Segment) -> Context:
    name, value = (*ctx.components(1), "", "")[:2]
    element = _element_place(ctx, 5)[0]
    return Context(name, value, ctx.get(2), count(ctx, 3), ctx.get(4), element, ctx.position)


def _element_place(segment: Segment, element: int) -> tuple[int | None, int | None, int | None]:
    """A composite of the numbers of an element, its component, its repetition."""
    parts = (*segment.components(element), "", "", "")[:3]
    if any(part and not (part.isascii() and part.isdigit() and len(part) < 10) for part in parts):
        raise segment.error(f"{segment.get(element)[:30]!r} is not an element's place.", element)
    first, second, third = (int(part) if part else None for part in parts)
    return first, second, third


def _reasons(segment: Segment, elements: range) -> tuple[Reason, ...]:
    return tuple(Reason(segment.id, segment.get(element)) for element in elements if segment.get(element))


def _outcome(segment: Segment, element: int, notes: Notes) -> Outcome:
    """Every code but those that accept rejects, an unknown one too: nothing is taken for accepted by mistake."""
    code = segment.get(element)
    if code not in _OUTCOMES and code not in _REJECTIONS:
        notes.add(segment, f"{code[:30] or 'Nothing'} is not a verdict; taken as rejected.", element, serious=True)
    return _OUTCOMES.get(code, Outcome.REJECTED)
