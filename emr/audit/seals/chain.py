"""Reading a chain back: each block as the database and as the files have it, and which of the two is to be believed."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import psycopg
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from emr.audit.models import Log
from emr.audit.seals.blocks import NOTHING_BEFORE, Block, signature_problem
from emr.audit.seals.files import SealFolder
from emr.audit.seals.findings import Finding, Kind, Report
from emr.audit.seals.logs import Key
from emr.audit.seals.stored import stored


@dataclass
class Chain:
    """What is known of one log's chain after all its blocks were looked at."""

    eras: int = 1
    head: Block | None = None
    #: When the first block was made.
    begun: datetime | None = None
    #: Blocks that are to be taken from the files, since the database's are gone or wrong.
    from_files: dict[int, Block] = field(default_factory=dict)
    #: Numbers of blocks that are undone by a restore of the database, which is itself sealed.
    void: set[int] = field(default_factory=set)
    #: Numbers of blocks that neither side has as it was signed: their leaves prove nothing.
    lost: set[int] = field(default_factory=set)
    #: Rows with keys below this were purged, and that is sealed (the row's id as the keys hold it).
    purged_below: bytes = b""
    #: The end of what each era sealed.
    ends: dict[int, Key] = field(default_factory=dict)
    #: Ranges of keys that only a lost block could speak for: from (exclusive) and to (inclusive).
    gaps: list[tuple[Key, Key]] = field(default_factory=list)
    #: The last block before the instant from which rows are compared.
    since: int = 0


class ChainReader:
    """Looks at each block once: its signature, its leaves, its place, its twin in the files."""

    def __init__(
        self,
        session: psycopg.Connection[Any],
        folder: SealFolder,
        log: Log,
        keys: dict[str, Ed25519PublicKey],
        report: Report,
        *,
        is_copy: bool,
    ) -> None:
        self.session, self.folder, self.log, self.keys, self.report = session, folder, log, keys, report
        self.is_copy = is_copy
        self.chain = Chain()
        self._hashes = {0: NOTHING_BEFORE}
        self._only_in_files: list[int] = []
        self._not_in_files: list[tuple[int, str]] = []
        self._believed = 0

    def read(self, since: datetime | None = None) -> Chain:
        """Look at all blocks; what is wrong goes into the report."""
        for number, here, there in self._pairs():
            block = self._choose(number, here, there)
            if block is not None:
                self._follow(block, since)
            elif here is not None or there is not None:
                self.chain.lost.add(number)
        for number in self._only_in_files:
            self._find(Kind.BLOCK_MISSING, number)
        self._tell_missing_in_files()
        return self.chain

    def _pairs(self) -> Iterator[tuple[int, Block | None, Block | None]]:
        """Each number with the database's block and the files'."""
        ours, theirs = stored(self.session, self.log), self._filed()
        here, there = next(ours, None), next(theirs, None)
        expected = 1
        while here or there:
            number = min(pair[0] for pair in (here, there) if pair)
            for lost in range(expected, number):
                self._find(Kind.BLOCK_LOST, lost)
                self.chain.lost.add(lost)
            one = two = None
            if here and here[0] == number:
                one, here = here[1], next(ours, None)
            if there and there[0] == number:
                two, there = there[1], next(theirs, None)
            yield number, one, two
            expected = number + 1

    def _filed(self) -> Iterator[tuple[int, Block]]:
        """The files' blocks in order. A line that is no block, or out of order, is told and left out."""
        number = 0
        for place, block in self.folder.blocks(self.log):
            if block is None or block.log.log != self.log or block.number <= number:
                self.report.add(Finding(self.log, Kind.FILE_LINE, place))
                continue
            number = block.number
            yield number, block

    def _choose(self, number: int, here: Block | None, there: Block | None) -> Block | None:
        """The block that is to be believed; what is wrong with the other is told."""
        wrong_here = signature_problem(here, self.keys) if here else None
        if here and not wrong_here and (here.number != number or here.log.log != self.log):
            wrong_here = f"it is block {here.number} of “{here.log.log.label}”"
        wrong_there = signature_problem(there, self.keys) if there else None
        if here and wrong_here:
            self._find(
                Kind.BLOCK_UNKNOWN_KEY if "unknown key" in wrong_here else Kind.BLOCK_ALTERED, number, wrong_here
            )
        if there and wrong_there:
            self._find(Kind.FILE_ALTERED, number, wrong_there)
        if here and not wrong_here:
            if there is None:
                self._not_in_files.append((number, here.says["run"]))
            elif not wrong_there and here.header != there.header:
                self._find(Kind.BLOCK_ALTERED, number, "the files hold another one, signed as well")
                self.chain.from_files[number] = there
                return there
            return here
        if there and not wrong_there:
            if here is None:
                self._only_in_files.append(number)
            self.chain.from_files[number] = there
            return there
        return None

    def _follow(self, block: Block, since: datetime | None) -> None:
        """Take a believed block as the next link."""
        number, says = block.number, block.says
        self.chain.begun = self.chain.begun or block.sealed_at
        previous = number - 1
        if says["kind"] == "restore":
            previous = self._restored(says)
        # A block that is lost is told already; what follows it is not to blame.
        if previous not in self.chain.lost and says["before"] != self._hashes.get(previous):
            self._find(Kind.CHAIN_BROKEN, number)
        # Only what a later restore may point back to is kept: the last blocks that both sides have.
        self._hashes = {n: h for n, h in self._hashes.items() if n == self._believed or n == number - 1}
        self._hashes[number] = block.hash
        if not self._only_in_files:
            self._believed = number
        self.report.blocks += 1
        chain = self.chain
        chain.head, chain.eras = block, max(chain.eras, int(says["era"]))
        if says["kind"] == "rows":
            end, after = chain.ends.get(int(says["era"]), bytes(8)), bytes.fromhex(says["after"])
            if after > end:
                chain.gaps.append((end, after))
            chain.ends[int(says["era"])] = block.upto
        if says["kind"] == "purge":
            chain.purged_below = max(chain.purged_below, bytes.fromhex(says["below"]))
        if since is not None and block.sealed_at < since:
            chain.since = number

    def _restored(self, says: dict[str, Any]) -> int:
        """A sealed restore explains why the database lacks some blocks; returns the number that it goes on from."""
        first, final = says["lost"]
        if self._only_in_files and self._only_in_files[0] == first and self._only_in_files[-1] == final:
            self.chain.void.update(self._only_in_files)
            self.report.notes.append(
                f"{self.log.label}: blocks {first} to {final} were lost when the database was restored "
                f"({says['sealed_at'][:16]})."
            )
            self._only_in_files = []
        return int(first) - 1

    def _tell_missing_in_files(self) -> None:
        """The newest run's blocks may be on their way to the file; a shipped copy may be older. The rest is told."""
        head = self.chain.head
        if head is None:
            return
        end_of_copy = self.folder.last_number(self.log) if self.is_copy else head.number
        for number, run in self._not_in_files:
            if run != head.says["run"] and number <= end_of_copy:
                self._find(Kind.FILE_MISSING, number)

    def _find(self, kind: Kind, number: int, more: str = "") -> None:
        self.report.add(Finding(self.log, kind, f"block {number}", more))
