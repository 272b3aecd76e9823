"""What every importer yields, where it got it from, and what it says when a file is wrong."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Protocol, TypeVar

from emr.shared.errors import DomainError

MAX_ERRORS = 50
_CHUNK = 1 << 20


class Coded(Protocol):
    """A row that has one code, which stands once in a file."""

    @property
    def code(self) -> str:
        """The code."""
        ...


R = TypeVar("R", bound=Coded)


@dataclass(frozen=True, slots=True)
class ConceptRow:
    """One concept as read from a source; the meaning of each field is that of ``Concept``."""

    code: str
    display: str
    synonyms: str = ""
    selectable: bool = True
    common: int = 0
    properties: dict[str, object] = field(default_factory=dict)
    valid_from: date | None = None
    valid_to: date | None = None


@dataclass(frozen=True, slots=True)
class Source:
    """A release that can be loaded. ``rows`` reads it anew on each call and raises :class:`LoadError`.

    ``checksum`` tells whether it is loaded already, without reading it as concepts. ``total`` is the expected number
    of rows where that is known beforehand.
    """

    name: str
    version: str
    checksum: str
    rows: Callable[[], Iterator[ConceptRow]]
    shipped: bool = False
    effective_from: date | None = None
    total: int | None = None


class LineError(Exception):
    """One thing wrong with one line. ``line`` counts from 1; ``column`` is empty when the whole line is meant."""

    def __init__(self, line: int, column: str, problem: str) -> None:
        self.line, self.column, self.problem = line, column, problem
        super().__init__(str(self))

    def __str__(self) -> str:
        return (
            f"Line {self.line}, column {self.column}: {self.problem}"
            if self.column
            else (f"Line {self.line}: {self.problem}")
        )


class LoadError(DomainError):
    """A file was refused; nothing of it was kept. ``errors`` holds up to :data:`MAX_ERRORS` lines."""

    def __init__(self, file: str, errors: list[LineError]) -> None:
        self.errors = errors
        more = ["There may be more."] if len(errors) >= MAX_ERRORS else []
        super().__init__("\n".join([f"{file} was not loaded.", *map(str, errors), *more]))


class Collected:
    """Gathers the errors of one file and refuses a code that comes twice."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.errors: list[LineError] = []
        self._seen: dict[str, int] = {}

    def add(self, error: LineError) -> None:
        """Note an error; raise when there are too many to be worth reading on."""
        self.errors.append(error)
        if len(self.errors) >= MAX_ERRORS:
            raise LoadError(self.file, self.errors)

    def once(self, row: R, line: int, column: str = "code") -> R:
        """The row, or a :class:`LineError` naming the line that had the code first."""
        first = self._seen.setdefault(row.code, line)
        if first != line:
            raise LineError(line, column, f"“{row.code}” is in line {first} already.")
        return row

    def finish(self) -> None:
        """Raise :class:`LoadError` if anything was wrong, or if nothing was there."""
        if not self.errors and not self._seen:
            self.errors.append(LineError(1, "", "the file holds no codes."))
        if self.errors:
            raise LoadError(self.file, self.errors)


def checksum(paths: list[Path], revision: int) -> str:
    """SHA-256 of the files' bytes and of the importer's ``revision``, which grows when it reads them otherwise."""
    digest = hashlib.sha256(f"revision {revision}".encode())
    for path in paths:
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
    return digest.hexdigest()
