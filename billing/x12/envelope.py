"""The wrapping of X12 messages: ISA … IEA around GS … GE around ST … SE, checked while it streams by.

Source: ASC X12.5 and X12.6. A wrong nesting or an early end of the file is an X12Error; a count or control number that
doesn't agree becomes a serious note, since the messages themselves were read.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import BinaryIO

from billing.x12.notes import Notes
from billing.x12.segments import Limits, Segment, Tokenizer, X12Error

_WRAPPING = frozenset({"ISA", "GS", "ST", "GE", "IEA", "TA1"})


class Kind(StrEnum):
    """What a message is; the value is its number in X12."""

    REMITTANCE = "835"
    SYNTAX_RESPONSE = "999"
    OLD_SYNTAX_RESPONSE = "997"
    CLAIM_STATUS = "277"
    CLAIM = "837"
    INTERCHANGE_RESPONSE = "TA1"
    OTHER = ""


# Which functional group (GS01) a message travels in.
_GROUPS = {
    Kind.REMITTANCE: "HP",
    Kind.SYNTAX_RESPONSE: "FA",
    Kind.OLD_SYNTAX_RESPONSE: "FA",
    Kind.CLAIM_STATUS: "HN",
    Kind.CLAIM: "HC",
}


@dataclass(frozen=True, slots=True)
class Interchange:
    """What the ISA segment says, and the file's number of it (from 1)."""

    sender: str
    receiver: str
    date: str
    time: str
    version: str
    control_number: str
    production: bool
    number: int


@dataclass(frozen=True, slots=True)
class Group:
    """What the GS segment says: functional id ("HP"), version ("005010X221A1"), control number."""

    functional_id: str
    sender: str
    receiver: str
    control_number: str
    version: str
    position: int


@dataclass(frozen=True, slots=True)
class Transaction:
    """One message. ``segments`` gives what stands between ST and SE (for a TA1: itself), once, before the next message.

    ``start`` is its ST segment. ``group`` is None for a TA1, which travels without one.
    """

    kind: Kind
    set_id: str
    control_number: str
    version: str
    start: Segment
    interchange: Interchange
    group: Group | None
    segments: Iterator[Segment]
    notes: Notes


def read(source: BinaryIO, *, limits: Limits | None = None, notes: Notes | None = None) -> Iterator[Transaction]:
    """The messages of a file one after another; what is not read of one is skipped when the next is asked for.

    ``notes`` gathers what is irregular, and is complete when the iteration has ended. Raises X12Error.
    """
    return _Envelope(Tokenizer(source, limits), Notes() if notes is None else notes).transactions()


class _Envelope:
    def __init__(self, tokenizer: Tokenizer, notes: Notes) -> None:
        self._tokenizer = tokenizer
        self._segments = iter(tokenizer)
        self._notes = notes

    def transactions(self) -> Iterator[Transaction]:
        for number, isa in enumerate(self._segments, start=1):
            yield from self._interchange(isa, _interchange(isa, number))

    def _interchange(self, isa: Segment, interchange: Interchange) -> Iterator[Transaction]:
        groups = responses = 0
        for segment in self._segments:
            if segment.id == "GS":
                groups += 1
                yield from self._group(segment, interchange)
            elif segment.id == "TA1":
                responses += 1
                yield self._transaction(segment, interchange, None)
            elif segment.id == "IEA":
                if self._tokenizer.open_end:
                    self._notes.add(segment, "The file's last segment lacks its terminator.")
                if not groups + responses:
                    self._notes.add(segment, "The interchange is empty.", serious=True)
                self._check(segment, groups, interchange.control_number, "functional groups")
                return
            else:
                raise segment.error("This segment stands outside of a functional group (GS to GE).")
        raise self._broken_off(f"interchange {interchange.control_number}", "IEA")

    def _group(self, gs: Segment, interchange: Interchange) -> Iterator[Transaction]:
        group = Group(gs.get(1), gs.get(2), gs.get(3), gs.get(6), gs.get(8), gs.position)
        sets = 0
        for segment in self._segments:
            if segment.id == "ST":
                sets += 1
                transaction = self._transaction(segment, interchange, group)
                yield transaction
                for _ in transaction.segments:
                    pass
            elif segment.id == "GE":
                self._check(segment, sets, group.control_number, "messages")
                return
            else:
                raise segment.error("This segment stands outside of a message (ST to SE).")
        raise self._broken_off(f"functional group {group.control_number}", "GE")

    def _transaction(self, start: Segment, interchange: Interchange, group: Group | None) -> Transaction:
        if group is None:
            kind, number, version, segments = Kind.INTERCHANGE_RESPONSE, start.get(1), "", iter((start,))
        else:
            kind = Kind(start.get(1)) if start.get(1) in _SETS else Kind.OTHER
            number, version, segments = start.get(2), group.version or start.get(3), self._body(start)
            if kind in _GROUPS and _GROUPS[kind] != group.functional_id:
                text = f"A {kind} travels in a functional group {_GROUPS[kind]}, not {group.functional_id or '(none)'}."
                self._notes.add(start, text, 1, serious=True)
        set_id = start.get(1) if group else "TA1"
        return Transaction(kind, set_id, number, version, start, interchange, group, segments, self._notes)

    def _body(self, st: Segment) -> Iterator[Segment]:
        for count, segment in enumerate(self._segments, start=2):
            if segment.id == "SE":
                self._check(segment, count, st.get(2), "segments")
                return
            if segment.id in _WRAPPING:
                raise segment.error(f"{segment.id} stands inside of message {st.get(2)}, before its end (SE).")
            yield segment
        raise self._broken_off(f"message {st.get(2)}", "SE")

    def _check(self, trailer: Segment, count: int, control_number: str, what: str) -> None:
        said, number = trailer.get(1), trailer.get(2)
        if not said or (said.lstrip("0") or "0") != str(count):
            self._notes.add(
                trailer, f"It says {said or 'nothing'} for the number of {what}; there are {count}.", 1, serious=True
            )
        if number != control_number:
            text = (
                f"Its control number {number or '(none)'} is not {control_number or '(none)'}, that of the beginning."
            )
            self._notes.add(trailer, text, 2, serious=True)

    def _broken_off(self, what: str, missing: str) -> X12Error:
        at = self._tokenizer
        reason = f"The file breaks off here, inside of {what}: {missing} is missing."
        return X12Error(reason, position=at.position, segment_id=at.last_id)


_SETS = frozenset(kind.value for kind in Kind if kind not in (Kind.OTHER, Kind.INTERCHANGE_RESPONSE))


def _interchange(isa: Segment, number: int) -> Interchange:
    return Interchange(
        sender=isa.get(6),
        receiver=isa.get(8),
        date=isa.get(9),
        time=isa.get(10),
        version=isa.get(12),
        control_number=isa.get(13),
        production=isa.get(15) == "P",
        number=number,
    )
