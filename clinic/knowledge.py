"""Files of a knowledge base about drugs: what their columns are, and how a line becomes a statement about two codes.

``interactions`` (first, second, level, text), ``ingredients`` (drug, ingredient, name), ``classes`` (member, class,
name). Codes are RxNorm's unless ``first_system`` and ``second_system`` say another system's URL.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from clinic.models.safety import AlertLevel, KnowledgeKind
from emr.codes.importers.csv_rows import Build, Record, read_csv
from emr.codes.importers.rows import LineError
from emr.codes.systems import RXNORM

#: The columns that hold the two codes and the text, by kind.
COLUMNS: dict[KnowledgeKind, tuple[str, str, str]] = {
    KnowledgeKind.INTERACTIONS: ("first", "second", "text"),
    KnowledgeKind.INGREDIENTS: ("drug", "ingredient", "name"),
    KnowledgeKind.CLASSES: ("member", "class", "name"),
}
_LONGEST = 1000


@dataclass(frozen=True, slots=True)
class Statement:
    """One line: two codes with their systems, the level of an interaction, the text."""

    first: tuple[str, str]
    second: tuple[str, str]
    level: str
    text: str

    @property
    def code(self) -> str:
        """Both codes: a pair stands once in a file."""
        return f"{self.first[1]} with {self.second[1]}"


def statements(path: Path, kind: KnowledgeKind) -> Iterator[Statement]:
    """The lines of a CSV file. Raises LoadError at its end with all that was wrong."""
    wanted = COLUMNS[kind] + (("level",) if kind == KnowledgeKind.INTERACTIONS else ())
    build: Build[Statement] = partial(_statement, kind=kind)
    return read_csv(path, columns=wanted, build=build)


def _statement(record: Record, *, kind: KnowledgeKind) -> Statement:
    one, two, text = COLUMNS[kind]
    first = (record.optional("first_system") or RXNORM, record.text(one, longest=64))
    second = (record.optional("second_system") or RXNORM, record.text(two, longest=64))
    if first == second:
        raise LineError(record.line, two, "is the same code as the other one.")
    if kind != KnowledgeKind.INTERACTIONS:
        return Statement(first, second, "", record.text(text, longest=_LONGEST))
    level = record.text("level").lower()
    if level not in AlertLevel.values:
        raise LineError(record.line, "level", f"“{level}” is none of {', '.join(AlertLevel.values)}.")
    # An interaction has no direction: kept in the order of the codes, a pair that comes the other way round is seen.
    first, second = sorted((first, second))
    return Statement(first, second, level, record.text(text, longest=_LONGEST))
