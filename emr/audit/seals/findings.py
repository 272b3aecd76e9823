"""What a verification can find."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from enum import StrEnum

from emr.audit.models import Log

#: So many findings are kept in full; beyond, they are only counted: one statement may spoil a million rows.
MOST_KEPT = 1000


class Kind(StrEnum):
    """What happened to a row or a block. The value is what people read."""

    ALTERED = "was altered"
    DELETED = "was deleted"
    INSERTED = "was put in behind the seal"
    MOVED = "was moved to another place in the order"
    BLOCK_MISSING = "is missing from the database"
    BLOCK_ALTERED = "was altered in the database"
    BLOCK_UNKNOWN_KEY = "is signed with a key that is not ours"
    BLOCK_LOST = "is missing from the database and from the files"
    CHAIN_BROKEN = "does not follow the block before it"
    FILE_MISSING = "is missing from the seal files"
    FILE_ALTERED = "was altered in the seal files"
    FILE_LINE = "is no block"
    NOTHING_SEALED = "is not sealed at all, so that nothing shows what was done to it"


@dataclass(frozen=True)
class Finding:
    """One row (by its key), block (by its number) or file line that is not as it was sealed."""

    log: Log
    kind: Kind
    what: str
    more: str = ""

    def __str__(self) -> str:
        return f"{self.log.label}: {self.what} {self.kind}{f' ({self.more})' if self.more else ''}"


@dataclass
class Report:
    """All of one verification."""

    findings: list[Finding] = field(default_factory=list)
    counts: Counter[Kind] = field(default_factory=Counter)
    notes: list[str] = field(default_factory=list)
    rows: int = 0
    blocks: int = 0
    unsealed: int = 0
    unproven: int = 0
    purged: int = 0
    complete: bool = True

    @property
    def problems(self) -> int:
        """How many findings there are, kept and only counted."""
        return self.counts.total()

    def add(self, finding: Finding) -> None:
        """Take a finding in."""
        self.counts[finding.kind] += 1
        if len(self.findings) < MOST_KEPT:
            self.findings.append(finding)

    def extend(self, findings: Iterable[Finding]) -> None:
        """Take several in."""
        for finding in findings:
            self.add(finding)
