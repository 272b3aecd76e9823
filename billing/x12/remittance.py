"""Reads 835 remittances as a stream: the head first, then one claim at a time, then what belongs to no claim.

Source: the guide 005010X221A1; what is told of 004010X091A1 reads alike. A segment with money at a wrong place is an
X12Error; others that aren't known where they stand are noted and passed over.
"""

from collections.abc import Iterator
from typing import BinaryIO

from billing.x12 import envelope
from billing.x12 import remittance_parts as parts
from billing.x12 import remittance_records as records
from billing.x12.envelope import Kind, Transaction
from billing.x12.notes import Notes
from billing.x12.segments import Limits, Segment, X12Error

_STARTS = frozenset({"N1", "LX", "CLP", "SVC", "PLB"})
_MONEY = frozenset({"BPR", "CLP", "SVC", "CAS", "PLB"})
_HEAD = frozenset({"BPR", "TRN", "CUR", "REF", "DTM", "NTE"})
_PARTY = frozenset({"N2", "N3", "N4", "REF", "PER", "RDM"})
_HEADER_NUMBER = frozenset({"TS2", "TS3"})
_CLAIM = frozenset({"CAS", "NM1", "MIA", "MOA", "REF", "DTM", "PER", "AMT", "QTY"})
_LINE = frozenset({"DTM", "CAS", "REF", "AMT", "QTY", "LQ"})
_LONGEST_LOOP = 10_000
_MOST_LINES = 5_000
_MOST_PARTIES = 100
_VERSION = "005010X221"


class RemittanceReading:
    """One 835 under way: ``remittance`` is there at once; ``provider_adjustments`` when ``claims()`` has been read."""

    def __init__(self, transaction: Transaction) -> None:
        self.notes = transaction.notes
        self.provider_adjustments: tuple[records.ProviderAdjustment, ...] = ()
        self._transaction = transaction
        self._segments = transaction.segments
        self._current = next(self._segments, None)
        self._header_number = ""
        self.remittance = self._head()

    def claims(self) -> Iterator[records.RemittanceClaim]:
        """The claims in the file's order, once. Raises X12Error, also after claims that could be read: keep nothing."""
        while (segment := self._current) is not None and segment.id != "PLB":
            if segment.id == "LX":
                self._header_number = self._loop(_HEADER_NUMBER)[0].get(1)
            elif segment.id == "CLP":
                yield self._claim()
            else:
                raise segment.error(f"{segment.id} stands outside of a claim (CLP).")
        self.provider_adjustments = self._provider_adjustments()

    def _head(self) -> records.Remittance:
        loop = self._loop(_HEAD, head=True)
        named: dict[str, records.Party] = {}
        for _ in range(_MOST_PARTIES):
            if self._current is None or self._current.id != "N1":
                break
            segments = self._loop(_PARTY)
            if segments[0].get(1) not in {"PR", "PE"} or segments[0].get(1) in named:
                self.notes.add(segments[0], "Neither the payer nor the payee; not read.", 1)
            else:
                named[segments[0].get(1)] = parts.party(segments)
        return parts.head(self._transaction, loop, named.get("PR"), named.get("PE"), _VERSION)

    def _claim(self) -> records.RemittanceClaim:
        segments, lines = self._loop(_CLAIM), []
        reversal = segments[0].get(2) == parts.REVERSAL
        while self._current is not None and self._current.id == "SVC":
            if len(lines) == _MOST_LINES:
                raise self._current.error(f"The claim has more than {_MOST_LINES} lines.")
            lines.append(parts.line(self._loop(_LINE), self.notes, reversal=reversal))
        return parts.claim(segments, tuple(lines), self._header_number, self.notes)

    def _provider_adjustments(self) -> tuple[records.ProviderAdjustment, ...]:
        found: list[records.ProviderAdjustment] = []
        while (segment := self._current) is not None:
            if segment.id != "PLB":
                raise segment.error(f"{segment.id} stands after the provider adjustments (PLB), which come last.")
            found.extend(parts.provider_adjustments(self._loop(frozenset())[0], self.notes))
            if len(found) > _LONGEST_LOOP:
                raise segment.error(f"There are more than {_LONGEST_LOOP} provider adjustments.")
        return tuple(found)

    def _loop(self, inside: frozenset[str], *, head: bool = False) -> list[Segment]:
        """The segment at hand, which begins a loop, and those that belong to it; moves on to the next loop."""
        taken: list[Segment] = []
        while (segment := self._current) is not None:
            if segment.id in (inside if taken or head else _STARTS):
                taken.append(segment)
            elif segment.id in _STARTS:
                break
            elif segment.id in _MONEY:
                raise segment.error(f"{segment.id} stands where it has no meaning.")
            else:
                self.notes.add(segment, f"{segment.id} is not known at this place and was passed over.")
            if len(taken) > _LONGEST_LOOP:
                raise segment.error(f"More than {_LONGEST_LOOP} segments belong to one.")
            self._current = next(self._segments, None)
        return taken


def read_remittances(
    source: BinaryIO, *, limits: Limits | None = None, notes: Notes | None = None
) -> Iterator[RemittanceReading]:
    """The 835 messages of a file. Read all claims of one before asking for the next.

    Whatever else the file holds is seriously noted. Raises X12Error, also when there is no remittance at all.
    """
    kept = Notes() if notes is None else notes
    found = False
    for transaction in envelope.read(source, limits=limits, notes=kept):
        if transaction.kind is Kind.REMITTANCE:
            found = True
            yield RemittanceReading(transaction)
        else:
            kept.add(
                transaction.start,
                f"The message {transaction.set_id} is no remittance and was passed over.",
                1,
                serious=True,
            )
    if not found:
        raise X12Error("There is no remittance (835) in this file.")
