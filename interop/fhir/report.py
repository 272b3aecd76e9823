"""What an import did: counts by resource type, and a line for each thing that a person should know."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from enum import StrEnum
from uuid import UUID


class Outcome(StrEnum):
    """What became of a resource."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    KEPT = "kept as sent"
    REFUSED = "refused"


@dataclass(frozen=True)
class Finding:
    """One remark: the file, the entry's place in the bundle (from 0, None for the file itself), the resource, what."""

    file: str
    entry: int | None
    resource: str
    message: str

    def __str__(self) -> str:
        place = f"entry {self.entry}" if self.entry is not None else "the file"
        return f"{self.file}, {place}{f' ({self.resource})' if self.resource else ''}: {self.message}"


@dataclass
class ImportReport:
    """The outcome of one or more files.

    ``refused`` are resources that were not imported and why; ``changed_on_the_way`` are values that were mapped to
    something other than what was sent; ``to_look_at`` is what a person should compare; ``not_mapped`` counts elements
    that have no column and stand only in the kept original, as ``Patient.multipleBirthBoolean``. ``patients``
    are the rows of the patients whom the files are about, new or not. ``nothing_kept``: all of it was taken back.
    """

    counts: Counter[tuple[str, Outcome]] = field(default_factory=Counter)
    refused: list[Finding] = field(default_factory=list)
    changed_on_the_way: list[Finding] = field(default_factory=list)
    to_look_at: list[Finding] = field(default_factory=list)
    not_mapped: Counter[str] = field(default_factory=Counter)
    patients: list[UUID] = field(default_factory=list)
    files: int = 0
    nothing_kept: bool = False

    def add(self, other: ImportReport) -> None:
        """Take the outcome of another file in."""
        self.counts.update(other.counts)
        self.refused += other.refused
        self.changed_on_the_way += other.changed_on_the_way
        self.to_look_at += other.to_look_at
        self.not_mapped.update(other.not_mapped)
        self.patients += other.patients
        self.files += other.files

    def total(self, outcome: Outcome) -> int:
        """How many resources had this outcome."""
        return sum(count for (_, what), count in self.counts.items() if what == outcome)

    def take_back(self) -> None:
        """Say that nothing was kept: no resource was created, updated or kept, only the reasons stay."""
        self.nothing_kept = True
        self.patients.clear()
        for resource_type, outcome in list(self.counts):
            if outcome != Outcome.REFUSED:
                del self.counts[(resource_type, outcome)]
        self.changed_on_the_way.clear()
        self.to_look_at.clear()
        self.not_mapped.clear()

    def lines(self) -> Iterator[str]:
        """The report as text: a table by resource type, then the remarks."""
        if self.nothing_kept:
            yield "Nothing was kept."
        yield from self._table()
        yield from self._remarks()

    def _table(self) -> Iterator[str]:
        types = sorted({resource_type for resource_type, _ in self.counts})
        outcomes = list(Outcome)
        yield f"{'resource':<24}" + "".join(f"{outcome:>14}" for outcome in outcomes)
        for resource_type in types:
            yield f"{resource_type:<24}" + "".join(
                f"{self.counts[(resource_type, outcome)]:>14}" for outcome in outcomes
            )

    def _remarks(self) -> Iterator[str]:
        if self.not_mapped:
            yield ""
            yield "Without a column, kept in the original:"
            for element, count in sorted(self.not_mapped.items()):
                yield f"  {element} × {count}"
        if self.changed_on_the_way:
            yield ""
            yield "Mapped to something else than was sent:"
            for message, count in sorted(Counter(item.message for item in self.changed_on_the_way).items()):
                yield f"  {message} × {count}"
        for heading, findings in (("To look at:", self.to_look_at), ("Refused:", self.refused)):
            if findings:
                yield ""
                yield heading
                yield from (f"  {finding}" for finding in findings)
