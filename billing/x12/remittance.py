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
from billing.x12.loops import Loops
from billing.x12.notes import Notes
from billing.x12.segments import Limits, X12Error

_STARTS = frozenset({"N1", "LX", "CLP", "SVC", "PLB"})
_MONEY = frozenset({"BPR", "CAS"})
_HEAD = frozenset({"BPR", "TRN", "CUR", "REF", "DTM", "NTE"})
_PARTY = frozenset({"N2", "N3", "N4", "REF", "PER", "RDM"})
_PARTIES = frozenset({"PR", "PE"})
_HEADER_NUMBER = frozenset({"TS2", "TS3"})
_CLAIM = frozenset({"CAS", "NM1", "MIA", "MOA", "REF", "DTM", "PER", "AMT", "QTY"})
_LINE = frozenset({"DTM", "CAS", "REF", "AMT", "QTY", "LQ"})


class RemittanceReading:
    """One 835 under way: ``remittance`` is there at once; ``provider_adjustments`` when ``claims()`` has been read."""

    def __init__(self, transaction: Transaction) -> None:
        self.notes = transaction.notes
        self.provider_adjustments: tuple[records.ProviderAdjustment, ...] = ()
        self._loops = Loops(transaction.segments, self.notes, starts=_STARTS, vital=_MONEY)
        self._header_number = ""
        self.remittance = parts.head(transaction, self._loops.head(_HEAD), self._parties())

    def claims(self) -> Iterator[records.RemittanceClaim]:
        """The claims in the file's order, once. Raises X12Error, also after claims that could be read: keep nothing."""
        while (segment := self._loops.current) is not None and segment.id != "PLB":
            self._loops.release()
            if segment.id == "LX":
                self._header_number = self._loops.take(_HEADER_NUMBER)[0].get(1)
            elif segment.id == "CLP":
                yield self._claim()
            else:
                raise segment.error(f"{segment.id} stands outside of a claim (CLP).")
        self.provider_adjustments = self._provider_adjustments()

    def _parties(self) -> dict[str, records.Party]:
        """Payer and payee; called between the head and the first claim."""
        named: dict[str, records.Party] = {}
        while self._loops.at("N1"):
            n1, *others = self._loops.take(_PARTY)
            if n1.get(1) in _PARTIES and n1.get(1) not in named:
                named[n1.get(1)] = parts.party(n1, others)
            else:
                self.notes.add(n1, "It names neither the payer nor the payee, or one again; passed over.", 1)
        return named

    def _claim(self) -> records.RemittanceClaim:
        clp, *others = self._loops.take(_CLAIM)
        lines: list[records.RemittanceLine] = []
        while self._loops.at("SVC"):
            svc, *details = self._loops.take(_LINE)
            lines.append(parts.line(svc, details, self.notes, reversal=clp.get(2) == parts.REVERSAL))
        return parts.claim(clp, others, tuple(lines), self._header_number, self.notes)

    def _provider_adjustments(self) -> tuple[records.ProviderAdjustment, ...]:
        found: list[records.ProviderAdjustment] = []
        while (segment := self._loops.current) is not None:
            if segment.id != "PLB":
                raise segment.error(f"{segment.id} stands after the provider adjustments (PLB), which come last.")
            self._loops.take(frozenset())
            found.extend(parts.provider_adjustments(segment, self.notes))
        return tuple(found)


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
            text = f"The message {transaction.set_id} is no remittance and was passed over."
            kept.add(transaction.start, text, 1, serious=True)
    if not found:
        raise X12Error("There is no remittance (835) in this file.")
