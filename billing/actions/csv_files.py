"""A clinic's own CSV file: all of it is taken, or nothing, with a complaint for each line."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Hashable, Sequence
from typing import TypeVar

from emr.shared.errors import DomainError

#: Complaints that are told at once; more would not be read.
MAX_COMPLAINTS = 20
MAX_LINES = 20_000

L = TypeVar("L")


class FileError(DomainError):
    """The file can't be taken; ``complaints`` names the lines."""

    def __init__(self, complaints: list[str]) -> None:
        super().__init__("Nothing was taken from the file. Correct these lines and send it again.", field="file")
        self.complaints = complaints


def read_lines(
    content: bytes,
    *,
    columns: Sequence[str],
    build: Callable[[dict[str, str]], tuple[Hashable, str, L]],
    what: str,
) -> list[L]:
    """The lines of a file whose first line names its columns, in UTF-8 or Windows' Western letters, with comma,
    semicolon or tab between them.

    ``build`` gives of a line its key, the word for it, and what it says, or raises ValueError with a sentence. Raises
    FileError for lines that can't be read, a key that comes twice, and a file without lines (of ``what``).
    """
    records = csv.reader(io.StringIO(_text(content), newline=""), delimiter=_delimiter(content), strict=True)
    found: dict[Hashable, L] = {}
    complaints: list[str] = []
    header: list[str] = []
    try:
        for record in records:
            if not any(cell.strip() for cell in record):
                continue
            if not header:
                header = _header(record, columns)
                continue
            try:
                key, word, line = build(dict(zip(header, record, strict=False)))
                if key in found:
                    raise ValueError(f"{word} is listed twice.")
                found[key] = line
            except ValueError as error:
                complaints.append(f"Line {records.line_num}: {error}")
            if len(complaints) >= MAX_COMPLAINTS or len(found) > MAX_LINES:
                break
    except csv.Error as error:
        complaints.append(f"Line {records.line_num}: {error}.")
    if len(found) > MAX_LINES:
        complaints.append(f"The file has more than {MAX_LINES} {what}.")
    if not found and not complaints:
        complaints.append(f"The file has no {what}.")
    if complaints:
        raise FileError(complaints)
    return list(found.values())


def _text(content: bytes) -> str:
    for encoding in ("utf-8-sig", "cp1252"):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\x00" not in text:
            return text
    raise FileError(["The file is not text. Save the sheet as CSV."])


def _delimiter(content: bytes) -> str:
    first = content.split(b"\n", 1)[0]
    return max(",;\t", key=lambda mark: first.count(mark.encode()))


def _header(record: list[str], columns: Sequence[str]) -> list[str]:
    names = [cell.strip().lower() for cell in record]
    absent = [name for name in columns if name not in names]
    if absent:
        raise FileError([f"The first line lacks the column {' and '.join(absent)}."])
    return names
