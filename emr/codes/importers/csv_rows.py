"""Reads concepts from a CSV file line by line; every complaint names the line and the column."""

from __future__ import annotations

import codecs
import csv
import datetime
import re
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TypeVar

from emr.codes.importers.rows import Coded, Collected, LineError, LoadError
from emr.shared.dates import parse_date

_TRUE = frozenset({"1", "true", "yes", "y"})
_FALSE = frozenset({"0", "false", "no", "n"})
_LONGEST_DISPLAY = 500


class Record:
    """One line of the file by column name."""

    def __init__(self, line: int, values: Mapping[str, str]) -> None:
        self.line = line
        self._values = values

    def text(self, column: str, *, pattern: str = "", longest: int = _LONGEST_DISPLAY) -> str:
        """A cell that must be filled; ``pattern`` is a regular expression for the whole of it."""
        value = self.optional(column, longest=longest)
        if not value:
            raise LineError(self.line, column, "is empty.")
        if pattern and not re.fullmatch(pattern, value):
            raise LineError(self.line, column, f"“{value}” is not a code of this system.")
        return value

    def optional(self, column: str, *, longest: int = 10_000) -> str:
        """A cell that may be empty or whose column may be missing."""
        value = " ".join(self._values.get(column, "").split())
        if "\x00" in value:
            raise LineError(self.line, column, "holds a NUL character.")
        if len(value) > longest:
            raise LineError(self.line, column, f"is {len(value)} characters long; {longest} are the most.")
        return value

    def date(self, column: str) -> datetime.date | None:
        """A day such as ``2026-10-01`` or ``10/1/2026``, or None when the cell is empty."""
        value = self.optional(column)
        found = parse_date(value) if value else None
        if value and found is None:
            raise LineError(self.line, column, f"“{value}” is not a date such as 2026-10-01.")
        return found

    def flag(self, column: str, *, default: bool) -> bool:
        """``yes`` or ``no``; ``default`` when the cell is empty."""
        value = self.optional(column).lower()
        if not value:
            return default
        if value not in _TRUE | _FALSE:
            raise LineError(self.line, column, f"“{value}” is neither yes nor no.")
        return value in _TRUE

    def period(self) -> tuple[datetime.date | None, datetime.date | None]:
        """The optional columns ``valid_from`` and ``valid_to``."""
        start, end = self.date("valid_from"), self.date("valid_to")
        if start and end and end < start:
            raise LineError(self.line, "valid_to", "is before valid_from.")
        return start, end


R = TypeVar("R", bound=Coded)
Build = Callable[[Record], R]


def read_csv(path: Path, *, columns: tuple[str, ...], build: Build[R], encodings: tuple[str, ...] = ()) -> Iterator[R]:
    """Yield one row a line. ``columns`` must be in the heading, in any order and case; others may be.

    Reads UTF-8, else one of ``encodings``. Comma, semicolon and tab separate. Raises :class:`LoadError` at the end
    of the file with all that was wrong.
    """
    found = Collected(path.name)
    with path.open(encoding=_encoding(path, ("utf-8-sig", *encodings)), newline="") as file:
        heading = file.readline()
        file.seek(0)
        reader = csv.reader(file, delimiter=_delimiter(heading), strict=True)
        try:
            names = _names(next(reader, []), columns)
            for cells in reader:
                if any(cell.strip() for cell in cells):
                    yield from _row(found, names, cells, reader.line_num, build)
        except LineError as error:
            raise LoadError(path.name, [error]) from error
        except csv.Error as error:
            raise LoadError(path.name, [LineError(reader.line_num, "", f"can't be read as CSV ({error}).")]) from error
    found.finish()


def _row(found: Collected, names: list[str], cells: list[str], line: int, build: Build[R]) -> Iterator[R]:
    try:
        if len(cells) > len(names):
            raise LineError(
                line, "", f"has {len(cells)} cells under {len(names)} headings: is a quotation mark missing?"
            )
        row = found.once(build(Record(line, dict(zip(names, cells, strict=False)))), line)
    except LineError as error:
        found.add(error)
        return
    yield row


def _names(heading: list[str], columns: tuple[str, ...]) -> list[str]:
    names = [cell.strip().lower() for cell in heading]
    missing = [column for column in columns if column not in names]
    if missing:
        raise LineError(1, "", f"the heading lacks {', '.join(missing)}; it must name {', '.join(columns)}.")
    return names


def _delimiter(heading: str) -> str:
    return max(",;\t", key=heading.count)


def _encoding(path: Path, candidates: tuple[str, ...]) -> str:
    """The first candidate that the whole file decodes with."""
    line = 1
    for name in candidates:
        line = _undecodable_line(path, name)
        if not line:
            return name
    raise LoadError(path.name, [LineError(line, "", "is not UTF-8 text: save the file as “CSV UTF-8”.")])


def _undecodable_line(path: Path, encoding: str) -> int:
    """The first line that the encoding can't read, or 0. The encodings used here keep the byte of a line feed."""
    with path.open("rb") as file:
        for number, line in enumerate(file, start=1):
            try:
                codecs.decode(line, encoding)
            except UnicodeDecodeError:
                return number
    return 0
